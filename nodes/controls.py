"""Controls of an examination, run for real as jobs: what the data gives away to whoever does not deserve it.

majority: always the commonest answer. simplest_model: TF-IDF or columns and a straight line. input_blind: the finalist asked
the same training input for every row. shuffled_labels: the finalist's own recipe on training answers dealt out at random. train_rows: the
finalist on rows it was trained on. again: the finalist on a few sealed rows once more, by themselves.
"""

from __future__ import annotations

import json
import random
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from lab.compute.folder import lock_text
from lab.compute.harness import install_harness
from lab.data.jsonl import encode, write_whole
from lab.data.seal import inputs_for, materialise, read_split
from lab.ledger.files import write_atomic, write_json
from lab.recipes.classic import CLASSIFIER
from lab.recipes.registry import recipes
from lab.recipes.spec import RecipeSpec
from nodes.desk import Desk, Wait, goal
from nodes.effort import plan_for
from nodes.folders import read_config
from nodes.rehearsal import once
from nodes.scoring import FILES, Predictions, predictions
from state.notebook import Notebook
from state.products import DatasetCard

Name = Literal["majority", "simplest_model", "input_blind", "shuffled_labels", "train_rows", "again"]
NAMES: tuple[Name, ...] = get_args(Name)
AGAIN = 40
"""Sealed rows predicted a second time: enough to see that two passes differ."""
MOST_ANSWERS = 300
"""More different answers than these are no classes: a straight line through them says nothing."""


@dataclass(frozen=True)
class Control:
    """What a control said (of sealed rows, but for `train_rows`), or why it could not be asked."""

    name: Name
    said: Predictions | None
    why: str = ""
    answers: Predictions = field(default_factory=dict)
    """Of the rows it was asked about, when these are training rows."""


Asked = Generator[Wait, None, list[Control]]


def run_controls(state: Notebook, desk: Desk, finalist: str) -> Generator[Wait, None, dict[Name, Control]]:
    """All controls, as many at a time as there are slots."""
    card = DatasetCard.model_validate(state["card"])
    working: list[Asked] = [
        _simple(state, desk, card, "majority", {"model": "majority"}),
        _simple(state, desk, card, "simplest_model", {"model": "logistic"}),
        _shuffled(state, desk, card, finalist),
        _finalist(state, desk, card, finalist),
    ]
    found: dict[Name, Control] = {}
    while working:
        waits = []
        for steps in list(working):
            try:
                waits.append(next(steps))
            except StopIteration as done:
                found |= {control.name: control for control in done.value}
                working.remove(steps)
        if waits:
            jobs = tuple(job for wait in waits for job in wait.jobs)
            yield Wait(jobs, 60.0, partial(_any_ready, waits))
    return {name: found[name] for name in NAMES}


def _any_ready(waits: list[Wait]) -> bool:
    return any(wait.ready() for wait in waits)


def _simple(state: Notebook, desk: Desk, card: DatasetCard, name: Name, change: dict[str, Any]) -> Asked:
    answers = {row["answer"] for row in read_split(desk.workspace, card, "train")}
    if name == "simplest_model" and len(answers) > MOST_ANSWERS:
        return [Control(name, None, f"{len(answers)} different answers are no classes for a simple model")]
    if name == "simplest_model" and len(answers) < 2:
        return [Control(name, None, "one answer only: there is nothing to learn")]
    config = {**CLASSIFIER.default, **change, "seed": goal(state).seed % 2**32}
    folder = _folder(desk, card, name, CLASSIFIER, config)
    return (yield from _train_and_ask(state, desk, card, name, folder))


def _shuffled(state: Notebook, desk: Desk, card: DatasetCard, finalist: str) -> Asked:
    spec = recipes(desk.workspace)[state["best"]["recipe"]]
    config = read_config(desk.experiment(finalist))
    if spec.start_key:  # a start that was trained on the right answers would know them
        config[spec.start_key] = None
    if spec.steps_key:  # long enough to show what leaks
        config[spec.steps_key] = max(1, round(config[spec.steps_key] * spec.arm_share))
    folder = _folder(desk, card, "shuffled_labels", spec, config)
    rows = read_split(desk.workspace, card, "train")
    dealt = [row["answer"] for row in rows]
    random.Random(f"shuffled/{goal(state).seed}").shuffle(dealt)
    raw = encode([{**row, "answer": answer} for row, answer in zip(rows, dealt, strict=True)])
    train = folder / "data" / "train.jsonl"
    if not train.exists() or train.read_bytes() != raw:
        train.unlink(missing_ok=True)
        write_whole(train, raw, 0o444)
    return (yield from _train_and_ask(state, desk, card, "shuffled_labels", folder))


def _finalist(state: Notebook, desk: Desk, card: DatasetCard, finalist: str) -> Asked:
    """Ask the finalist itself, in one go, about other inputs than the examination's."""
    sealed = read_split(desk.workspace, card, "sealed")
    asked: dict[Name, list[dict[str, Any]]] = {
        "input_blind": _blinded(desk, card, sealed), "train_rows": _some(desk, card), "again": sealed[:AGAIN][::-1],
    }  # fmt: skip
    folder = desk.experiment(finalist)
    rows = [{"id": f"{name}:{r['id']}", "input": r["input"]} for name, part in asked.items() for r in part]
    write_atomic(folder / "control_inputs.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    whole = yield from _ask(state, desk, "again", folder, "control_inputs.jsonl", "predictions-control.jsonl")
    said = whole.said
    if said is None:
        return [Control(name, None, whole.why) for name in asked]
    return [Control(name, _part(said, name), answers=_answers(part)) for name, part in asked.items()]


def _part(said: Predictions, name: Name) -> Predictions:
    return {row.split(":", 1)[1]: text for row, text in said.items() if row.startswith(f"{name}:")}


def _answers(rows: list[dict[str, Any]]) -> Predictions:
    return {row["id"]: row["answer"] for row in rows if "answer" in row}


def _blinded(desk: Desk, card: DatasetCard, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One training input for all rows: nothing of the row is left, and nothing the model has never met is put there."""
    same = read_split(desk.workspace, card, "train")[0]["input"]
    return [{"id": row["id"], "input": same} for row in rows]


def _some(desk: Desk, card: DatasetCard) -> list[dict[str, Any]]:
    """As many training rows as there are sealed ones, evenly taken."""
    rows = read_split(desk.workspace, card, "train")
    return rows[:: max(1, len(rows) // card.splits["sealed"].rows)][: card.splits["sealed"].rows]


def _folder(desk: Desk, card: DatasetCard, name: Name, spec: RecipeSpec, config: dict[str, Any]) -> Path:
    folder = desk.workspace / "controls" / name
    (folder / "data").mkdir(parents=True, exist_ok=True)
    if name != "shuffled_labels":
        materialise(card, desk.workspace, folder / "data")
    install_harness(folder)
    write_atomic(folder / "train.py", spec.script.read_text(encoding="utf-8"))
    write_json(folder / "config.json", config)
    write_json(folder / "experiment.json", {"id": name, "purpose": "control", "recipe": spec.name, "run": desk.run})
    write_atomic(folder / "lock", lock_text(spec.script))
    return folder


def _train_and_ask(state: Notebook, desk: Desk, card: DatasetCard, name: Name, folder: Path) -> Asked:
    limit, needed = _time_left(state, desk), float((state.get("rehearsal") or {}).get("forecast_seconds", 0.0))
    if name == "shuffled_labels" and limit is not None and needed > limit:
        return [Control(name, None, f"{limit:.0f} s are left and a training takes about {needed:.0f} s")]
    argv = ("train", "--config", "config.json")
    status = yield from once(desk, folder, "control", "train", argv, plan_for(goal(state)).job_seconds)
    if status.state != "finished":
        return [Control(name, None, f"its training {status.state}: {status.why}")]
    inputs = folder / "sealed_inputs.jsonl"
    write_whole(
        inputs, inputs_for(desk.workspace, card, "sealed").read_bytes()
    )  # never through a link of the training's
    found = yield from _ask(state, desk, name, folder, inputs.name, FILES["sealed"])
    return [found]


def _ask(
    state: Notebook, desk: Desk, name: Name, folder: Path, inputs: str, out: str
) -> Generator[Wait, None, Control]:
    argv = ("predict", "--config", "config.json", "--inputs", inputs, "--out", out)
    status = yield from once(desk, folder, "control", "control-predict", argv, plan_for(goal(state)).job_seconds)
    if status.state != "finished" or not (folder / out).exists():
        return Control(name, None, f"its predict {status.state}: {status.why or 'it wrote nothing'}")
    return Control(name, predictions(folder, "sealed", out))


def _time_left(state: Notebook, desk: Desk) -> float | None:
    limit = goal(state).limits.time
    return None if limit is None else limit - desk.clock
