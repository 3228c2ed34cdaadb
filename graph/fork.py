"""A new run from a moment of another: its own folder, ledger and thread; no job is shared."""

from __future__ import annotations

import shutil
from pathlib import Path

from graph.names import check_name, thread_id
from lab.ledger.files import append_line, read_json, read_lines, write_json
from lab.ledger.journal import history
from state.errors import UserError
from state.words import Stage

NOT_COPIED = (
    "lock",
    "ledger.jsonl",
    "journal.jsonl",
    "stop.json",
    "tell.jsonl",
    "run.json",
    "report.md",
    "report.html",
    "plots",
    "replies.jsonl",  # what the old run paid for; the new one thinks for itself
    "drafts",  # laid out anew from the recipe, when there is one to mend
)
ROOMS = ("experiments", "rehearsals", "controls", "reproduction")
"""Where jobs leave their attempts."""
SAID = {
    "predictions.jsonl": "predict", "predictions-sealed.jsonl": "predict-sealed", "predictions-control.jsonl": "control",
}  # fmt: skip
"""A file of predictions: how the attempts that write it are called."""
TRAINED = ("model", "checkpoints", "metrics.jsonl", "log.txt", "status.json")
"""What a training leaves."""


def fork(home: Path, run: str, stage: str, name: str) -> str:
    """Make run `name` stand where `run` stood when it last went into `stage`."""
    from typing import get_args

    from graph import open_graph

    if stage not in get_args(Stage):
        raise UserError(f"there is no stage {stage!r}; the stages are: {', '.join(get_args(Stage))}")
    check_name(name)
    old, new = home / "runs" / run, home / "runs" / name
    if new.exists():
        raise UserError(f"a run named {name} exists already; choose another name")
    with open_graph(home) as graph:
        moments = graph.get_state_history(graph.config_for(run))
        moment = next((s for s in moments if s.next == (stage,)), None)
        if moment is None:
            raise UserError(f"run {run} has not been at {stage}; it went: {' '.join(dict.fromkeys(_trail(old)))}")
        values = dict(moment.values)
        aside = home / "runs" / f".fork-{name}"
        shutil.rmtree(aside, ignore_errors=True)
        _copy(old, aside, values)
        about = {
            **read_json(old / "run.json"),
            "run": name,
            "thread_id": thread_id(name),
            "forked_from": {"run": run, "stage": stage},
        }
        write_json(aside / "run.json", about)
        aside.rename(new)
        values |= {"run": name, "name": name}
        values.pop("stop", None)
        came_from = (values.get("next") or {}).get("stage") or "__start__"
        graph.update_state(graph.config_for(name), values, as_node=came_from)
    return name


def _trail(workspace: Path) -> list[str]:
    return [r["stage"] for r in read_lines(workspace / "journal.jsonl") if r["kind"] == "enter"]


def _copy(old: Path, new: Path, values: dict[str, object]) -> None:
    """The folder as it stood at that moment, without what belongs to the old run alone."""
    shutil.copytree(
        old, new, symlinks=True, ignore=lambda at, names: [n for n in names if Path(at) == old and n in NOT_COPIED]
    )
    step = int(str(values.get("step", 0)))
    kept: set[tuple[str, str]] = set()
    written: set[str] = set()
    for record in history(old / "journal.jsonl"):
        if int(record.get("step", 0)) <= step:
            append_line(new / "journal.jsonl", record)
            if record["kind"] == "job":
                kept.add((record["experiment"], record["attempt"]))
            if record["kind"] == "decision" and record["stage"] == "implementation":
                written.add(str(record["choice"].get("recipe")))
    named = int((values.get("counters") or {}).get("experiment", 0))  # type: ignore[attr-defined]
    for folder in sorted((new / "experiments").glob("e*")):
        if int(folder.name[1:]) > named:
            shutil.rmtree(folder)
    for folder in (new / "recipes").glob("*"):
        if folder.name not in written:  # written later
            shutil.rmtree(folder)
    for attempts in [p for room in ROOMS for p in new.glob(f"{room}/*/attempts")]:
        _back_to(attempts.parent, {attempt for name, attempt in kept if name == attempts.parent.name})


def _back_to(folder: Path, kept: set[str]) -> None:
    """Only what had ended by then: a job that still ran, or came later, is the old run's; the new one starts its own."""
    for attempt in (folder / "attempts").iterdir():
        if attempt.name not in kept:
            shutil.rmtree(attempt)
    began = [line for line in read_lines(folder / "starts.jsonl") if line.get("attempt") in kept]
    made = ["starts.jsonl", *(name for name, of in SAID.items() if not any(a.startswith(of) for a in kept))]
    if not any(line.get("argv", [""])[0] == "train" for line in began):
        made += TRAINED
    for name in made:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for line in began:
        append_line(folder / "starts.jsonl", line)
