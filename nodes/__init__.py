"""The stages: one file each, a plain function from the notebook and a desk to an update."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

GATES = ("approve_benchmark", "approve_data", "approve_launch", "approve_publication")


def _lazily(stage: str) -> Callable[..., Any]:
    """The stage's function, imported when it first runs: drawing the map must not import the laboratory."""

    def work(state: Any, desk: Any) -> Any:
        module = import_module("nodes.gates" if stage in GATES else f"nodes.{stage}")
        return getattr(module, stage)(state, desk)

    return work


NAMES = (
    "intake", "approve_benchmark", "literature", "curation", "approve_data", "audit", "planning", "implementation", "rehearsal",
    "approve_launch", "launch", "monitoring", "diagnosis", "ablation", "evaluation", "verdict", "examination", "reproduction", "report",
    "approve_publication", "publication",
)  # fmt: skip
STAGES: dict[str, Callable[..., Any]] = {name: _lazily(name) for name in NAMES}
