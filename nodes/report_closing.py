"""The last pages of a report: who decided, what did not answer, what it cost, what was read, how to run it again."""

from __future__ import annotations

from collections import Counter
from typing import Any

from nodes.literature_told import reported, why_cited
from nodes.record_read import products
from nodes.report_blocks import Badge, Block, Code, Heading, Listing, Para, Pre, Table, Text, Tone
from nodes.report_facts import Facts
from nodes.report_words import NOTHING, clip, duration, plural

Json = dict[str, Any]
ANSWER_TONE: dict[str, Tone] = {"approve": "good", "edit": "good", "reject": "warn"}
LONGEST_STAGES = 6


def decisions(facts: Facts) -> list[Block]:
    made = facts.record.get("decisions") or []
    gates = facts.said("gate")
    blocks: list[Block] = [Heading("Who decided")]
    if not made and not gates:
        return [*blocks, Para("Nothing was decided before the run ended.")]
    if made:
        rows: list[list[Text]] = [
            [str(d.get("stage")).replace("_", " "), _by(d), clip(d.get("why") or "", 300)] for d in made
        ]
        blocks.append(Para(_shares(products(facts.past, "decision"))))
        if len(rows) < len(products(facts.past, "decision")):
            blocks.append(Para(f"The last {len(rows)} of them:", note=True))
        blocks.append(Table(("stage", "by", "why"), rows))
    if gates:
        asked: list[list[Text]] = [
            [str(g.get("gate")), Badge(str(g.get("answer")), ANSWER_TONE.get(str(g.get("answer")), "plain")),
             str(g.get("by")), clip(g.get("why") or NOTHING)]
            for g in gates
        ]  # fmt: skip
        blocks += [Heading("Gates", 3), Table(("gate", "answer", "by", "why"), asked)]
    return blocks


def _by(decision: Json) -> str:
    model = decision.get("model")
    if not model:
        return str(decision.get("by"))
    return clip(model, 60) if decision.get("by") == "model" else f"playbook, for {clip(model, 60)}"


def _shares(made: list[Json]) -> str:
    """How many decisions were whose, and which model was asked."""
    models = sorted({clip(d["model"], 60) for d in made if d.get("model")})
    chose = sum(d.get("by") == "model" for d in made)
    failed = sum(d.get("by") != "model" and bool(d.get("model")) for d in made)
    noted = sum(len(d.get("tries") or []) for d in made if d.get("by") == "model")
    parts = [f"{len(made) - chose - failed} by the playbook"]
    if models or chose:
        parts.insert(0, f"{chose} by the model ({', '.join(models) or 'its name was not recorded'})")
        parts.append(f"{failed} by the playbook after the model gave no usable answer")
    notes = (
        f" What was asked for again, struck or cut on the way to them: {plural(noted, 'note')} in the journal."
        if noted
        else ""
    )
    return f"Of {plural(len(made), 'decision')}, {', '.join(parts)}.{notes}"


def silences(facts: Facts) -> list[Block]:
    """Sources that did not answer, and what was done another way than meant."""
    sources = facts.sources()
    silent = [s for s in sources if not s.get("answered")]
    fallbacks, errors = facts.said("fallback"), facts.said("error")
    blocks: list[Block] = [Heading("What did not go as meant")]
    rows: list[list[Text]] = [
        ["no answer", clip(s.get("name") or "", 100), clip(s.get("why") or "no reason recorded")] for s in silent
    ]
    rows += [["fallback", clip(f.get("what") or "", 200), clip(f.get("why") or "")] for f in fallbacks]
    rows += [["error", str(e.get("stage")), clip(e.get("why") or "")] for e in errors]
    if rows:
        return [*blocks, Table(("", "what", "why"), rows)]
    asked = f"{plural(len(sources), 'source')} asked, all answered." if sources else "No source was asked."
    return [*blocks, Para(f"{asked} No fallback and no error was recorded.")]


def cost(facts: Facts) -> list[Block]:
    spent = facts.record.get("cost") or {}
    money = f"${float(spent.get('usd') or 0):.2f}"
    budget = (facts.goal.get("limits") or {}).get("budget")
    count = spent.get("jobs") or 0
    jobs = f"{duration(spent.get('job_seconds'))} in {plural(count, 'job')}" if count else "no job was run"
    rows: list[list[Text]] = [
        ["Money", money + (f" of ${budget:.2f}" if budget is not None else "")],
        ["Working time, waits for a person apart", duration(spent.get("seconds"))],
        ["Time of all jobs together", jobs],
    ]
    if mind := facts.record.get("mind"):
        rows.append(["Answers of the model", _usage(mind)])
    levels = Counter(str(j.get("sandbox")) for j in facts.said("job") if j.get("sandbox"))
    if levels:
        rows.append(["Isolation of the jobs", ", ".join(f"{name} ({count})" for name, count in levels.most_common())])
    forecasts = [r for r in facts.said("rehearsal") if r.get("ok") and r.get("forecast_seconds")]
    if forecasts:
        shown = ", ".join(duration(r["forecast_seconds"]) for r in forecasts[-LONGEST_STAGES:])
        rows.append(["Forecast by the rehearsals, per batch", shown])
    took: dict[str, float] = {}
    for visit in facts.said("leave"):
        stage = str(visit.get("stage")).replace("_", " ")
        took[stage] = took.get(stage, 0.0) + float(visit.get("seconds") or 0)
    if took:
        longest = sorted(took, key=lambda stage: -took[stage])[:LONGEST_STAGES]
        longest_said = ", ".join(f"{stage} {duration(took[stage])}" for stage in longest)
        rows.append(["Longest stages", longest_said])
    return [Heading("Cost and time"), Table(("", ""), rows)]


def _usage(mind: Json) -> str:
    """What was paid for; an answer read again from the run's folder costs nothing again."""
    cached = f", {mind['cached']} more from earlier runs" if mind["cached"] else ""
    unknown = ", of unknown price" if mind["usd"] is None else ""
    return f"{mind['calls']}{cached}; {mind['tokens_in']:,} tokens in, {mind['tokens_out']:,} out{unknown}"


def literature(facts: Facts) -> list[Block]:
    reading = facts.product("reading")
    papers, lessons = reading.get("papers") or [], reading.get("lessons") or []
    if not papers and not lessons:
        return [Heading("Literature"), Para("Nothing was cited.")]
    blocks: list[Block] = [Heading("Literature")]
    if papers:
        rows: list[list[Text]] = [
            [
                Code(str(p.get("id"))),
                clip(p.get("title") or ""),
                why_cited(p),
                clip(p.get("looked_up") or "not recorded"),
            ]
            for p in papers
        ]
        blocks.append(Table(("identifier", "title", "why", "identifier looked up at"), rows))
    blocks += reported(reading)
    if lessons:
        said: list[Text] = [
            clip({k: v for k, v in le.items() if k != "t"} if "why" not in le else _lesson(le)) for le in lessons
        ]
        blocks += [Heading("Lessons of earlier runs", 3), Listing(said)]
    return blocks


def _lesson(lesson: Json) -> str:
    return f"{lesson.get('run') or 'an earlier run'}: {lesson['why']}"


def again(facts: Facts) -> list[Block]:
    """The commands that run the finalist again, from its folder alone."""
    if not facts.finalists:
        return []
    name = facts.finalists[0]
    others = ", ".join(facts.finalists[1:])
    folder = facts.workspace / "experiments" / name
    lines = [f"cp -r experiments/{name} again-{name}    # from the run's folder", f"cd again-{name}"]
    lines += ["python run.py train --config config.json", _predict(facts, name)]
    lock = "The exact versions are in its lock file." if (folder / "lock").is_file() else "No lock file was written."
    more = f" The other seeds of the finalist: {others}." if others else ""
    note = f"The folder holds script, configuration and training data. {lock}{more}"
    return [Heading("Run the finalist again"), Para(note), Pre("\n".join(lines))]


def _predict(facts: Facts, name: str) -> str:
    splits = facts.product("card").get("splits") or {}
    inputs = (splits.get("validation") or {}).get("file") or "INPUTS.jsonl"
    return f"python run.py predict --config config.json --inputs ../{inputs} --out predictions.jsonl"


def reasons_of_bounds(facts: Facts) -> list[Block]:
    """Edges that were taken as often as they may be."""
    full = {e: b for e, b in (facts.record.get("bounds") or {}).items() if b.get("limit") and b["count"] >= b["limit"]}
    items: list[Text] = [
        f"{edge.replace('_', ' ')}: taken {plural(b['count'], 'time')}, the limit" for edge, b in full.items()
    ]
    return [Heading("Bounds that were reached", 3), Listing(items)] if items else []
