"""What a script leaves behind: metric lines, checkpoints it can go on from, a model, predictions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.places import Places
from lab.checks.contract.scopes import Script

METRICS = "metrics.jsonl"
LINE = 'append {"step": 1, "loss": 0.5, "time": 1700000000.0} to metrics.jsonl at the first step and then by step'


def leaves(script: Script, places: Places) -> Iterator[Fault]:
    words = _words(script)
    yield from _metrics(script, words)
    yield from _checkpoints(script, words, places)
    for key in ("id", "prediction"):
        if key not in words:
            says = f'no prediction gets a "{key}"'
            yield Fault("predictions", 0, says, 'write one JSON line a row to --out: {"id": ..., "prediction": ...}')
    yield from _quiet(script)


def _metrics(script: Script, words: dict[str, int]) -> Iterator[Fault]:
    if not any(word.rpartition("/")[2] == METRICS for word in words):
        yield Fault("metrics", 0, f"nothing is written to {METRICS}", LINE)
        return
    if "step" not in words:
        yield Fault("metrics", words.get(METRICS, 0), 'no metric line says its "step"', LINE)
    for key, why in (("time", "no forecast can be made"), ("loss", "a sick training is hard to tell")):
        if not any(word == key or word.endswith((f"_{key}", f"/{key}")) for word in words):
            yield warning("metrics", words.get(METRICS, 0), f'no metric line says its "{key}": {why}', LINE)
    for call in script.calls:
        said = [n.value for n in ast.walk(call) if isinstance(n, ast.Constant)]
        if METRICS in said and "w" in said:
            yield warning(
                "metrics",
                call.lineno,
                f"{METRICS} is opened with w: a resumed training loses its past",
                'open it with "a"',
            )


def _checkpoints(script: Script, words: dict[str, int], places: Places) -> Iterator[Fault]:
    reads = any(isinstance(n, ast.Attribute) and n.attr == "resume" for n in script.scope_of)
    reads = reads or any(
        isinstance(n, ast.Name) and n.id == "resume" and isinstance(n.ctx, ast.Load) for n in script.scope_of
    )
    below = [word for word in words if word == "checkpoints" or word.startswith(("checkpoints/", "./checkpoints"))]
    if not reads:
        yield warning(
            "checkpoints",
            0,
            "--resume is taken and never looked at",
            "go on from the newest checkpoint when it is given",
        )
    elif not below:
        yield warning(
            "checkpoints",
            0,
            "no checkpoint is written under checkpoints/",
            "save now and then there, and go on from it with --resume",
        )
    for call in script.calls:
        for keyword in call.keywords:
            where = places.texts.of(keyword.value) if keyword.arg == "output_dir" else None
            for path in where or ():
                if path.removeprefix("./").partition("/")[0] not in ("checkpoints", "model"):
                    yield warning(
                        "checkpoints", keyword.value.lineno, f"the trainer saves to {path}", 'output_dir="checkpoints"'
                    )
    if not any(w == "model" or w.startswith(("model/", "./model", "model.")) for w in words):
        yield warning("checkpoints", 0, "no model is saved under model/", "save there what predict loads")


def _quiet(script: Script) -> Iterator[Fault]:
    """Progress bars fill a log with one line a hundred times over."""
    for node, _ in script.imports:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        if any(name.partition(".")[0] in ("tqdm", "alive_progress") for name in names):
            yield warning("metrics", node.lineno, "a progress bar fills the log", "print one plain line now and then")


def _words(script: Script) -> dict[str, int]:
    """Every text in the script but its docstrings, keyword names of dict(...) and of its own functions too, with its first line."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(script.tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found: dict[str, int] = {}
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.setdefault(node.value, node.lineno)
        elif isinstance(node, ast.Call) and (
            getattr(node.func, "id", "") == "dict" or script.own(node.func) is not None
        ):
            for keyword in node.keywords:
                found.setdefault(keyword.arg or "", node.lineno)
    return found
