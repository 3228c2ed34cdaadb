"""The numbers and names a report may speak of: what code computed, each with what it is about. No text of the run counts as a source."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nodes.report_facts import Facts
from nodes.tools.records_files import Records
from nodes.tools.records_metrics import summaries

Json = dict[str, Any]

SIDES = (("baseline", "finalist"), ("validation", "sealed"))
"""Marks of which a number bears one: what is said of the one may not be said with a number of the other."""
OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "n": ("rows", "row", "items", "examples"), "rows": ("row", "examples"), "step": ("steps",), "steps_run": ("steps", "step"),
    "steps_planned": ("steps", "step"), "steps": ("step",), "seed": ("seeds",), "seeds": ("seed",), "looks": ("look", "looked", "opened"),
    "fired": ("rules", "rule"), "applicable": ("rules", "rule"), "gained": ("gain", "gains"),
    "gain": ("gained", "improvement", "better", "lost", "beat", "beats"),
    "gain_interval": ("interval", "gain"), "interval": ("intervals",), "starts": ("starts", "begun", "trainings"),
    "usd": ("dollars", "cost", "spent"), "seconds": ("second", "time", "took"), "count": ("rows", "found", "times"),
    "share": ("rows", "share", "fraction"), "metric": ("score", "scored"), "value": ("score", "scored"), "target": ("asked",),
    "learning_rate": ("lr", "learning"), "original": ("reproduced", "first"), "again": ("reproduced", "second"),
    "per_seed": ("seed", "seeds", "score", "scored"), "baseline_per_seed": ("seed", "seeds", "score", "scored"),
    "score": ("scored", "scores"), "baseline_score": ("baseline", "score"),
}  # fmt: skip
COUNTED: Mapping[str, tuple[str, ...]] = {
    "experiments": ("experiment", "trainings", "runs"), "signals": ("signal", "alarms", "alarm"),
    "findings": ("finding",), "checks": ("check",),
    "diagnoses": ("cause", "causes"), "trail": ("stages", "visits"),
}  # fmt: skip
COUNTS = frozenset(
    (
        "n",
        "rows",
        "step",
        "steps",
        "steps_run",
        "steps_planned",
        "seed",
        "seeds",
        "split_seed",
        "looks",
        "unparsed",
        "starts",
        "count",
    )
)
"""Keys of what is counted: such a number is no score, whatever it stands beside."""
FINALIST = ("examination", "best")
LEVEL = 95.0
"""Percent: every interval of this house is of this level."""


@dataclass(frozen=True)
class Known:
    """A number of the record."""

    value: float
    words: frozenset[str]
    """What it may be called: the metric's name, the key's, and other words for it."""
    about: str = ""
    """The experiment it belongs to; empty for the run's."""
    marks: frozenset[str] = frozenset()
    curve: bool = False
    """Logged by a training: it may be told of that experiment by its name, and of nothing else."""


@dataclass(frozen=True)
class Book:
    """All that a discussion may name."""

    numbers: tuple[Known, ...]
    experiments: frozenset[str]
    names: frozenset[str]
    """Names that hold digits and are no numbers: batches, models, data, papers, metrics."""
    papers: frozenset[str]
    outcome: str
    gain_is_beyond_noise: bool
    reproduced: bool
    finalists: frozenset[str] = frozenset()
    baselines: frozenset[str] = frozenset()
    order: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By split: whether the finalist is better than the baseline (1), worse (-1) or neither, and whether its number is higher."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """On validation rows, of each experiment that has one."""
    claims: bool = False
    """Whether the brief itself names a paper or a claim, which may then be spoken of."""


def book(facts: Facts) -> Book:
    """From the record's structured fields alone."""
    experiments = frozenset(str(e["id"]) for e in facts.experiments)
    papers = frozenset(str(p.get("id")) for p in facts.product("reading").get("papers") or [])
    named = [facts.goal.get("data"), facts.goal.get("method"), facts.goal.get("metric"), facts.record.get("run")]
    names = {str(n) for n in named if n} | {str(b.get("id")) for b in facts.said("batch")}
    names |= {str(key) for e in facts.experiments for key in e.get("change") or {}}
    pair = facts.product("examination").get("gain_interval") or (0, 0)
    named_by_brief = bool(facts.goal.get("paper") or facts.goal.get("claim"))
    return Book(
        (*_of_record(facts, experiments), *_of_curves(facts, experiments), *_counts(facts)),
        experiments, frozenset(names), papers, str(facts.product("ending").get("outcome") or ""),
        min(pair) > 0 or max(pair) < 0, facts.product("reproduction").get("result") in ("identical", "consistent"),
        frozenset(facts.finalists), frozenset(facts.baselines), _order(facts),
        {str(e["id"]): e["metric"] for e in facts.experiments if isinstance(e.get("metric"), int | float)}, named_by_brief,
    )  # fmt: skip


def _order(facts: Facts) -> dict[str, tuple[int, int]]:
    """Finalist against baseline, where both were measured on the same rows."""
    examination = facts.product("examination")
    found: dict[str, tuple[int, int]] = {}
    for split, ours, theirs in (
        ("sealed", examination.get("score"), examination.get("baseline_score")),
        ("validation", facts.product("best").get("score"), facts.product("baseline").get("score")),
    ):
        one, other = (score.get("value") if isinstance(score, dict) else None for score in (ours, theirs))
        if isinstance(one, int | float) and isinstance(other, int | float):
            higher = (one > other) - (one < other)
            found[split] = (-higher if str((ours or {}).get("direction")) == "minimize" else higher, higher)
    return found


def _of_record(facts: Facts, experiments: frozenset[str]) -> Iterator[Known]:
    for part in ("metric", "experiments", "signals", "diagnoses", "ablations", "findings", "cost"):
        yield from _walk(facts.record.get(part), (part,), "", frozenset(), experiments)
    for part in ("goal", "examination", "reproduction", "best", "baseline", "card"):
        yield from _walk(facts.product(part), (part,), "", frozenset(), experiments)
    yield Known(LEVEL, frozenset(("interval", "intervals", "level", "confidence")))


def _walk(
    value: Any, path: tuple[str, ...], about: str, inherited: frozenset[str], experiments: frozenset[str]
) -> Iterator[Known]:
    """Every number below, with the keys that lead to it; text is never read for numbers."""
    if isinstance(value, dict):
        own = str(value.get("experiment") or value.get("id") or "")
        about = own if own in experiments else about
        here = frozenset(_parts(value.get("metric") or value.get("name") or "")) | _split(value)
        for key, inner in value.items():
            below = key if key in experiments else about
            yield from _walk(inner, (*path, str(key)), below, inherited | here, experiments)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(inner, path, about, inherited, experiments)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        counted = path[-1] in COUNTS
        words = {
            word for key in path[-1 if counted else -2 :] for word in (key, *_parts(key), *OTHER_WORDS.get(key, ()))
        }
        more = inherited & set(SIDES[1]) if counted else inherited
        yield Known(float(value), frozenset(words) | more, about, _marks(path, inherited))


def _split(value: Json) -> frozenset[str]:
    return frozenset({str(value["split"])}) if value.get("split") in SIDES[1] else frozenset()


def _marks(path: tuple[str, ...], inherited: frozenset[str]) -> frozenset[str]:
    marks = set(inherited & set(SIDES[1]))
    if any(key.startswith("baseline") for key in path):
        marks.add("baseline")
    elif (
        path[-1] not in COUNTS
        and "gain" not in path[-1]
        and (path[0] in FINALIST or path in (("metric", "value"), ("metric", "interval")))
    ):
        marks.add("finalist")
    if path == ("experiments", "metric"):
        marks.add("validation")
    if path[0] == "examination":
        marks.add("sealed")
    return frozenset(marks)


def _of_curves(facts: Facts, experiments: Iterable[str]) -> Iterator[Known]:
    """The ends and extremes of what trainings logged; not every line, or any number would stand somewhere."""
    records = Records(facts.workspace)
    there = set(records.experiments())
    for name in experiments:
        for found in summaries(records.metrics(name)) if name in there else ():
            words = frozenset(_parts(found.name))
            for step, value in (found.first, found.last, found.lowest, found.highest):
                yield Known(value, words, name, curve=True)
                yield Known(step, frozenset(("step", "steps")), name, curve=True)


def _counts(facts: Facts) -> Iterator[Known]:
    """How many there are of what a report counts."""
    for part, words in COUNTED.items():
        yield Known(float(len(facts.record.get(part) or [])), frozenset((part, *words)))
    checks = facts.record.get("checks") or []
    for result, word in (("PASS", "passed"), ("FAIL", "failed"), ("NOT_RUN", "run"), ("SUSPECT", "suspect")):
        yield Known(float(sum(c.get("result") == result for c in checks)), frozenset((word, "checks")))
    for table in facts.record.get("ablations") or []:
        arms = table.get("arms") or []
        yield Known(float(len(arms)), frozenset(("arm", "arms")))
        yield Known(float(sum(bool(a.get("cured")) for a in arms)), frozenset(("arm", "arms", "cured")))
        yield Known(float(sum(not a.get("cured") for a in arms)), frozenset(("arm", "arms", "not", "failed")))
    for name in ("finalist", "baseline"):
        yield Known(float(len(facts.product("examination").get(name) or [])), frozenset((name, "seeds", "experiments")))


def _parts(name: object) -> list[str]:
    """`rewards/true_exact/mean` → rewards, true, exact, mean."""
    return [part for part in re.split(r"[^a-z0-9]+", str(name).lower()) if part]
