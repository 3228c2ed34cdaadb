"""A web page as a reader sees it: headings, paragraphs, lists, code and tables as Markdown; no menus, no scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LEFT_OUT = {
    "script", "style", "noscript", "template", "nav", "footer", "aside", "form", "svg", "iframe", "button", "input",
    "select", "head", "object", "canvas", "video", "audio",
}  # fmt: skip
HEADINGS = {"h1": "#", "h2": "##", "h3": "###", "h4": "####", "h5": "#####", "h6": "######"}
BLOCKS = {
    "p", "div", "section", "article", "main", "blockquote", "figure", "figcaption", "dl", "dt", "dd", "header", "body",
    "details", "summary",
}  # fmt: skip
INVISIBLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
MAIN = ("//main", '//*[@role="main"]', "//article", "//body")
ENOUGH = 200
"""Characters that make a `main` worth believing: some pages leave theirs empty."""
DEEPEST = 200
"""Elements within elements; deeper ones are no text anybody wrote."""


@dataclass(frozen=True)
class Readable:
    title: str
    text: str


def readable(html: bytes, charset: str = "") -> Readable:
    """What a page says; `charset` as its header named it. An unreadable page gives an empty text, which the caller reports."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    text = decoded(html, charset)
    if not text.strip():
        return Readable("", "")
    try:
        page = document_fromstring(text.encode(), parser=HTMLParser(encoding="utf-8", huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError):
        return Readable("", "")
    title = " ".join(" ".join(page.xpath("//title//text()")).split())
    return Readable(title, _main(page))


def decoded(raw: bytes, charset: str = "") -> str:
    """Text in the character set that the header or the page itself names; what does not fit shows as the replacement mark."""
    named = re.search(rb"charset=[\"']?([\w.:-]+)", raw[:4_000], re.IGNORECASE)
    for name in (charset, named[1].decode("ascii", "replace") if named else ""):
        try:
            return raw.decode(name, "replace") if name else raw.decode()
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("utf-8", "replace")


def charset_of(kind: str) -> str:
    """The character set in a content type."""
    named = re.search(r"charset=[\"']?([\w.:-]+)", kind, re.IGNORECASE)
    return named[1] if named else ""


def _main(page: HtmlElement) -> str:
    """The part that is the page's own: the first that holds more than a few words."""
    text = ""
    for where in MAIN:
        for part in page.xpath(where)[:1]:
            text = _tidy("".join(_walk(part, 0)))
            if len(text) >= ENOUGH:
                return text
    return text


def _tidy(text: str) -> str:
    """No more than one empty line in a row, and none of the spaces that mark-up leaves at the ends."""
    lines = [line.rstrip() for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _walk(at: HtmlElement, depth: int) -> Iterator[str]:
    tag = at.tag if isinstance(at.tag, str) else ""
    if not tag or tag in LEFT_OUT or depth > DEEPEST or _hidden(at):
        return
    if tag in HEADINGS:
        yield f"\n\n{HEADINGS[tag]} {_line(at)}\n\n"
    elif tag == "pre":
        yield f"\n\n```\n{''.join(at.itertext()).strip(chr(10))}\n```\n\n"
    elif tag == "table":
        yield f"\n\n{_table(at)}\n\n"
    elif tag == "br":
        yield "\n"
    elif tag == "li":
        yield f"\n- {_tidy(''.join(_inside(at, depth))).replace(chr(10), chr(10) + '  ')}"
    elif tag == "code":
        yield f"`{_line(at)}`" if _line(at) else ""
    elif tag in BLOCKS:
        yield "\n\n"
        yield from _inside(at, depth)
        yield "\n\n"
    else:
        yield from _inside(at, depth)


def _inside(at: HtmlElement, depth: int) -> Iterator[str]:
    yield _spaced(at.text)
    for child in at:
        yield from _walk(child, depth + 1)
        yield _spaced(child.tail)


def _hidden(at: HtmlElement) -> bool:
    """What no reader sees is no part of what the page says."""
    return "hidden" in at.attrib or at.get("aria-hidden") == "true" or bool(INVISIBLE.search(at.get("style", "")))


def _spaced(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _line(at: HtmlElement) -> str:
    """An element's words on one line; the paragraph sign that Sphinx hangs on headings is no word."""
    return " ".join("".join(at.itertext()).split()).removesuffix("¶").removesuffix("#").strip()


def _table(at: HtmlElement) -> str:
    rows = [[_line(cell).replace("|", "¦") for cell in row.xpath("./th|./td")] for row in at.xpath(".//tr")]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(len(row) for row in rows)
    lines = ["| " + " | ".join([*row, *[""] * (width - len(row))]) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
