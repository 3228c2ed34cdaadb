"""What a model did in a run: what it was paid for, stage by stage, and the scripts it wrote. Read from disk, never asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.ledger.journal import of_kind
from lab.recipes.registry import recipes
from lab.recipes.written import Kept, said_of

Json = dict[str, Any]


def mind(workspace: Path, past: Sequence[Json]) -> Json | None:
    """Calls, tokens and dollars, and how each agent ended; None for a run without a model."""
    from lab.model.mind import spent

    paid = spent(workspace)
    agents = of_kind(list(past), "mind")
    if not agents and not paid.asked and not paid.replayed:
        return None
    return {
        "calls": paid.asked, "cached": paid.replayed, "tokens_in": paid.tokens_in, "tokens_out": paid.tokens_out, "usd": paid.usd,
        "agents": [
            {key: record.get(key) for key in ("stage", "part", "role", "model", "ended", "why", "calls", "tools")} for record in agents
        ],
    }  # fmt: skip


def scripts(workspace: Path, past: Sequence[Json]) -> list[Json]:
    """The run's own recipes, oldest first, each with what became of it."""
    failed = {
        str(record["recipe"]): str(record["detail"])
        for record in of_kind(list(past), "rehearsal")
        if record.get("recipe")
    }
    found = []
    for name, spec in recipes(workspace).items():
        if not spec.script.is_relative_to(workspace):
            continue
        kept: Kept = said_of(spec)
        found.append({
            "name": name, "parent": kept.parent or None, "summary": kept.script.summary, "based_on": list(kept.script.based_on),
            "file": spec.script.relative_to(workspace).as_posix(), "lines": len(spec.script.read_text(encoding="utf-8").splitlines()),
            "failed": failed.get(name) or None,
        })  # fmt: skip
    return found
