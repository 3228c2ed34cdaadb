"""reproduction: runs the finalist again from its folder alone, and compares."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab.data.jsonl import write_whole
from lab.data.seal import open_answers
from lab.stats.compare import score_interval
from lab.stats.scorers import score
from nodes.desk import Desk, Steps, goal
from nodes.effort import plan_for
from nodes.rehearsal import once
from nodes.scoring import FILES, predictions
from state.notebook import Notebook
from state.products import DatasetCard, Reproduction

ALONE = ("experiment.json", "run.py", "train.py", "config.json", "data", "lock")
"""What a stranger would be given: no model, no checkpoint, no log."""


def reproduction(state: Notebook, desk: Desk) -> Steps:
    brief = goal(state)
    assert brief.metric is not None
    name = state["examination"]["finalist"][0]
    limit = brief.limits.time
    needed = float((state.get("rehearsal") or {}).get("forecast_seconds", 0.0))
    if limit is not None and desk.clock + needed > limit:
        why = f"{limit - desk.clock:.0f} s are left and a training takes about {needed:.0f} s"
        return {"reproduction": Reproduction(experiment=name, result="not_run", why=why).to_json()}
    original = desk.experiment(name)
    again = _copy(original, desk.workspace / "reproduction" / name)
    seconds = plan_for(brief).job_seconds
    train = yield from once(desk, again, "reproduce", "train", ("train", "--config", "config.json"), seconds)
    out = FILES["validation"]
    card = DatasetCard.model_validate(state["card"])
    if train.state == "finished":
        write_whole(again / "inputs.jsonl", (original / "validation_inputs.jsonl").read_bytes())
        argv = ("predict", "--config", "config.json", "--inputs", "inputs.jsonl", "--out", out)
        train = yield from once(desk, again, "reproduce", "predict", argv, seconds)
    if train.state != "finished":
        found = Reproduction(
            experiment=name, result="contradicted", why=f"from its folder alone it does not run: {train.why}"
        )
    else:
        answers = open_answers(desk.workspace, card, "validation", "reproduction")
        found = _compared(name, brief.metric, original, again, answers)
    return {"reproduction": found.to_json()}


def _copy(original: Path, to: Path) -> Path:
    if not to.exists():
        aside = to.with_name(f".{to.name}")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for part in ALONE:
            source = original / part
            if source.is_dir():
                shutil.copytree(source, aside / part)
            else:
                shutil.copy2(source, aside / part)
        aside.rename(to)
    return to


def _compared(name: str, metric: str, original: Path, again: Path, answers: dict[str, str]) -> Reproduction:
    first, second = predictions(original, "validation"), predictions(again, "validation")
    one, two = score(metric, first, answers).value, score(metric, second, answers).value
    tolerance = _width(metric, first, answers)
    if first == second:
        result, why = "identical", f"all {len(first)} predictions are the same"
    elif abs(one - two) <= tolerance:
        different = sum(first.get(i) != second.get(i) for i in answers)
        result, why = (
            "consistent",
            f"{different} of {len(answers)} predictions differ; {one:.3f} and {two:.3f} lie within {tolerance:.3f}",
        )
    else:
        result, why = "contradicted", f"{metric} was {one:.3f} and is {two:.3f}; more than {tolerance:.3f} apart"
    return Reproduction(experiment=name, result=result, original=one, again=two, tolerance=tolerance, why=why)


def _width(metric: str, said: dict[str, str], answers: dict[str, str]) -> float:
    """Half the 95 % interval of the original: a rerun beyond it is another result."""
    low, high = score_interval(metric, [said], answers).bounds
    return (high - low) / 2
