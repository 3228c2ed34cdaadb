"""Which lines of a PDF are headings: by type, by number, by name, and by the PDF's own bookmarks where it has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lab.papers.read_page import Document, Line

LARGER = 1.08
"""Type of this many times the body's size is a heading's; a caption's or a footnote's is smaller."""
LONGEST = 110
"""Characters of a heading; what is longer is bold text."""
NUMBERED = re.compile(
    r"^(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[A-H](?:\.\d{1,2}){0,3}|[IVX]{1,5})\.?\s+(?P<name>[^\W\d_].*)$"
)
APPENDIX = re.compile(r"^(?P<number>Appendix\s+[A-Z])[.:]?\s*(?P<name>.*)$", re.IGNORECASE)
NAMED = {
    "abstract", "introduction", "related work", "background", "preliminaries", "method", "methods", "methodology", "approach",
    "experiments", "experimental setup", "setup", "results", "evaluation", "analysis", "ablations", "ablation study",
    "discussion", "limitations", "conclusion", "conclusions", "acknowledgments", "acknowledgements", "references",
    "bibliography", "appendix", "broader impact", "ethics statement", "reproducibility statement",
}  # fmt: skip


@dataclass(frozen=True)
class Heading:
    number: str
    name: str
    level: int


@dataclass(frozen=True)
class Type:
    """The body's type, and the bookmarks."""

    size: float
    bookmarks: dict[tuple[int, str], int]


def body_type(document: Document) -> Type:
    """The size most letters are set in."""
    sizes: Counter[float] = Counter()
    for page in document.pages:
        for line in page.lines:
            if line.upright:
                sizes[round(line.size * 2) / 2] += len(line.text)
    marks = {(page, _bare(title)): level for level, title, page in document.outline}
    return Type(sizes.most_common(1)[0][0] if sizes else 10.0, marks)


def heading(line: Line, page: int, body: Type) -> Heading | None:
    """What a line heads, or None for a line of text."""
    text = " ".join(line.text.split())
    if not text or len(text) > LONGEST or text.endswith((",", ";")):
        return None
    large = line.size > LARGER * body.size
    numbered = NUMBERED.match(text) or APPENDIX.match(text)
    level = body.bookmarks.get((page, _bare(text)))
    if level is not None and (large or line.bold or numbered or text.isupper()):
        number = numbered.group("number") if numbered else ""
        return Heading(number, numbered.group("name") if numbered else text, level)
    if numbered and page == 1 and numbered.group("number").isalpha() and not _capitals(numbered.group("name")):
        return None  # "A. Writer" is a person; appendices come later
    if numbered and (large or line.bold or _capitals(numbered.group("name"))) and not text.endswith("."):
        return Heading(numbered.group("number"), numbered.group("name").strip(), _depth(numbered.group("number")))
    if text.casefold().strip(" .:—") in NAMED and (large or line.bold or text.isupper()):
        return Heading("", text.strip(" .:—"), 1)
    if large and line.bold and text[:1].isupper() and not text.endswith("."):
        return Heading("", text, 2)
    return None


def _depth(number: str) -> int:
    return 1 + number.count(".")


def _capitals(name: str) -> bool:
    """Set in capitals, as IEEE's headings are, which are neither large nor bold."""
    letters = [c for c in name if c.isalpha()]
    return len(letters) > 4 and all(c.isupper() for c in letters)


def _bare(text: str) -> str:
    """A title without its number, for comparing with a bookmark."""
    named = NUMBERED.match(text) or APPENDIX.match(text)
    name = named.group("name") if named and named.group("name") else text
    return re.sub(r"\W+", " ", name).strip().casefold()


def title_of(document: Document) -> tuple[str, list[Line]]:
    """The largest type in the upper half of the first page, and its lines."""
    first = document.pages[0]
    upper = [
        ln for ln in first.lines if ln.upright and ln.box.y0 < first.height / 2 and any(c.isalpha() for c in ln.text)
    ]
    if not upper:
        return document.title, []
    largest = max(line.size for line in upper if len(line.text) > 3) if any(len(ln.text) > 3 for ln in upper) else 0
    lines: Sequence[Line] = [line for line in upper if line.size > 0.95 * largest]
    text = " ".join(" ".join(line.text for line in sorted(lines, key=lambda ln: (ln.box.y1, ln.box.x0))).split())
    return text or document.title, list(lines)
