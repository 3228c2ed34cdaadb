"""What a run's minds cost, stage by stage: calls, tokens, dollars, and our own time: `python bench/minds.py [RUN FOLDER]`.

Without a folder a stage of one agent is run first, in the real wrapper, against a scripted model on the loopback: some
turns with a tool each, then an answer. Our own time is what is left of an agent's when waiting for the model (with the
paid chat's bookkeeping round it) and its tools are taken away.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from lab.ledger.journal import Record, history, of_kind

HEAD = (
    "stage",
    "agents",
    "calls",
    "replayed",
    "tools",
    "tokens in",
    "out",
    "$",
    "model s",
    "tools s",
    "own s",
    "own ms a call",
)
TARGET_MS = 20.0
TURNS = 30


def rows(records: list[Record]) -> list[tuple[str, ...]]:
    """One line a stage, and one for all."""
    by_stage: dict[str, list[Record]] = defaultdict(list)
    for record in of_kind(records, "mind"):
        by_stage[record["stage"]].append(record)
        by_stage["all"].append(record)
    everything = by_stage.pop("all", [])
    return [_row(stage, minds) for stage, minds in by_stage.items()] + [_row("all", everything)]


def _row(stage: str, minds: list[Record]) -> tuple[str, ...]:
    usage = [mind["usage"] for mind in minds]
    seconds = {name: sum(mind["seconds"][name] for mind in minds) for name in ("all", "model", "tools")}
    calls, own = sum(mind["calls"] for mind in minds), max(0.0, seconds["all"] - seconds["model"] - seconds["tools"])
    known = [used["usd"] for used in usage]
    usd = "unknown" if None in known else f"{sum(known):.4f}"
    return (
        stage, str(len(minds)), str(calls), str(sum(used["replayed"] for used in usage)),
        str(sum(sum(mind["tools"].values()) for mind in minds)), str(sum(used["tokens_in"] for used in usage)),
        str(sum(used["tokens_out"] for used in usage)), usd, f"{seconds['model']:.2f}", f"{seconds['tools']:.2f}", f"{own:.2f}",
        f"{1000 * own / max(1, calls):.1f}",
    )  # fmt: skip


def table(records: list[Record]) -> str:
    lines = [HEAD, *rows(records)]
    wide = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, wide, strict=True)) for line in lines)


def scripted(home: Path, turns: int) -> Path:
    """A stage whose agent looks so often before it answers; twice, so that importing is not measured."""
    from tests.nodes.test_thinking import GOOD, once
    from tests.nodes.thinking_stage import Stage
    from tests.scripted.server import Scripted, calls

    for name in ("warm", "measured"):
        with Scripted([*(calls("search", {"query": str(n)}) for n in range(turns)), GOOD]) as model:
            Stage(home / name, model, once()).invoke()
    return home / "measured" / "runs" / "r"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("run", nargs="?", type=Path, help="a run's folder")
    asked.add_argument("--turns", type=int, default=TURNS)
    given: Any = asked.parse_args()
    os.environ.pop("OPENAI_API_KEY", None)
    with tempfile.TemporaryDirectory() as place:
        run = given.run or scripted(Path(place), given.turns)
        print(table(history(run / "journal.jsonl")))


if __name__ == "__main__":
    main()
