"""What a model has been shown of the rows before they are split: read from the results of its tools, and kept out of what is held out."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from lab.data.seal import read_split
from lab.data.shown import HELD_OUT, kept_in_train, rows_shown
from lab.data.split import split
from lab.data.table import Table
from lab.ledger.files import read_lines
from nodes.desk import Desk
from nodes.folders import TOOLS_FILE
from state.products import DatasetCard
from state.words import Split

SHOWN = "shown to the model"
"""Stands in every note of this kind, and in no other."""


def told(workspace: Path) -> list[str]:
    """Every result that a tool gave a model in this run, whatever stage asked."""
    return [str(line["result"]) for line in read_lines(workspace / TOOLS_FILE)]


def seen(desk: Desk, table: Table) -> set[str]:
    """Rows of the table that a model has been shown; none in a run without one."""
    return rows_shown(table, told(desk.workspace))


def split_unseen(table: Table, seed: int, shown: Set[str]) -> dict[Split, list[str]]:
    """The split, with shown rows in train as far as they can be exchanged."""
    return kept_in_train(split(table, seed), table, shown)


def noted(desk: Desk, card: DatasetCard, shown: Set[str]) -> DatasetCard:
    """The card with a line on the rows that were shown; those that had to stay held out are a fallback, and said."""
    others = [line for line in card.repairs if SHOWN not in line]
    if not shown:
        return card
    left = [row["id"] for part in HELD_OUT for row in read_split(desk.workspace, card, part) if row["id"] in shown]
    if not left:
        note = f"{_rows(len(shown))} {SHOWN} before the split; all of them train"
    else:
        why = (
            "a split by time takes the rows it takes" if card.ordered
            else "no rows of the same class that nobody saw were left in train to take their places"
        )  # fmt: skip
        note = f"{len(left)} held-out rows had been {SHOWN}: {why}; {len(shown) - len(left)} rows it saw train"
        desk.fallback("held-out rows that nobody has seen", note)
        desk.say(note)
    desk.journal.write("note", text=note)
    return card.model_copy(update={"repairs": [*others, note]})


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count} rows were"
