"""A model's discussion of the run, where there is a model: from the run's records alone, each sentence held against them by code."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field

from nodes.report_blocks import Block, Heading, Para
from nodes.report_check import held_against
from nodes.report_facts import Facts, gather
from nodes.report_known import book
from nodes.report_words import plural
from state.errors import EnvironmentTrouble, UserError

if TYPE_CHECKING:
    from nodes.desk import Desk, Wait
    from state.notebook import Notebook

Json = dict[str, Any]

KIND = "discussion"
"""How it stands in the journal."""
MOST_CALLS = 12
"""Of a model for one discussion: a look at each table, and a draft."""
LONGEST = 900
"""Characters of a paragraph: five sentences."""
LONGEST_WAIT = 300.0
"""Seconds: the report stands already while its discussion is written."""
NO_WORDS = ("stopped", "out_of_budget")
"""A person who stopped the run, or a limit that did, is not kept waiting for prose."""

Paragraph = Annotated[str, Field(max_length=LONGEST)]


class Discussion(BaseModel):
    """The words beside the tables: what was learnt, what remains doubtful, what to try next."""

    model_config = ConfigDict(extra="forbid")
    paragraphs: list[Paragraph] = Field(min_length=1, max_length=5)
    why: str = Field(description="which records it rests on")


def discuss(state: Notebook, desk: Desk, whole: Json, values: Mapping[str, Any]) -> Generator[Wait, None, bool]:
    """Ask for it, hold it against the record, write down what stands and what was struck. True when there is one."""
    seconds = _seconds(state, desk)
    if desk.helm is None or seconds <= 0:
        return False
    try:
        said = yield from _asked(desk, whole, values, time.monotonic() + seconds)
    except (EnvironmentTrouble, UserError) as trouble:  # what was found is reported, with or without a model's words
        desk.fallback("report: its discussion", f"{trouble}; the report is written without one")
        return False
    if said is None:
        return False
    facts = gather(desk.workspace, whole, values, values.get("goal") or {})
    checked = held_against(said.paragraphs, book(facts))
    struck = [{"sentence": s.sentence, "why": s.why} for s in checked.struck]
    desk.journal.write(KIND, model=desk.chat("judging").model, paragraphs=list(checked.paragraphs), struck=struck)
    if struck:
        desk.say(f"report: {plural(len(struck), 'sentence')} of the discussion struck: not in the record")
    return True


def _seconds(state: Notebook, desk: Desk) -> float:
    """How long words may take: none where a person or a limit ended the run, and never beyond the run's own limit."""
    if (state.get("stop") or {}).get("kind") in NO_WORDS:
        return 0.0
    limit = ((state.get("goal") or {}).get("limits") or {}).get("time")
    return LONGEST_WAIT if limit is None else min(LONGEST_WAIT, float(limit) - desk.clock)


def _asked(
    desk: Desk, whole: Json, values: Mapping[str, Any], until: float
) -> Generator[Wait, None, Discussion | None]:
    """The model's draft; none when a person stops the run meanwhile, or the time for it is over."""
    from lab.model.agent import Caps
    from nodes.thinking import ponder
    from nodes.tools.table import tools_for

    def over() -> bool:
        return time.monotonic() > until or (desk.workspace / "stop.json").exists()

    seen: Any = dict(values)
    steps = ponder(
        desk, Discussion, evidence(whole, values), tools_for("report", desk, seen), None,
        role="judging", caps=Caps(calls=MOST_CALLS), part=KIND,
    )  # fmt: skip
    with closing(steps):
        while True:
            try:
                wait = next(steps)
            except StopIteration as done:
                return cast("Discussion | None", done.value.choice)
            yield replace(wait, ready=partial(_either, wait.ready, over))
            if over():
                desk.fallback(
                    "report: its discussion",
                    "the run was stopped or its time was over; the report is written without one",
                )
                return None


def _either(one: Callable[[], bool], other: Callable[[], bool]) -> bool:
    return one() or other()


def evidence(whole: Json, values: Mapping[str, Any]) -> Json:
    """What a model begins with; its tools show the rest. No times of this very run: the same run again asks the same."""
    kept = ("task", "outcome", "reason", "metric", "signals", "ablations", "findings", "checks")
    shown = {key: whole.get(key) for key in kept}
    examined = {k: v for k, v in (values.get("examination") or {}).items() if k != "checks"}
    keys = ("id", "parent", "purpose", "change", "status", "metric")
    experiments = [{k: e.get(k) for k in keys} for e in whole.get("experiments") or []]
    odd = ("FAIL", "SUSPECT")
    checks = [c for c in whole.get("checks") or [] if c.get("name") != "cost" or c.get("result") in odd]
    return {
        **shown,
        "checks": checks,
        "examination": examined,
        "experiments": experiments,
        "reproduction": values.get("reproduction") or {},
    }


def discussion(facts: Facts) -> list[Block]:
    """The section, marked as a model's words; nothing where no model spoke."""
    said = facts.said(KIND)
    if not said:
        return []
    last = said[-1]
    count = len(last.get("struck") or [])
    checked = "Code held its numbers, names and comparisons against the record"
    struck = f" and struck {plural(count, 'sentence')} that did not stand there" if count else ""
    rest = "What else it says is an opinion; tables, numbers and outcomes of checks elsewhere are not its own."
    note = f"In the words of a model, {last.get('model')}. {checked}{struck}. {rest}"
    paragraphs: list[Block] = [Para(str(text)) for text in last.get("paragraphs") or []]
    return [Heading("Discussion"), Para(note, note=True), *(paragraphs or [Para("Nothing of it stood in the record.")])]
