"""The first visit of curation: the rows are brought in, split once and sealed.

What the brief names is what is used. With a model at the helm, data that is left open is looked for, and data that has to be
reshaped is; data that can't be had is never replaced unless a person says yes to the very set that would stand for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab.data.acquire import acquire
from lab.data.builtin import BUILTIN
from lab.data.seal import resplit, seal
from lab.data.split import LEAST, split
from lab.data.table import Table
from nodes.asking import question
from nodes.curation_script import Workshop
from nodes.curation_seen import noted, seen, split_unseen
from nodes.curation_source import Bringing, DataChoice
from nodes.desk import Desk, Steps, goal, note_job
from nodes.effort import plan_for
from nodes.folders import seed_of
from state.brief import Brief
from state.errors import PostgradError, UserError
from state.notebook import Notebook, Update
from state.products import DatasetCard, Json

NOTHING_NAMED = "the task names no data and none was found: name some in the brief (data:)"


def first(state: Notebook, desk: Desk) -> Update | Steps:
    """Bring in what the brief names; where that is not enough and there is a model, let it look."""
    brief = goal(state)
    wrong = NOTHING_NAMED
    if brief.data is not None:
        try:
            return _settled(desk, brief, acquire(brief.data, base_of(brief), seed=seed_of(brief.seed, 0)))
        except UserError as error:
            wrong = str(error)
            desk.journal.write("source", name=brief.data, answered=False, why=wrong)
    if desk.helm is None:
        return _none(wrong)
    return _chosen(state, desk, brief, wrong)


def base_of(brief: Brief) -> Path:
    return Path(brief.where).parent if brief.where else Path.cwd()


def _settled(desk: Desk, brief: Brief, table: Table) -> Update:
    card = _sealed(desk, brief, table)
    _told(desk, card, table)
    return {"card": card.to_json(), "asked": {}}


def _sealed(desk: Desk, brief: Brief, table: Table) -> DatasetCard:
    """Split and sealed; rows that a model has been shown on the way here train."""
    split_seed, shown = seed_of(brief.seed, 1), seen(desk, table)
    card = seal(table, split_unseen(table, split_seed, shown), desk.workspace, split_seed)
    return noted(desk, card, shown)


def _told(desk: Desk, card: DatasetCard, table: Table) -> None:
    for note in table.notes:
        desk.journal.write("note", text=note)
    desk.judged(
        f"{card.rows} rows from {card.source or card.name}, split by {card.group_by or 'row'}, sealed as {card.seal[:12]}",
        kind=card.kind,
    )


def _none(why: str) -> Update:
    return {"card": {}, "asked": {}, "stop": {"kind": "failed", "reason": why, "stage": "curation"}}


def _chosen(state: Notebook, desk: Desk, brief: Brief, wrong: str) -> Steps:
    """A model looks, reshapes where needed, and proposes; code checks what it proposes by making the table of it."""
    from nodes.thinking import ponder
    from nodes.tools.table import tools_for

    workshop = workshop_of(desk, brief)
    tools = tools_for("curation", desk, state, web=workshop.bringing.web, workshop=workshop)
    evidence = _evidence(state, desk, brief, wrong)

    def check(choice: DataChoice) -> str | None:
        return objection(workshop, brief, choice, desk.can_ask)

    thought = yield from ponder(desk, DataChoice, evidence, tools, check, role="reading")
    _write_down_runs(desk, workshop)
    choice = thought.choice
    if choice is None or not choice.source:
        reason = wrong if choice is None else f"{wrong}; the model found nothing else that can be used: {choice.why}"
        return _none(" ".join(reason.split()))
    return _proposed(desk, brief, workshop, choice, wrong)


def workshop_of(desk: Desk, brief: Brief, named: str | None = None) -> Workshop:
    """`named`: what a person has named since the brief."""
    from lab.net.web import Web

    web = Web(desk.home / "cache" / "sources")
    seed, seconds = seed_of(brief.seed, 0), plan_for(brief).job_seconds
    return Workshop(desk, Bringing(desk.workspace, web, base_of(brief), named or brief.data, seed, seconds))


def _evidence(state: Notebook, desk: Desk, brief: Brief, wrong: str) -> dict[str, Any]:
    read = (state.get("reading") or {}).get("recipes", [])
    return {
        "task": brief.task, "metric": brief.metric, "direction": brief.direction, "method": brief.method,
        "data_named": brief.data, "what_is_wrong_with_it": wrong if brief.data else None,
        "built_in_data": sorted(BUILTIN), "least_rows": sum(LEAST.values()),
        "can_a_person_be_asked": desk.can_ask,
        "datasets_in_the_literature": [
            {key: each.get(key) for key in ("dataset", "dataset_exists", "method", "paper")} for each in read if each.get("dataset")
        ],
    }  # fmt: skip


def objection(workshop: Workshop, brief: Brief, choice: DataChoice, can_ask: bool) -> str | None:
    """Why a choice can't be: told by bringing the rows in and splitting them, not by what anybody says of them."""
    if not choice.source:
        return None
    if stands_for_another(brief, choice) and not can_ask:
        return f"the task names {brief.data} and nobody can be asked: use that, reshaped if need be, or hand in an empty source"
    try:
        table = workshop.table(choice)
        split(table, workshop.bringing.seed)
    except PostgradError as wrong:
        return str(wrong)
    return None


def stands_for_another(brief: Brief, choice: DataChoice) -> bool:
    """Is this other data than the brief names?"""
    if brief.data is None:
        return False
    wanted, _, config = brief.data.partition(":")
    same = choice.source in (brief.data, wanted)
    return not same or bool(config and choice.source == wanted and choice.config not in ("", config))


def _proposed(desk: Desk, brief: Brief, workshop: Workshop, choice: DataChoice, wrong: str) -> Update:
    """The card of the chosen rows, and the question whether they are to be used: nothing is trained before the answer."""
    table = workshop.table(choice)
    card = described(_sealed(desk, brief, table), workshop, choice)
    _told(desk, card, table)
    workshop.close()
    raw = workshop.bringing.raw(choice.source, choice.config, choice.split)
    args: Json = {
        **choice.model_dump(mode="json"),
        "rows": card.rows,
        "licence": raw.licence or "none said",
        "origin": raw.origin,
    }
    if choice.script:
        args["reshaped"] = workshop.how(choice.script)
    other = stands_for_another(brief, choice)
    if other:
        args |= {"instead_of": brief.data, "doubt": wrong}
        desk.fallback(
            f"data {brief.data}", f"{wrong}; {choice.source} is proposed instead, and used only if a person says yes"
        )
    desk.judged(
        f"{choice.source} proposed{f' instead of {brief.data}' if other else ''}: {' '.join(choice.why.split())}", data=choice.source,
        columns=choice.roles, script=choice.script, licence=args["licence"],
    )  # fmt: skip
    return {"card": card.to_json(), "asked": question(desk, "data", summary(args), args)}


def described(card: DatasetCard, workshop: Workshop, choice: DataChoice) -> DatasetCard:
    return card.model_copy(update={"repairs": [workshop.how(choice.script), *card.repairs]}) if choice.script else card


def summary(args: Json) -> str:
    """The proposal in a line: what, how many rows, under which licence, and what it would stand for."""
    shape = f"{args['input'] or 'the other columns'} → {args['answer']}" if args["answer"] else "columns as they are"
    made = f", {args['reshaped']}" if args.get("reshaped") else ""
    told = f"{args['source']} ({args['rows']} rows, licence: {args['licence']}; {shape}{made})"
    if "instead_of" in args:
        return f"{args['instead_of']} can't be used ({args['doubt']}); use {told} instead?"
    return f"use {told}?"


PROPOSED = "origin"
"""In what was asked, this tells a proposal of data from a repair of it."""


def answered(state: Notebook, desk: Desk) -> Update:
    """A person changed the proposal: theirs is used, under a seal of its own. Refused, the run ends."""
    decision = state["decisions"]["data"]
    if decision["answer"] != "edit":
        why = f"the data was not approved: {decision['why']}"
        return {"card": {}, "asked": {}, "stop": {"kind": "refused", "reason": why, "stage": "curation"}}
    brief = goal(state)
    workshop = workshop_of(desk, brief, str(decision["args"].get("source") or ""))
    named = {key: decision["args"][key] for key in DataChoice.model_fields}
    try:
        choice = DataChoice.model_validate(named)
        table = workshop.table(choice)
        before = DatasetCard.model_validate(state["card"])
        shown = seen(desk, table)
        anew = resplit(desk.workspace, before, table, before.split_seed, shown)
        card = described(noted(desk, anew, shown), workshop, choice)
    except (PostgradError, ValueError) as wrong:
        args = state["asked"]["args"]
        line = " ".join(str(wrong).split())
        return {"asked": question(desk, "data", f"the edit could not be used: {line}; {summary(args)}", args)}
    _told(desk, card, table)
    desk.judged(
        f"{choice.source} as a person changed it", data=choice.source, columns=choice.roles, script=choice.script
    )
    return {"card": card.to_json(), "asked": {}}


def _write_down_runs(desk: Desk, workshop: Workshop) -> None:
    """Every run of a data script, from the files it left: a stage that was cut off and begun again tells them all once."""
    for name, line in workshop.history():
        job = workshop.job(name, line["attempt"])
        note_job(desk, job, desk.engine.status(job))
        told = {key: line.get(key) for key in ("rows_in", "rows_out", "trouble", "detail", "result")}
        desk.journal.write("data_script", name=name, sha256=line["sha"], attempt=line["attempt"], **told)
