"""The checks of the command line as tools: the very commands, each in a process of its own that can be ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from lab.model.tool import LONGEST, Tool
from state.errors import PostgradError, UserError

LONGEST_CHECK = 900.0
"""Seconds: the largest split that was measured took a third of it."""
LONGEST_WORD = 500
"""Characters of a last line on stderr: an error made for people is shorter."""
LONGEST_PATH = 4_096
"""Characters, as Linux bounds a path."""
MOST_NAMED = 64
"""Of one list: with the longest paths it still fits on a command line."""
LEFT_OUT = "… {} more"


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Audit(_Takes):
    train: str = Field(
        description="csv, tsv, json, jsonl, parquet, arrow, a saved data set FOLDER[:split], or a Hub id"
    )
    test: str = Field(description="the rows that a score is to be measured on")
    text: list[str] = Field([], max_length=MOST_NAMED, description="columns of text; guessed if not named")
    label: str = Field("", description="the column of the answer; guessed if not named")
    id: str = Field("", description="the column that only names a row")
    group: str = Field("", description="the column that says whose row it is: patient, user, site")
    time: str = Field("", description="the column that says when it was taken")
    script: list[str] = Field(
        [], max_length=MOST_NAMED, description="Python files that split, fit or train: read, never run"
    )
    benchmark: list[str] = Field([], max_length=MOST_NAMED, description="further rows that train must not hold")


class Diagnose(_Takes):
    metrics: str = Field(description="jsonl, trainer_state.json, CSV, a folder with one, or a trackio project")
    steps: int | None = Field(None, ge=1, description="steps planned, if the file does not say")
    config: str = Field("", description="the training's settings, a JSON file")
    against: list[str] = Field([], max_length=MOST_NAMED, description="other runs' metrics; an equal curve is told")
    log: str = Field("", description="the training's log")
    run: str = Field("", description="which run of a trackio project")


class Smell(_Takes):
    predictions: str = Field(description="jsonl or csv with a column `prediction`")
    answers: str = Field(description="jsonl or csv with a column `answer`; joined by `id` where both have it")
    train: str = Field("", description="training rows with their answers")
    claimed: str = Field("", description="the value reported: 0.94 or 94%")
    metric: str = Field("", description="guessed if not named")
    others: list[str] = Field([], max_length=MOST_NAMED, description="predictions of another result")
    ceiling: str = Field("", description="what no honest result can beat")


ABOUT: dict[str, tuple[type[_Takes], tuple[str, ...], str]] = {
    "audit": (Audit, ("train", "test"), "Is a split of data fit to train and test on? Copies, near copies, leaks, conflicts, broken "
              "rows; verdict clean, suspect or leaking, with the rows by number."),
    "diagnose": (Diagnose, ("metrics",), "Is a training healthy? What its metrics say: signals with their step, likely causes with the "
                 "evidence for and against, what to try; verdict healthy, warn or stop."),
    "smell": (Smell, ("predictions", "answers"), "Does a result hold? Scores predictions against answers by itself, with an interval, "
              "and runs sixteen checks; verdict PASS, SUSPECT or FAIL."),
}  # fmt: skip


class Checks:
    """Runs the commands; what still runs when the server ends is ended with it."""

    def __init__(self) -> None:
        self.running: set[subprocess.Popen[str]] = set()
        self.guard = threading.Lock()

    def tools(self) -> list[Tool]:
        return [
            Tool(name, about, takes, partial(self._run, name, places), reaches=("hub",) if name == "audit" else ())
            for name, (takes, places, about) in ABOUT.items()
        ]

    def end(self) -> None:
        with self.guard:
            for process in self.running:
                process.kill()

    def _run(self, name: str, places: tuple[str, ...], asked: _Takes) -> str:
        values = asked.model_dump(exclude_defaults=True)
        _nothing_sealed(value for value in values.values() if not isinstance(value, int))
        options = [
            f"--{key}={one}" for key, value in values.items() if key not in places
            for one in (value if isinstance(value, list) else [value])
        ]  # fmt: skip
        said = self._process([name, "--json", *options, "--", *(values[place] for place in places)])
        if "error" in said:
            raise UserError(f"{name}: {said['error']}")
        return shortened(said)

    def _process(self, words: list[str]) -> dict[str, Any]:
        with subprocess.Popen(
            [sys.executable, "-m", "app", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace", env=_environment(),
        ) as process:  # fmt: skip
            with self.guard:
                self.running.add(process)
            try:
                said, complained = process.communicate(timeout=LONGEST_CHECK)
            except subprocess.TimeoutExpired:
                process.kill()
                raise PostgradError(
                    f"{words[0]} took longer than {LONGEST_CHECK:g} s and was ended; run it by hand: postgrad {words[0]}"
                ) from None
            finally:
                with self.guard:
                    self.running.discard(process)
        try:
            found: dict[str, Any] = json.loads(said)
        except ValueError:
            last = next((line for line in reversed(complained.splitlines()) if line.strip()), "")
            raise PostgradError(
                f"postgrad {words[0]} ended with code {process.returncode}: {last[:LONGEST_WORD] or 'it said nothing'}"
            ) from None
        return found


def _environment() -> dict[str, str]:
    """Ours, but `-m app` must mean this very package, not a folder `app` where the other program happens to work."""
    root = str(Path(__file__).parents[1])
    paths = [] if root == sysconfig.get_path("purelib") else [root]
    paths += filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(paths)}


def _nothing_sealed(values: Iterable[Any]) -> None:
    """Answers that a run has sealed are opened by its examination alone, and every look is counted there."""
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            _need_sayable(one)
            for path in {one, one.rpartition(":")[0] or one}:
                real = os.path.realpath(os.path.expanduser(path))  # noqa: PTH111  Path's own fails where there is no such user
                parts = Path(real).parts
                if any(folder == "runs" and parts[at + 2 : at + 3] == ("sealed",) for at, folder in enumerate(parts)):
                    raise UserError(f"{one} is sealed: only the run's own examination opens it, and counts its looks")
                if os.path.exists(real) and not os.path.isfile(real) and not os.path.isdir(real):  # noqa: PTH110, PTH112, PTH113  as above
                    raise UserError(f"{one} is no plain file: a pipe or a device may never come to an end; give a file")


def _need_sayable(value: str) -> None:
    """A command line carries neither a null nor half a character, and no system starts a command with more than this."""
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value) or len(value) > LONGEST_PATH:
        raise UserError(f"{value[:40]!r} is no path or name: it is too long, or holds what no name can hold")


def shortened(value: dict[str, Any]) -> str:
    """JSON that a model can take in: the longest lists lose their tails, each with a word, until it fits."""
    most = 64
    text = json.dumps(value, ensure_ascii=False)
    while len(text) > LONGEST and most >= 1:
        text = json.dumps(_cut(value, most), ensure_ascii=False)
        most //= 2
    if len(text) > LONGEST:
        raise PostgradError(f"the answer has {len(text)} characters even shortened; use the command line with --json")
    return text


def _cut(value: Any, most: int) -> Any:
    if isinstance(value, dict):
        return {key: _cut(inner, most) for key, inner in value.items()}
    if isinstance(value, list):
        kept = [_cut(inner, most) for inner in value[:most]]
        return kept if len(value) <= most else [*kept, LEFT_OUT.format(len(value) - most)]
    return value
