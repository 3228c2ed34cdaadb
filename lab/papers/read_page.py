"""A page of a PDF as plain shapes: words, lines, drawn paths. What knows of any PDF library is in pdf.py alone."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Box:
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> Point:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def holds(self, point: Point, slack: float = 0.0) -> bool:
        return self.x0 - slack <= point[0] <= self.x1 + slack and self.y0 - slack <= point[1] <= self.y1 + slack


@dataclass(frozen=True)
class Word:
    text: str
    """A raised part of smaller type is set off: 10^−5."""
    box: Box
    size: float


@dataclass(frozen=True)
class Line:
    """Words on one baseline, as far as no wide gap parts them."""

    text: str
    box: Box
    size: float
    bold: bool
    mathematical: bool
    """Holds type of a mathematical font."""
    words: tuple[Word, ...]
    upright: bool = True


@dataclass(frozen=True)
class Drawn:
    """A drawn path: its corners in order, and how it is painted."""

    box: Box
    points: tuple[Point, ...]
    fill: Colour | None
    stroke: Colour | None
    width: float
    dashes: str
    curved: bool
    rectangle: bool


@dataclass(frozen=True)
class Ruled:
    """A table with lines round its cells."""

    box: Box
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    drawn: tuple[Drawn, ...]
    ruled: tuple[Ruled, ...]
    pictures: tuple[Box, ...]
    """Raster pictures."""


@dataclass(frozen=True)
class Document:
    title: str
    outline: tuple[tuple[int, str, int], ...]
    """Level, title and page of each bookmark, where the PDF has them."""
    pages: tuple[Page, ...]
