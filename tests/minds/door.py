"""The command in a process of its own, as a person or a program would call it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.minds.helm import BRIEF

ROOT = Path(__file__).parents[2]


def begin(place: Path, url: str, task: str, **brief: Any) -> list[str]:
    """The words that begin the run `minds` with a model at the helm."""
    path = place / "brief.json"
    given = {key: value for key, value in {"task": task, **BRIEF, **brief}.items() if key != "effort"}
    path.write_text(json.dumps(given))
    helm = ["--model", "openai/scripted", "--base-url", url, "--no-probe"]
    return ["run", "--brief", str(path), "--effort", BRIEF["effort"], "--name", "minds", *helm]


def postgrad(*words: str) -> list[str]:
    return [sys.executable, "-m", "app", *words]


def environment(place: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "POSTGRAD_HOME": str(place / "home"), "PYTHONPATH": str(ROOT), **more}
