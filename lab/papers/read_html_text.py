"""The words of a piece of LaTeXML's HTML, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab.papers.read_latex import readable

BLOCKS = {
    "p",
    "div",
    "section",
    "li",
    "blockquote",
    "dd",
    "dt",
    "tr",
    "br",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}


UNSEEN = {"ltx_note_mark", "ltx_tag_note", "ltx_role_footnotemark", "ltx_ERROR", "ltx_phantom"}
"""A phantom is a digit or a sign that keeps a place in a column and is not shown: read, it would be part of the number."""


def classes(node: Any) -> set[str]:
    return set((node.get("class") or "").split())


def having(node: Any, name: str) -> list[Any]:
    found: list[Any] = node.xpath(f".//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]")
    return found


def inline(node: Any) -> str:
    """The text of a node in one line: mathematics as readable LaTeX, footnotes in brackets, no tags of tags."""
    return " ".join("".join(strings(node)).split())


def strings(node: Any) -> Iterator[str]:
    if not isinstance(node.tag, str):
        return
    kinds = classes(node)
    if node.tag == "math":
        yield math(node)
        return
    if node.tag in ("script", "style", "annotation", "svg") or kinds & UNSEEN:
        return
    if "ltx_note_outer" in kinds:
        yield " ["
    if node.tag == "sup" and (node.text or "").strip() and not len(node):
        yield f"^{{{(node.text or '').strip()}}}"
        return
    if node.tag in BLOCKS:
        yield " "
    yield node.text or ""
    for child in node:
        yield from strings(child)
        yield child.tail or ""
    if "ltx_note_outer" in kinds:
        yield "]"
    if node.tag in BLOCKS or node.tag in ("td", "th") or "ltx_td" in kinds:  # within a line a cell is a span
        yield " "


def math(node: Any) -> str:
    """The author's LaTeX, from the annotation or the alternative text, with plain numbers left plain."""
    notes = [n.text or "" for n in node.iter() if n.tag == "annotation" and "tex" in (n.get("encoding") or "")]
    return readable(notes[0] if notes else node.get("alttext") or "".join(node.itertext()))
