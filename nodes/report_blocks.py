"""What a report is made of, and how it is written as Markdown and as HTML. All text is data and is escaped."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Literal

Tone = Literal["good", "plain", "warn", "bad"]


class Code(str):
    """Set in a fixed font."""


BREAK = "\n"
"""A new line within a cell, as a part of its own."""


class Strong(str):
    """Stressed."""


class Soft(str):
    """Said in passing."""


@dataclass(frozen=True)
class Badge:
    """A word that carries a result; the tone colours it, the word says it."""

    text: str
    tone: Tone = "plain"


Inline = str | Badge
Text = Inline | tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class Para:
    text: Text
    note: bool = False
    """A remark in small type."""


@dataclass(frozen=True)
class Listing:
    items: Sequence[Text]


@dataclass(frozen=True)
class Table:
    head: Sequence[str]
    rows: Sequence[Sequence[Text]]
    numeric: Sequence[int] = ()
    """Columns set flush right."""


@dataclass(frozen=True)
class Pre:
    text: str


@dataclass(frozen=True)
class Figure:
    file: str
    """Relative to the run's folder."""
    alt: str
    caption: str


@dataclass(frozen=True)
class Key:
    """The one number, large, with what belongs to it."""

    value: str
    label: str
    facts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Banner:
    headline: str
    reason: str
    tone: Tone


Block = Heading | Para | Listing | Table | Pre | Figure | Key | Banner


@dataclass(frozen=True)
class Document:
    title: str
    kicker: str
    blocks: Sequence[Block] = field(default_factory=tuple)


HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control characters, half characters, marks that turn the direction of writing, line ends that are none of ours."""


def shown(text: str) -> str:
    """What a reader sees of it, and nothing that works behind his back: whatever a task, a log or a paper has put there."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " if unicodedata.category(letter) in HIDDEN else letter for letter in text)


# --- Markdown ---------------------------------------------------------------------------------------------------
_SPECIAL = re.compile(r"([\\`*_{}\[\]#|~$])")


def md_text(text: Text) -> str:
    if isinstance(text, tuple):
        return "".join(md_text(part) for part in text)
    if isinstance(text, Badge):
        return f"**{md_plain(text.text)}**"
    if text == BREAK:
        return "<br>"
    if isinstance(text, Code):
        return _md_code(text)
    if isinstance(text, Strong):
        return f"**{md_plain(text)}**" if text.strip() else ""
    return md_plain(text)


def md_plain(text: str) -> str:
    """One line that Markdown and its embedded HTML take for text only."""
    flat = (
        shown(" ".join(text.split()) if "\n" in text else text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )
    flat = _SPECIAL.sub(r"\\\1", flat)
    return re.sub(r"^(\s*)([-+]|\d+[.)])(\s)", r"\1\\\2\3", flat)


def _md_code(text: str) -> str:
    flat = " ".join(shown(text).split()).replace("|", "¦")
    ticks = "`" * (max((len(run) for run in re.findall("`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}" if flat else ""


def _lines(text: str) -> str:
    return "\n".join(map(shown, text.split("\n")))


def _md_table(table: Table) -> str:
    marks = ["---:" if i in table.numeric else "---" for i in range(len(table.head))]
    rows = [[md_text(cell) for cell in row] for row in table.rows]
    lines = [[md_plain(h) for h in table.head], marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _md_block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {md_plain(text)}"
        case Para(text, _):
            return md_text(text)
        case Listing(items):
            return "\n".join(f"- {md_text(item)}" for item in items)
        case Table():
            return _md_table(block)
        case Pre(text):
            fence = "`" * max(3, max((len(run) + 1 for run in re.findall("`+", text)), default=3))
            return f"{fence}text\n{_lines(text)}\n{fence}"
        case Figure(file, alt, caption):
            return f"![{md_plain(alt)}]({file})\n\n*{md_plain(caption)}*"
        case Key(value, label, facts):
            rows = "\n".join(f"- {md_plain(k)}: {md_plain(v)}" for k, v in facts)
            return f"**{md_plain(value)}** {md_plain(label)}\n\n{rows}".rstrip()
        case Banner(headline, reason, _):
            return f"**{md_plain(headline)}** {md_plain(reason)}".rstrip()


def markdown(document: Document) -> str:
    head = [f"# {md_plain(document.title)}", md_plain(document.kicker)]
    return "\n\n".join([*head, *(_md_block(b) for b in document.blocks)]) + "\n"


# --- HTML -------------------------------------------------------------------------------------------------------
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Said in the page itself: no script, nothing fetched, whatever a task or a log line contains."""


def safe(text: str) -> str:
    return "\n".join(escape(shown(line)) for line in text.split("\n"))


def html_text(text: Text) -> str:
    if isinstance(text, tuple):
        return "".join(html_text(part) for part in text)
    if isinstance(text, Badge):
        return f'<span class="badge {text.tone}">{safe(text.text)}</span>'
    if text == BREAK:
        return "<br>"
    tag = {Code: "code", Strong: "strong", Soft: "small"}.get(type(text))
    return f"<{tag}>{safe(text)}</{tag}>" if tag else safe(text)


def _html_table(table: Table) -> str:
    def row(cells: Sequence[Text], tag: str) -> str:
        sides = [' class="number"' if i in table.numeric else "" for i in range(len(cells))]
        return (
            "<tr>" + "".join(f"<{tag}{s}>{html_text(c)}</{tag}>" for c, s in zip(cells, sides, strict=True)) + "</tr>"
        )

    head = f"<thead>{row(table.head, 'th')}</thead>" if any(table.head) else ""
    body = "\n".join(row(r, "td") for r in table.rows)
    kind = "" if head else ' class="pairs"'
    return f'<div class="table"><table{kind}>{head}<tbody>\n{body}\n</tbody></table></div>'


def _html_block(block: Block, folder: Path) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{safe(text)}</h{level}>"
        case Para(text, note):
            return f"<p{' class=note' if note else ''}>{html_text(text)}</p>"
        case Listing(items):
            return "<ul>\n" + "\n".join(f"<li>{html_text(item)}</li>" for item in items) + "\n</ul>"
        case Table():
            return _html_table(block)
        case Pre(text):
            return f"<pre>{safe(text)}</pre>"
        case Figure(file, alt, caption):
            data = base64.b64encode((folder / file).read_bytes()).decode()
            image = f'<img src="data:image/svg+xml;base64,{data}" alt="{safe(alt)}">'
            return f"<figure>{image}<figcaption>{safe(caption)}</figcaption></figure>"
        case Key(value, label, facts):
            rows = "".join(f"<div><dt>{safe(k)}</dt><dd>{safe(v)}</dd></div>" for k, v in facts)
            return f'<div class="key"><p><b>{safe(value)}</b> <span>{safe(label)}</span></p><dl>{rows}</dl></div>'
        case Banner(headline, reason, tone):
            return f'<div class="banner {tone}"><strong>{safe(headline)}</strong> {safe(reason)}</div>'


def html(document: Document, folder: Path) -> str:
    """One file that needs nothing else."""
    style = Path(__file__).with_name("report_style.css").read_text(encoding="utf-8")
    body = "\n".join(_html_block(block, folder) for block in document.blocks)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{safe(document.title)}</title>
<style>
{style}</style>
</head>
<body>
<main>
<header><p class="kicker">{safe(document.kicker)}</p>
<h1>{safe(document.title)}</h1></header>
{body}
</main>
</body>
</html>
"""
