"""The report: Markdown, and one HTML file that needs nothing else. Written again, it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.ledger.files import write_atomic
from nodes.record_read import tree
from nodes.report_blocks import Block, Document, Figure, html, markdown
from nodes.report_closing import again, cost, decisions, literature, reasons_of_bounds, silences
from nodes.report_facts import Facts, created, gather, logged, metric_title, panels
from nodes.report_mind import discussion
from nodes.report_plots import MUTED, SICK, WINNER, Line, Node, Row, curves, intervals
from nodes.report_plots import tree as tree_picture
from nodes.report_result import asked, integrity, not_checked, outcome, reproduction, result
from nodes.report_story import course, data, experiments, purpose, winner_title
from nodes.report_words import change, clip, number

Json = dict[str, Any]
MARKDOWN, HTML = "report.md", "report.html"
MOST_LINES = 8


def write_report(workspace: Path, record: Json, values: Mapping[str, Any], goal: Json) -> dict[str, str]:
    """Write `report.md`, `report.html` and `plots/`; the names are relative to the run's folder."""
    facts = gather(workspace, record, values, goal)
    page = document(facts, draw(facts))
    write_atomic(workspace / MARKDOWN, markdown(page))
    write_atomic(workspace / HTML, html(page, workspace))
    return {"markdown": MARKDOWN, "html": HTML}


def document(facts: Facts, figures: dict[str, Figure]) -> Document:
    """All sections in the order in which a reader wants them."""
    blocks: list[Block] = [
        *outcome(facts),
        *result(facts, figures.get("intervals")),
        *asked(facts),
        *integrity(facts),
        *reproduction(facts),
        *not_checked(facts),
        *discussion(facts),
        *course(facts, figures),
        *reasons_of_bounds(facts),
        *experiments(facts, figures.get("tree")),
        *data(facts),
        *decisions(facts),
        *silences(facts),
        *cost(facts),
        *literature(facts),
        *again(facts),
    ]
    title = clip(facts.goal.get("task") or facts.record.get("task") or f"Run {facts.record.get('run')}", 160)
    kicker = " · ".join(part for part in ("postgrad report", str(facts.record.get("run")), created(facts)) if part)
    return Document(title, kicker, blocks)


def draw(facts: Facts) -> dict[str, Figure]:
    """The pictures there are facts for, as files under `plots/`."""
    made = {
        "intervals": _intervals(facts),
        "sick": _curves(facts, _sick_lines(facts), "curves-arms", "The training that fell ill, and its arms"),
        "winner": _curves(facts, _winner_lines(facts), "curves-finalist", winner_title(facts)),
        "tree": _tree(facts),
    }
    return {name: figure for name, figure in made.items() if figure}


def _file(facts: Facts, name: str, svg: str, alt: str, caption: str) -> Figure:
    file = f"plots/{name}.svg"
    write_atomic(facts.workspace / file, svg)
    return Figure(file, alt, caption)


def _sick_lines(facts: Facts) -> list[Line]:
    """The sick training, its arms, and the finalist for comparison."""
    if not facts.sick:
        return []
    stops = [s for s in facts.record.get("signals") or [] if s.get("severity") == "stop"]
    spoke = {s["experiment"]: s.get("step") for s in reversed(stops)}  # the first one stands
    first = facts.sick[0]
    lines = [Line(first, f"{first} stopped", "sick", spoke.get(first))]
    lines += [Line(name, f"{name} stopped", "", spoke.get(name)) for name in facts.sick[1:]]
    for table in facts.record.get("ablations") or []:
        for arm in table.get("arms") or []:
            word = "cured" if arm.get("cured") else "not cured"
            name = str(arm["experiment"])
            lines.append(Line(name, f"{name} {change(arm.get('change'))}", word, spoke.get(name)))
    known = {line.name for line in lines}
    winner = [name for name in facts.finalists if name not in known][:1]
    lines += [Line(name, f"{name} finalist", "winner") for name in winner]
    return list({line.name: line for line in lines}.values())[:MOST_LINES]


def _winner_lines(facts: Facts) -> list[Line]:
    """Every seed of the finalist; of a run that got no further, the trainings it has."""
    names = [n for n in facts.finalists if n not in facts.baselines] or [e["id"] for e in facts.experiments]
    if not facts.finalists and facts.sick:
        return []
    lines: list[Line] = []
    for at, name in enumerate(names[:MOST_LINES]):
        seed = facts.experiment(name).get("seed")
        lines.append(Line(name, f"{name} seed {seed}" if seed is not None else name, "winner" if at == 0 else ""))
    return lines


def _curves(facts: Facts, lines: list[Line], file: str, title: str) -> Figure | None:
    shown = panels(logged(facts, [line.name for line in lines]))
    if not shown:
        return None
    svg = curves(shown, lines, {key: metric_title(key) for key, _ in shown})
    words = ["Thin: as logged. Thick: running mean."]
    if any(line.marked is not None for line in lines):
        words.append("The ring marks the step at which a detector first called for a stop.")
    if any(line.role == "not cured" for line in lines):
        words.append("Dashed arms did not cure it.")
    named = ", ".join(key for key, _ in shown)
    return _file(facts, file, svg, f"{title}: {named} by step", f"{title}. {' '.join(words)}")


def _intervals(facts: Facts) -> Figure | None:
    found = facts.product("examination")
    if not found:
        return None
    score, base = found["score"], found["baseline_score"]
    rows = [
        Row("baseline", base["value"], tuple(base["interval"]), tuple(found["baseline_per_seed"].values())),
        Row("finalist", score["value"], tuple(score["interval"]), tuple(found["per_seed"].values()), WINNER),
    ]
    svg = intervals(rows, f"{score['metric']} on {score['n']} sealed rows", facts.goal.get("target"))
    alt = f"Finalist {number(score['value'])} against baseline {number(base['value'])}"
    return _file(facts, "intervals", svg, alt, "Diamonds: mean. Bars: 95 % interval. Dots: single seeds.")


def _tree(facts: Facts) -> Figure | None:
    if not facts.experiments:
        return None
    order = tree(facts.experiments)
    rows = {e["id"]: at for at, (_, e) in enumerate(order)}
    colours = dict.fromkeys(facts.sick, SICK) | dict.fromkeys(facts.finalists, WINNER)
    nodes = [_node(e, depth, rows.get(str(e.get("parent"))) if depth else None, colours) for depth, e in order]
    caption = (
        "Each experiment below its parent: its one change, its validation score. Blue: finalist. Orange: fell ill."
    )
    return _file(facts, "tree", tree_picture(nodes), f"Tree of {len(nodes)} experiments", caption)


def _node(e: Json, depth: int, parent: int | None, colours: Mapping[str, str]) -> Node:
    value = number(e["metric"]) if e.get("metric") is not None else ""
    return Node(depth, parent, e["id"], purpose(e), str(e.get("status")), value, colours.get(e["id"], MUTED))
