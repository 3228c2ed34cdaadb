"""Data sets that need no network: sums of two numbers, four classics bundled with scikit-learn, and tickets."""

from __future__ import annotations

import random
from collections.abc import Callable

from lab.data.table import Input, Row, Table, make_rows
from lab.data.tickets import write_tickets
from state.errors import UserError

ADDITION_ROWS = 5_000
ADDITION_HELD_OUT = (400, 600)


def load_builtin(name: str, seed: int) -> Table:
    """The built-in table of that name. The seed chooses which sums are asked; the others are always the same."""
    if name not in BUILTIN:
        raise UserError(f"there is no built-in data set {name!r}; there are {', '.join(sorted(BUILTIN))}")
    return BUILTIN[name](seed)


def _addition(seed: int) -> Table:
    """Sums of two 2-digit numbers; a sum and its mirror image stay in one split."""
    pairs = [(low, high) for low in range(10, 100) for high in range(low, 100)]
    random.Random(f"addition:{seed}").shuffle(pairs)
    asked: list[tuple[Input, str, str | None]] = []
    for low, high in pairs:
        orders = dict.fromkeys([(low, high), (high, low)])
        if len(asked) + len(orders) <= ADDITION_ROWS:
            asked.extend((f"{a}+{b}=", str(a + b), f"{low}+{high}") for a, b in orders)
    rows = sorted(make_rows(asked), key=lambda row: row["id"])
    return Table(
        "addition", "generation", rows, "built in: generated", group_key="unordered pair", sizes=ADDITION_HELD_OUT
    )


def _tickets(_: int) -> Table:
    """Short made-up messages to a support desk, in five classes."""
    rows = make_rows((text, label, None) for text, label in write_tickets())
    return Table("tickets", "text", rows, "built in: generated")


def _bundled(name: str) -> Callable[[int], Table]:
    """One of scikit-learn's bundled tables, classes by name."""

    def load(_: int) -> Table:
        from sklearn import datasets

        data = getattr(datasets, f"load_{name}")()
        features = [str(feature) for feature in data.feature_names]
        classes = [str(label) for label in data.target_names]
        rows: list[Row] = make_rows(
            (dict(zip(features, map(float, values), strict=True)), classes[target], None)
            for values, target in zip(data.data, data.target, strict=True)
        )
        return Table(name, "tabular", rows, f"built in: scikit-learn's load_{name}")

    return load


BUILTIN: dict[str, Callable[[int], Table]] = {
    "addition": _addition,
    "breast_cancer": _bundled("breast_cancer"),
    "digits": _bundled("digits"),
    "iris": _bundled("iris"),
    "tickets": _tickets,
    "wine": _bundled("wine"),
}
