"""Tables of LaTeXML's HTML, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.papers.paper import Table
from lab.papers.read_html_text import classes, having, inline

MOST_HEADS = 3
"""Rows that a first row without marks may head with: a label beside a heading and its parts reaches down two or three."""


def inside(table: Any, top: Any) -> bool:
    """Is it a table within a table's cell? Its words are the cell's."""
    for up in table.iterancestors():
        if up is top:
            return False
        if "ltx_tabular" in classes(up):
            return True
    return False


def table_of(node: Any, caption: str, section: str) -> Table:
    """Cells of several columns or rows are repeated over each, so that a row always has as many cells as the header."""
    rows: list[list[str]] = []
    heads = 0
    hanging: dict[int, Hanging] = {}
    group, deepest = None, 1
    for row in having(node, "ltx_tr") or list(node.iter("tr")):
        if any("ltx_tabular" in classes(up) for up in row.iterancestors() if up is not node and _below(up, node)):
            continue
        own = [
            c for c in row if isinstance(c.tag, str) and (classes(c) & {"ltx_td", "ltx_th"} or c.tag in ("td", "th"))
        ]
        if row.getparent() is not group:  # no cell reaches from the head into the body
            group, hanging = row.getparent(), {}
        cells, hanging = _laid(own, hanging)
        if any(inline(cell) for cell in own):
            rows.append(cells)
            heads += int(heads == len(rows) - 1 and _is_head(row, own))
            deepest = deepest if len(rows) > 1 else max(_spans(cell, "rowspan") for cell in own)
    width = max((len(r) for r in rows), default=0)
    if not heads and 1 < deepest <= MOST_HEADS and deepest < len(rows):
        heads = deepest
    full = [tuple(r + [""] * (width - len(r))) for r in rows]
    header = _joined(full[:heads]) if heads else (full[0] if full else ())
    return Table(caption, header, tuple(full[max(1, heads) :]), section)


Hanging = tuple[str, int]
"""What a cell of several rows says, and how many rows it still reaches down."""


def _laid(own: list[Any], above: Mapping[int, Hanging]) -> tuple[list[str], dict[int, Hanging]]:
    """One row's cells column by column, and what hangs from it: LaTeXML leaves out the cells that one above covers."""
    cells: list[str] = []
    below = {at: (text, left - 1) for at, (text, left) in above.items() if left > 1}
    for cell in own:
        while len(cells) in above:
            cells.append(above[len(cells)][0])
        text, deep = inline(cell), _spans(cell, "rowspan")
        for _ in range(_spans(cell, "colspan")):
            if deep > 1:
                below[len(cells)] = (text, deep - 1)
            cells.append(text)
    for at in sorted(at for at in above if at >= len(cells)):
        cells += [*[""] * (at - len(cells)), above[at][0]]
    return cells, below


def _below(node: Any, top: Any) -> bool:
    return any(up is top for up in node.iterancestors())


def _spans(cell: Any, which: str) -> int:
    """An attribute of a table's cell; of a span's, which may have none, a class (`ltx_colspan_2`)."""
    marked = f"ltx_{which}_"
    said = cell.get(which) or next((c.removeprefix(marked) for c in classes(cell) if c.startswith(marked)), "")
    return min(int(said), 50) if said.isdigit() and int(said) > 0 else 1


def _is_head(row: Any, cells: list[Any]) -> bool:
    if any(up.tag == "thead" or "ltx_thead" in classes(up) for up in row.iterancestors()):
        return True
    return bool(cells) and all("ltx_th_column" in classes(c) for c in cells)


def _joined(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Several header rows as one: `MATH / greedy`."""
    return tuple(" / ".join(dict.fromkeys(cell for cell in column if cell)) for column in zip(*rows, strict=True))
