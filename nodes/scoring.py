"""Predictions of an experiment on held-out rows: asked for by a job, scored by trusted code."""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from pathlib import Path

from lab.data.seal import inputs_for
from lab.ledger.files import read_lines
from lab.stats.compare import score_interval
from lab.stats.scorers import score
from nodes.desk import Desk, Wait
from nodes.rehearsal import once
from state.brief import Brief
from state.notebook import Notebook
from state.products import DatasetCard, Score
from state.words import Split

FILES: dict[Split, str] = {"validation": "predictions.jsonl", "sealed": "predictions-sealed.jsonl"}
Predictions = dict[str, str]


def predict_all(
    state: Notebook, desk: Desk, folders: list[Path], split: Split, seconds: float
) -> Generator[Wait, None, dict[str, str]]:
    """Have every folder predict a split, as many at a time as there are slots; why it failed, per folder that did."""
    card = DatasetCard.model_validate(state["card"])
    source = inputs_for(desk.workspace, card, split)  # type: ignore[arg-type]
    running = {folder.name: _one(desk, folder, source, split, seconds) for folder in folders}
    failed: dict[str, str] = {}
    while running:
        waits = []
        for name, steps in list(running.items()):
            try:
                waits.append(next(steps))
            except StopIteration as done:
                del running[name]
                if done.value:
                    failed[name] = done.value
        if waits:
            jobs = tuple(job for wait in waits for job in wait.jobs)
            yield Wait(jobs, 60.0, partial(_any_ready, waits))
    return failed


def _any_ready(waits: list[Wait]) -> bool:
    return any(wait.ready() for wait in waits)


def _one(desk: Desk, folder: Path, source: Path, split: Split, seconds: float) -> Generator[Wait, None, str]:
    out = FILES[split]
    inputs = folder / f"{split}_inputs.jsonl"
    if not inputs.exists():
        inputs.write_bytes(source.read_bytes())
    argv = ("predict", "--config", "config.json", "--inputs", inputs.name, "--out", out)
    status = yield from once(desk, folder, "predict", f"predict-{split}", argv, seconds)
    if status.state != "finished":
        return f"{status.state}: {status.why}"
    return "" if (folder / out).exists() else f"it ended without writing {out}"


def predictions(folder: Path, split: Split, name: str = "") -> Predictions:
    """By id, as text; a row that is not of the contract's form is a missing prediction."""
    rows = read_lines(folder / (name or FILES[split]))
    return {str(r["id"]): str(r["prediction"]) for r in rows if isinstance(r, dict) and "id" in r and "prediction" in r}


def scored(
    brief: Brief,
    per_seed: list[Predictions],
    answers: dict[str, str],
    split: Split,
    groups: dict[str, str] | None = None,
) -> Score:
    assert brief.metric is not None
    one = [score(brief.metric, predicted, answers) for predicted in per_seed]
    found = score_interval(brief.metric, per_seed, answers, seed=brief.seed, groups=groups)
    return Score(
        metric=brief.metric, direction=one[0].direction, value=found.value, interval=found.bounds, n=len(answers),
        unparsed=sum(s.unparsed for s in one), split=split,
    )  # fmt: skip
