"""Predictions of an experiment on held-out rows: asked for by a job, scored by trusted code."""

from __future__ import annotations

import stat
from collections.abc import Generator
from functools import partial
from pathlib import Path

from lab.data.jsonl import write_whole
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
LARGEST = 256 * 1024 * 1024
"""Bytes of predictions: one line a row."""
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
    inputs, rows = folder / f"{split}_inputs.jsonl", source.read_bytes()
    if (
        not _is_plain(inputs) or inputs.read_bytes() != rows
    ):  # a training may have left a link there, to write where it may not
        write_whole(inputs, rows)
    argv = ("predict", "--config", "config.json", "--inputs", inputs.name, "--out", out)
    status = yield from once(desk, folder, "predict", f"predict-{split}", argv, seconds)
    if status.state != "finished":
        return f"{status.state}: {status.why}"
    return "" if _is_plain(folder / out) else f"it ended without writing {out}"


def _is_plain(path: Path) -> bool:
    """A file of its own and of a size that can be read: no link out of the sandbox, no pipe that never ends."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(seen.st_mode) and seen.st_size <= LARGEST


def predictions(folder: Path, split: Split, name: str = "") -> Predictions:
    """By id, as text; a row that is not of the contract's form is a missing prediction."""
    path = folder / (name or FILES[split])
    rows = read_lines(path) if _is_plain(path) else ()
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
