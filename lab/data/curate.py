"""Repairs of the training part: rows are dropped by id and counted, into a new file; held-out rows never move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.data.jsonl import encode, sha256, write_whole
from lab.data.seal import read_split
from lab.data.split import LEAST
from state.errors import UserError
from state.products import DatasetCard, SplitInfo


@dataclass(frozen=True)
class Repair:
    """Training rows to drop, and the kind of finding that asks for it; the audit names the rows."""

    kind: str
    ids: tuple[str, ...]
    why: str = ""


def apply_repairs(workspace: Path, card: DatasetCard, repairs: Iterable[Repair]) -> DatasetCard:
    """The card of the repaired training part; the file it replaces stays, for runs that go back to it.

    A row that two repairs name is dropped, and counted, once. The same repairs again change nothing.
    """
    rows = read_split(workspace, card, "train")
    left = {str(row["id"]) for row in rows}
    dropped: Counter[str] = Counter()
    said: list[str] = []
    for repair in repairs:
        gone = left & set(repair.ids)
        left -= gone
        if gone:
            dropped[repair.kind] += len(gone)
            said.append(
                f"{repair.kind}: dropped {len(gone)} training rows" + (f" ({repair.why})" if repair.why else "")
            )
    if not said:
        return card
    if len(left) < LEAST["train"]:
        raise UserError(f"after the repairs {len(left)} training rows are left; {LEAST['train']} or more are needed")
    raw = encode(row for row in rows if row["id"] in left)
    folder = Path(card.splits["train"].file).parent
    file = folder / f"train-{sha256(raw)[:12]}.jsonl"
    if not (workspace / file).exists():
        write_whole(workspace / file, raw)
    info = SplitInfo(rows=len(left), sha256=sha256(raw), file=str(file))
    total = Counter(card.dropped) + dropped
    return card.model_copy(
        update={
            "splits": {**card.splits, "train": info},
            "dropped": dict(total),
            "repairs": [*card.repairs, *said],
        }
    )
