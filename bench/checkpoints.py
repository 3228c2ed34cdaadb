"""What a checkpointed step costs, how big a checkpoint gets, and how the file grows: `python bench/checkpoints.py`.

A loop of one stage that does nothing runs through the same wrapper, checkpointer and settings as the research itself,
with a notebook whose every list is as long as it may be.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from langgraph.graph import END, START, StateGraph

from graph.checkpointer import file_of, prune_thread, sqlite_saver
from graph.names import thread_id
from graph.research import ResearchGraph
from graph.routes import Route
from graph.stage import as_node, follow
from state.bounds import BOUNDS
from state.notebook import VERSION, Notebook, Task
from state.settings import Settings
from state.words import Stage

TARGET_MS, TARGET_KIB = 1.5, 64
EXITS: dict[Any, str] = {"running": "monitoring", "ended": END, "stop": END}
CONFIG = {f"setting_{n}": 0.001 * n for n in range(24)}


def full_notebook() -> dict[str, Any]:
    """A notebook at its fullest: every list as long as its stage lets it grow, every record as long as real ones get."""
    text = "a reason as long as reasons get, with the numbers that speak for it: 0.123 against 0.456"
    plans = [
        {
            "id": f"e{n:03d}", "parent": "e001", "purpose": "arms", "hypothesis": text, "change": {"learning_rate": 0.1},
            "recipe": "grpo_tiny", "seed": n, "config": CONFIG, "steps": 120, "start_from": "e001", "predicts": text,
            "paired_seed": 0,
        }
        for n in range(8)
    ]  # fmt: skip
    args = {"experiments": {p["id"]: {"change": p["change"], "config": p["config"]} for p in plans}}
    batch = {"id": "b09", "purpose": "arms", "why": text, "experiments": plans, "symptom": "reward_collapse"}
    sick = {"id": "b02", "purpose": "seeds", "why": text, "experiments": plans[:3]}
    evidence = {f"figure_{n}": 0.123456 for n in range(7)}
    signal = {
        "experiment": "e001", "kind": "reward_collapse", "step": 31, "severity": "stop", "evidence": evidence, "why": text
    }  # fmt: skip
    clues = [{"rule": f"rule_{n}", "says": text} for n in range(6)]
    cause = {
        "experiment": "e001", "cause": "learning_rate", "family": "dynamics", "score": 0.8, "fired": 4, "applicable": 5,
        "evidence_for": clues, "evidence_against": [], "goes_to": "ablation", "remedy": {"learning_rate": 1e-3},
    }  # fmt: skip
    arm = {
        "experiment": "e001",
        "cause": "learning_rate",
        "change": {"beta": 0.1},
        "cured": True,
        "signals": [],
        "why": text,
    }
    asked = {"gate": "spend", "summary": text, "args": args, "hash": "f" * 64, "run": "long"}
    said = {"gate": "spend", "answer": "approve", "by": "person", "why": text, "hash": "f" * 64}
    gates = ("benchmark", "data", "spend", "publication")
    paper = {"id": "arxiv:2402.03300", "title": text, "why": text, "looked_up": "the listing"}
    recipe = {"from": "x", "settings": {f"setting_{n}": 1e-3 for n in range(5)}, "why": text}
    finding = {"kind": "duplicate", "why": text, "ids": [f"r{n:06d}" for n in range(8)]}
    line = {
        "id": "e001", "purpose": "trial", "recipe": "r", "change": {"beta": 0.1}, "state": "sick", "why": text + text[:32], "metric": 0.5
    }  # fmt: skip
    return {
        "version": VERSION, "next": {}, "run": "long", "name": "long", "task": text, "brief": {"start": CONFIG},
        "goal": {"task": text, "start": CONFIG, "limits": {}}, "bounds": dict.fromkeys(BOUNDS, 3), "batch": batch,
        "asked": asked, "decisions": {gate: {**said, "args": {}} for gate in gates},
        "reading": {"query": text, "papers": [paper] * 26, "recipes": [recipe] * 20, "lessons": [arm] * 5},
        "findings": [finding] * 12, "tried": [line] * 40, "signals": [signal] * 20, "diagnoses": [cause] * 6,
        "sick_batch": {"batch": sick, "jobs": {}, "signals": [signal] * 20},
        "ablation": {"symptom": "reward_collapse", "arms": [arm] * 8, "why": text}, "best": {"config": CONFIG},
        "baseline": {"config": CONFIG}, "jobs": {p["id"]: {"attempt": "1", "seconds": 120.0} for p in plans},
        "messages": [{"type": "ai", "content": text}] * 12, "notes": [text] * 5,
    }  # fmt: skip


def loop(saver: Any, home: Path, steps: int, seen: list[float], wrapped: bool) -> ResearchGraph:
    """A graph of one stage that leads back to itself, doing nothing."""

    def work(state: Notebook, _: Any) -> dict[str, Any]:
        seen.append(time.perf_counter())
        return {}

    def plain(state: Notebook) -> dict[str, Any]:
        seen.append(time.perf_counter())
        return {"step": state.get("step", 0) + 1}

    def rule(state: Any) -> Route:
        return Route("running" if len(seen) < steps else "ended", "it still runs")

    names = {label: label for label in EXITS}
    plan: StateGraph[Any, Any, Any, Any] = StateGraph(Notebook, context_schema=Settings, input_schema=Task)
    stage: Stage = "monitoring"
    plan.add_node(stage, as_node(stage, work, rule, EXITS) if wrapped else plain)
    path: Callable[[Any], str] = follow(stage, rule, names) if wrapped else (lambda state: rule(state).label)
    plan.add_conditional_edges(stage, path, EXITS)
    plan.add_edge(START, stage)
    return ResearchGraph.of(plan.compile(checkpointer=saver), str(home))


def median_step(home: Path, steps: int, kept: bool, wrapped: bool, full: bool) -> float:
    """Median milliseconds from one step to the next."""
    seen: list[float] = []
    with sqlite_saver(home) as saver:
        graph = loop(saver if kept else None, home, steps, seen, wrapped)
        config = graph.config_for("long")
        given = {"task": "t", "name": "long"}
        if full and kept:
            graph.invoke(given, config)
            seen.clear()
            graph.update_state(config, full_notebook(), as_node="monitoring")
            given = None  # type: ignore[assignment]
        graph.invoke(given, config if kept else None)
    return 1000 * statistics.median(b - a for a, b in pairwise(seen))


def growth(home: Path, steps: int, every: int, pruned: bool) -> tuple[list[float], int]:
    """KiB of the file after each `every` steps of one run, and the biggest checkpoint in bytes."""
    sizes: list[float] = []
    biggest = 0
    seen: list[float] = []
    with sqlite_saver(home) as saver:
        graph = loop(saver, home, every, seen, wrapped=True)
        config = graph.config_for("long")
        graph.invoke({"task": "t", "name": "long"}, config)
        for _ in range(steps // every):
            seen.clear()
            graph.update_state(config, full_notebook(), as_node="monitoring")
            graph.invoke(None, config)
            if pruned:
                prune_thread(saver, thread_id("long"))
            biggest = max(biggest, *(n for (n,) in saver.conn.execute("SELECT length(checkpoint) FROM checkpoints")))
            saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            sizes.append(file_of(home).stat().st_size / 1024)
    return sizes, biggest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["POSTGRAD_HOME"] = str(place)

        def home(name: str) -> Path:
            return place / name

        bare = median_step(home("bare"), steps, kept=False, wrapped=False, full=False)
        rows = [
            ("no wrapper, no checkpoint", bare),
            ("no wrapper, checkpoint", median_step(home("plain"), steps, kept=True, wrapped=False, full=False)),
            ("wrapper and checkpoint", median_step(home("ours"), steps, kept=True, wrapped=True, full=False)),
            (
                "no wrapper, checkpoint, full notebook",
                median_step(home("plain2"), steps, kept=True, wrapped=False, full=True),
            ),
            (
                "wrapper and checkpoint, full notebook",
                median_step(home("full"), steps, kept=True, wrapped=True, full=True),
            ),
        ]
        print(f"median ms of {steps} steps that do nothing (target: under {TARGET_MS} ms on top of the bare graph)")
        for name, value in rows:
            print(f"  {name:40} {value:6.2f}   on top of bare {value - bare:+6.2f}")
        left, biggest = growth(home("left"), 4 * steps, steps // 2, pruned=False)
        thin, _ = growth(home("thin"), 4 * steps, steps // 2, pruned=True)
        print(f"biggest checkpoint of a full notebook: {biggest / 1024:.1f} KiB (target: under {TARGET_KIB} KiB)")
        print(f"KiB of the file after each {steps // 2} steps, never pruned:  {' '.join(f'{n:.0f}' for n in left)}")
        print(f"KiB of the file after each {steps // 2} steps, pruned:        {' '.join(f'{n:.0f}' for n in thin)}")


if __name__ == "__main__":
    main()
