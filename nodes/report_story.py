"""The course of a run: what fell ill, the supposed cause, what the arms showed, the tree of experiments, the data."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from nodes.record_read import tree
from nodes.report_blocks import (
    BREAK,
    Badge,
    Block,
    Code,
    Figure,
    Heading,
    Listing,
    Para,
    Pre,
    Soft,
    Strong,
    Table,
    Text,
    Tone,
)
from nodes.report_facts import Facts
from nodes.report_words import NOTHING, change, clip, number, plural, sentence, setting, signed, with_interval

Json = dict[str, Any]
STATUS_TONE: dict[str, Tone] = {"finished": "good", "failed": "bad", "lost": "bad", "stopped": "warn"}


def course(facts: Facts, figures: dict[str, Figure]) -> list[Block]:
    """What happened, in the order in which it happened."""
    blocks: list[Block] = [Heading("What happened"), *_trail(facts)]
    blocks += _scripts(facts.record.get("scripts") or [])
    if not facts.experiments:
        blocks.append(Para("No experiment was planned before the run ended."))
        return blocks
    signals = facts.record.get("signals") or []
    if not signals:
        blocks.append(
            Para("No detector raised an alarm in any training, so there was nothing to diagnose or to ablate.")
        )
    else:
        blocks += _signals(signals)
    if "sick" in figures:
        blocks.append(figures["sick"])
    blocks += _diagnoses(facts.record.get("diagnoses") or [])
    for table in facts.record.get("ablations") or []:
        blocks += _arms(table)
    if "winner" in figures:
        blocks += [Heading(winner_title(facts), 3), figures["winner"]]
    return blocks


def _scripts(found: list[Json]) -> list[Block]:
    """Scripts that were written for this run, each with what it mends and what became of it."""
    if not found:
        return []
    rows: list[list[Text]] = [
        [
            Code(one["name"]), sentence(one["summary"]), Code(one["parent"]) if one["parent"] else NOTHING,
            ", ".join(one["based_on"]) or NOTHING, f"failed: {clip(one['failed'], 160)}" if one["failed"] else "ran", Code(one["file"]),
        ]
        for one in found
    ]  # fmt: skip
    return [Para("Scripts were written for this run by a model; code read, rehearsed and measured them."),
            Table(("script", "what it does", "mends", "follows", "in rehearsal", "file"), rows)]  # fmt: skip


def winner_title(facts: Facts) -> str:
    """A run that got no further has trainings and no finalist."""
    return "The finalist's training" if facts.finalists else "The trainings so far"


def _trail(facts: Facts) -> list[Block]:
    visits = [(stage, len(list(group))) for stage, group in groupby(facts.record.get("trail") or [])]
    steps = [f"{stage} ×{count}" if count > 1 else str(stage) for stage, count in visits]
    batches = facts.said("batch")
    blocks: list[Block] = [Para(" → ".join(steps).replace("_", " "), note=True)] if steps else []
    latest = {str(b.get("id")): b for b in batches}
    if latest:
        rows: list[list[Text]] = [
            [Code(name), str(b.get("purpose")), str(len(b.get("experiments") or [])), clip(b.get("why") or "")]
            for name, b in latest.items()
        ]
        blocks.append(Table(("batch", "purpose", "experiments", "why"), rows, numeric=(2,)))
    return blocks


def _signals(signals: list[Json]) -> list[Block]:
    rows: list[list[Text]] = []
    for s in signals:
        tone: Tone = "bad" if s.get("severity") == "stop" else "warn"
        kind = Badge(str(s.get("kind")).replace("_", " "), tone)
        rows.append([Code(str(s.get("experiment"))), kind, setting(s.get("step")), clip(s.get("why") or "")])
    head = Heading("What the monitor saw", 3)
    return [head, Table(("experiment", "signal", "step", "why"), rows, numeric=(2,))]


def _diagnoses(diagnoses: list[Json]) -> list[Block]:
    if not diagnoses:
        return []
    blocks: list[Block] = [Heading("What was thought to be the cause", 3)]
    note = "Ranked by the share of rules that fired among the rules that applied; no model's confidence enters."
    blocks.append(Para(note, note=True))
    rows: list[list[Text]] = []
    for d in diagnoses:
        fired = f"{d['fired']}\u00a0of\u00a0{d['applicable']}" if d.get("applicable") else number(d.get("score"))
        speaks = [f"+ {clip(c.get('says') or '')}" for c in d.get("for") or []]
        against = [f"− {clip(c.get('says') or '')}" for c in d.get("against") or []]
        lines = [part for clue in [*speaks, *against] for part in (clue, BREAK)][:-1]
        clues: Text = tuple(lines) or "no clue either way"
        cause: Text = (Strong(clip(d.get("cause") or "", 80).replace("_", " ")), " ", Soft(f"({d.get('family')})"))
        to = str(d.get("goes_to") or NOTHING).replace("_", " ")
        rows.append([Code(str(d.get("experiment"))), cause, fired, clues, to])
    blocks.append(Table(("experiment", "cause", "rules", "for (+) and against (−)", "goes to"), rows))
    return blocks


def _arms(table: Json) -> list[Block]:
    """Which change cured it, which did not, and what that says of the diagnosis."""
    symptom = str(table.get("symptom") or "the sickness").replace("_", " ")
    blocks: list[Block] = [Heading(f"Arms against {symptom}", 3)]
    rows: list[list[Text]] = []
    for arm in table.get("arms") or []:
        word = Badge("cured", "good") if arm.get("cured") else Badge("not cured", "plain")
        mark: Text = (
            Strong(change(arm.get("change"))) if arm["experiment"] == table.get("winner") else change(arm.get("change"))
        )
        rows.append([Code(str(arm["experiment"])), mark, word, signed(arm.get("gained")), clip(arm.get("why") or "")])
    blocks.append(Table(("arm", "the one change", "result", "gained", "why"), rows, numeric=(3,)))
    cured = [a for a in table.get("arms") or [] if a.get("cured")]
    count = f"{plural(len(cured), 'arm')} of {len(table.get('arms') or [])} cured it."
    winner = f" The winner is {table['winner']}." if table.get("winner") else " None was taken over."
    turned = " The arms overturned the diagnosis." if table.get("overturned") else ""
    cause = f" The arms point to {str(table['cause']).replace('_', ' ')}." if table.get("cause") else ""
    blocks.append(Para(f"{count}{winner}{cause}{turned} {sentence(table.get('why'))}".strip()))
    return blocks


def experiments(facts: Facts, picture: Figure | None) -> list[Block]:
    """The tree, as a picture and as text, and what every experiment came to."""
    if not facts.experiments:
        return []
    rows: list[list[Text]] = []
    for e in facts.experiments:
        steps = f"{setting(e.get('steps_run'))} of {setting(e.get('steps_planned'))}"
        badge = Badge(str(e.get("status")), STATUS_TONE.get(str(e.get("status")), "plain"))
        rows.append([Code(e["id"]), str(e.get("purpose") or NOTHING), setting(e.get("seed")), steps,
                     setting(e.get("starts")), badge, number(e.get("metric"))])  # fmt: skip
    head = ("experiment", "purpose", "seed", "steps", "starts", "status", "validation")
    started = sum(e.get("starts") or 0 for e in facts.experiments)
    begun = f"{plural(started, 'training')} really begun, by what the processes themselves wrote down."
    note = f"{plural(len(facts.experiments), 'experiment')}, {begun}"
    blocks: list[Block] = [Heading("Experiments"), Para(note)]
    blocks += [picture] if picture else []
    return [*blocks, Pre(text_tree(facts.experiments)), Table(head, rows, numeric=(2, 3, 4, 6))]


def text_tree(found: list[Json]) -> str:
    """The experiments below their parents, in letters."""
    order = tree(found)
    lines: list[str] = []
    for at, (depth, e) in enumerate(order):
        rails = "".join("│  " if _goes_on(order, at, d) else "   " for d in range(1, depth))
        elbow = ("├─ " if _goes_on(order, at, depth) else "└─ ") if depth else ""
        score = f"  {number(e.get('metric'))}" if e.get("metric") is not None else ""
        lines.append(f"{rails}{elbow}{e['id']}  {clip(purpose(e), 100)}{score}")
    return "\n".join(lines)


def purpose(experiment: Json) -> str:
    """What an experiment is for and what it changes, as in: arms: beta = 0.1."""
    changed = change(experiment["change"]) if experiment.get("change") else ""
    return ": ".join(part for part in (str(experiment.get("purpose") or ""), changed) if part)


def _goes_on(order: list[tuple[int, Json]], at: int, depth: int) -> bool:
    """Is there a later row at this depth under the same parent?"""
    for later, _ in order[at + 1 :]:
        if later < depth:
            return False
        if later == depth:
            return True
    return False


def data(facts: Facts) -> list[Block]:
    card = facts.product("card")
    findings = facts.record.get("findings") or []
    if not card and not findings:
        return []
    blocks: list[Block] = [Heading("Data")]
    if card:
        seal = f" Seal {str(card.get('seal'))[:12]}, split under seed {card.get('split_seed')}."
        group = f" Rows were kept together by {card['group_by']}." if card.get("group_by") else ""
        blocks.append(
            Para(f"{clip(card.get('name') or '')} ({card.get('kind')}), {card.get('rows')} rows.{seal}{group}")
        )
        rows: list[list[Text]] = [
            [part, setting(info.get("rows")), Code(str(info.get("sha256"))[:16])]
            for part, info in (card.get("splits") or {}).items()
        ]
        blocks.append(Table(("split", "rows", "sha256"), rows, numeric=(1,)))
        done = [f"{count} rows dropped: {why}" for why, count in (card.get("dropped") or {}).items()]
        done += [clip(repair) for repair in card.get("repairs") or []]
        blocks += [Listing(done)] if done else []
    if findings:
        head = ("finding", "rows", "share", "why", "remedy")
        blocks.append(Table(head, [_finding(f) for f in findings], numeric=(1, 2)))
        blocks += _both(facts)
    else:
        audited = "The audit of the data found nothing: no overlap between the splits and no other fault it looks for."
        blocks.append(Para(audited if facts.values.get("audited") else "The data were not audited."))
    return blocks


def _both(facts: Facts) -> list[Block]:
    """What was claimed on a leaking split, and what is true without the leak."""
    told = (facts.values.get("audited") or {}).get("rescored") or []
    if not told:
        return []
    rows: list[list[Text]] = [
        [str(r["who"]), _with_rows(r, "as_split"), _with_rows(r, "clean"), clip(r["how"])] for r in told
    ]
    claimed = next((r["claimed"] for r in told if r.get("claimed") is not None), None)
    what = f"The brief claims {number(claimed)}. " if claimed is not None else ""
    said = f"{what}The split as it was found leaks. On validation rows, as it was and without the leak:"
    head = ("", f"{told[0]['metric']} as split", "without the leak", "how")
    return [Heading("As claimed, and on clean rows", 3), Para(said), Table(head, rows)]


def _with_rows(line: Json, side: str) -> str:
    if line[side] is None:
        return f"not known ({line[f'{side}_rows']} rows)" if line[f"{side}_rows"] else "not known"
    return f"{with_interval(line[side], line[f'{side}_interval'])}, {line[f'{side}_rows']} rows"


def _finding(found: Json) -> list[Text]:
    tones: dict[str, Tone] = {"block": "bad", "warn": "warn"}
    kind = Badge(str(found.get("kind")).replace("_", " "), tones.get(str(found.get("severity")), "plain"))
    count, share = setting(found.get("count")), number(found.get("share"))
    return [kind, count, share, clip(found.get("why") or ""), clip(found.get("remedy") or NOTHING)]
