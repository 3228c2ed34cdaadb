"""A run's record in words, for a person."""

from __future__ import annotations

from typing import Any

from app.out import changes, number, span
from nodes.report_words import clip, plural

Json = dict[str, Any]
MOST_STAGES = 30
MOST_ASKED = 2_000
"""Characters of a question; in one line, so that nothing in it passes for a line of ours."""


def ending(record: Json) -> str:
    """How it stands: the outcome, the number with its interval against the baseline, where the report is."""
    run, status = record["run"], record["status"]
    lines = [f"{run}: {record['outcome'] or status}" + (f": {record['reason']}" if record["reason"] else "")]
    if (record["metric"] or {}).get("value") is not None:
        lines.append(metric(record["metric"]))
    lines += doubts(record)
    if status == "waiting":
        lines += [asked(run, item) for item in record["waiting"]]
    elif status == "paused":
        lines.append(
            f"it stands before or in {record['stage'] or 'its first stage'}; go on with: postgrad resume {run}"
        )
    elif status == "running":
        lines.append(f"it is being worked on ({record['stage']}); look on with: postgrad watch {run}")
    if record["report"]:
        lines.append(f"report: {record['report']}")
    return "\n".join(lines)


def doubts(record: Json) -> list[str]:
    """Suspect checks, where the reason has not named them already."""
    suspects = [c for c in record["checks"] if c["result"] == "SUSPECT"]
    told = [c for c in suspects if str(c["why"]) not in str(record["reason"] or "")]
    return [f"suspect: {str(c['name']).replace('_', ' ')} ({c['why']})" for c in told]


def metric(found: Json) -> str:
    """The number with its interval, the baseline and the rows it stands on."""
    if found.get("value") is None:
        return "–"
    interval = found.get("interval")
    span_ = f" [{number(interval[0])}, {number(interval[1])}] at 95 %" if interval else ""
    base = f", baseline {number(found['baseline'])}" if found.get("baseline") is not None else ""
    where = f" on {found['n']} {found['split']} rows" if found.get("n") else ""
    return f"{found['name']} {number(found['value'])}{span_}{base}{where}"


def asked(run: str, item: Json) -> str:
    """What waits for an answer, and how to give it."""
    return "\n".join([
        f"gate {item['gate']} asks: {clip(item['summary'], MOST_ASKED)}",
        f"  yes:  postgrad resume {run} --approve {item['id']}",
        f"  no:   postgrad resume {run} --reject {item['id']} --why TEXT",
        f"  edit: postgrad resume {run} --edit {item['id']} FILE  (JSON of its args, changed; see show --json)",
    ])  # fmt: skip


def full(record: Json) -> str:
    """Everything worth a screen."""
    cost = record["cost"] or {}
    lines = [ending(record), "", f"stages: {stages(record['trail'])}"]
    if record["interruptions"]:
        lines.append(f"interrupted {plural(record['interruptions'], 'time')}, and went on")
    if record["experiments"]:
        lines += ["", "experiments", *(_experiment(one) for one in record["experiments"])]
    if record["signals"]:
        lines += [
            "",
            "signals",
            *(
                f"  {s['experiment']} step {s['step']} {s['kind']} ({s['severity']}): {s['why']}"
                for s in record["signals"]
            ),
        ]
    if record["diagnoses"]:
        lines += [
            "",
            "diagnoses",
            *(f"  {d['experiment']} {d['cause']} {number(d['score'])} → {d['goes_to']}" for d in record["diagnoses"]),
        ]
    for table in record["ablations"]:
        lines += ["", f"arms for {table['symptom']}", *(_arm(arm) for arm in table["arms"])]
    if record["findings"]:
        lines += [
            "",
            "findings",
            *(f"  {f.get('severity')} {f.get('kind')}: {f.get('why')}" for f in record["findings"]),
        ]
    if record["decisions"]:
        lines += ["", "last decisions", *(f"  {d['stage']} ({_by(d)}): {d['why']}" for d in record["decisions"][-5:])]
    if record["scripts"]:
        lines += ["", "scripts of its own", *(_script(one) for one in record["scripts"])]
    if record["mind"]:
        lines += ["", _mind(record["mind"])]
    used = span(float(cost.get("seconds") or 0))
    lines += ["", f"time {used}, {plural(int(cost.get('jobs') or 0), 'job')}, cost ${float(cost.get('usd') or 0):.2f}"]
    return "\n".join(lines)


def stages(trail: list[Any]) -> str:
    """The way so far; of a long one the end, and how much came before."""
    earlier = len(trail) - MOST_STAGES
    shown = " → ".join(str(stage) for stage in trail[-MOST_STAGES:])
    return f"… {earlier} earlier → {shown}" if earlier > 0 else shown


def _experiment(one: Json) -> str:
    steps = f"{one['steps_run']}/{one['steps_planned'] or '?'}"
    head = f"  {one['id']:<8} {one['purpose'] or '':<9} {one['status']:<9} {steps:>11}"
    return f"{head}  {number(one['metric']):>7}  {changes(one['change']) if one['change'] else ''}".rstrip()


def _script(one: Json) -> str:
    after = f" (mends {one['parent']})" if one["parent"] else ""
    return f"  {one['name']}{after}: {clip((one['failed'] and 'failed: ' + one['failed']) or one['summary'], 110)}"


def _mind(found: Json) -> str:
    """What was paid for, and which agents came to no answer."""
    price = "price unknown" if found["usd"] is None else f"${found['usd']:.2f}"
    cached = f", {found['cached']} from earlier answers" if found["cached"] else ""
    lost = [
        f"{one['stage']} {str(one['ended']).replace('_', ' ')}" for one in found["agents"] if one["ended"] != "answered"
    ]
    told = f"; no answer: {', '.join(lost)}" if lost else ""
    return f"model {plural(found['calls'], 'call')}{cached}, {found['tokens_in']:,} tokens in, {found['tokens_out']:,} out, {price}{told}"


def _by(decision: Json) -> str:
    return str((decision["by"] == "model" and decision["model"]) or decision["by"])


def _arm(arm: Json) -> str:
    told = "cured    " if arm["cured"] else "not cured"
    return f"  {told} {arm['experiment']} {changes(arm['change'] or {})}: {arm['why']}"
