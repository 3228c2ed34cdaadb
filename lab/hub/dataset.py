"""A data set looked at: what it is made of, how many rows it really has, what is in its columns, whom it fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.hub.client import Hub
from lab.hub.columns import Column, Repeats, columns_of, from_viewer, repeats
from lab.hub.formats import Format, formats
from lab.hub.layout import Layout, Part, lay_out, lay_out_converted
from lab.hub.repo import File, Repo, look_up
from lab.hub.rows import Count, Shelf, count, page, schema
from lab.hub.trouble import trouble
from lab.hub.viewer import Viewer
from lab.net.web import SourceTrouble
from state.errors import UserError

SAMPLE = 500
"""Rows read for types, formats, repeats and, without the datasets-server, statistics."""
COUNTED_SPLITS = 12
"""Splits of other configurations are named, not counted."""
CONVERTED = "refs/convert/parquet"

Row = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What a look at one split of one configuration found; everything about the commit `repo.sha`."""

    repo: Repo
    configs: tuple[str, ...]
    config: str
    split: str
    counts: Mapping[str, Count]
    """Rows of each split of this configuration."""
    columns: tuple[Column, ...]
    over: str
    """Over how many rows the columns were looked at, and by whom."""
    fits: tuple[Format, ...]
    repeats: Repeats
    sample: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Shelves:
    """Where the rows of a set can be read: its own files, or the Hub's conversion of them."""

    repo: Repo
    own: Layout
    hub: Hub
    viewer: Viewer
    notes: list[str] = field(default_factory=list)
    _converted: tuple[Layout, str] | None = None

    def part(self, config: str, split: str) -> Part | None:
        parts = self.own.parts or self.converted()[0].parts
        named = [p for p in parts if (not config or p.config == config)]
        chosen = [p for p in named if p.split == split] if split else sorted(named, key=lambda p: p.split != "train")
        return chosen[0] if chosen else None

    def configs(self) -> tuple[str, ...]:
        return self.own.configs or self.converted()[0].configs

    def splits(self, config: str) -> list[Part]:
        return list((self.own if self.own.parts else self.converted()[0]).of(config))

    def converted(self) -> tuple[Layout, str]:
        """The layout of the branch that the Hub itself writes, and its commit."""
        if self._converted is None:
            try:
                found = look_up(self.hub, "dataset", self.repo.id, CONVERTED)
                self._converted = lay_out_converted(found.files), found.sha
            except SourceTrouble as none:
                if none.kind != "missing":
                    raise
                self._converted = Layout(()), ""
        return self._converted

    def readable(self, part: Part) -> tuple[Shelf, Part]:
        """The part as files that can be read: its own if they are parquet or text, else those of the conversion."""
        if self.own.parts and part.format in ("parquet", "jsonl", "json", "csv") and part.files:
            return Shelf(self.hub, self.repo.id, self.repo.sha), part
        layout, sha = self.converted()
        found = next((p for p in layout.parts if (p.config, p.split) == (part.config, part.split)), None)
        if found is None:
            raise trouble(
                "unreadable",
                f"{self.repo.id}: no file of {part.config}/{part.split} can be looked into; read its card and list its files",
            )
        self.notes.append("read from the Hub's own conversion to parquet")
        return Shelf(self.hub, self.repo.id, sha), found


def shelves(hub: Hub, id: str, revision: str = "") -> Shelves:
    repo = look_up(hub, "dataset", id, revision)
    if repo.access == "disabled":
        raise trouble("refused", f"{id} was disabled by the Hub: nobody can read it; name other data")
    return Shelves(repo, lay_out(repo.files, repo.card), hub, Viewer(hub.web))


def look(hub: Hub, id: str, config: str = "", split: str = "", revision: str = "") -> Look:
    """Look at one configuration and split; unnamed, the first configuration and its training split."""
    have = shelves(hub, id, revision)
    part = choose(have, config, split)
    counts = {each.split: _count(have, each) for each in have.splits(part.config)[:COUNTED_SPLITS]}
    shelf, found = have.readable(part)
    types = schema(shelf, found) or {}
    sample = page(shelf, found, 0, SAMPLE)
    columns, over = _columns(have, part, sample, types, counts.get(part.split))
    names = list(types) or list(dict.fromkeys(name for row in sample for name in row))
    return Look(
        repo=have.repo, configs=have.configs(), config=part.config, split=part.split, counts=counts, columns=tuple(columns), over=over,
        fits=tuple(formats(names, sample)), repeats=repeats(sample), sample=tuple(sample[:3]),
        notes=tuple(dict.fromkeys((*have.own.notes, *have.notes))),
    )  # fmt: skip


def choose(have: Shelves, config: str, split: str) -> Part:
    part = have.part(config, split)
    if part is not None:
        return part
    known = have.configs()
    if not known:
        files = ", ".join(file.path for file in have.repo.files[:6])
        raise trouble(
            "unreadable",
            f"{have.repo.id} has no table that can be looked into (files: {files or 'none'}); read its card",
        )
    if config and config not in known:
        raise UserError(f"{have.repo.id} has no configuration {config!r}; it has {', '.join(known[:20])}")
    splits = [each.split for each in have.splits(config or known[0])]
    raise UserError(f"{have.repo.id} has no split {split!r}; it has {', '.join(splits[:20])}")


def rows(
    hub: Hub, id: str, config: str, split: str, start: int, length: int, revision: str = ""
) -> tuple[list[Row], Part, Repo]:
    """A page of rows, and where they are from."""
    have = shelves(hub, id, revision)
    part = choose(have, config, split)
    try:
        shelf, found = have.readable(part)
        return page(shelf, found, start, length), part, have.repo
    except SourceTrouble as wrong:
        ask_viewer = wrong.kind == "unreadable" and not revision
        seen = have.viewer.rows(have.repo.id, part.config, part.split, start, length) if ask_viewer else None
        if seen is None:
            raise
        return seen, part, have.repo


def _count(have: Shelves, part: Part) -> Count:
    """By the files of this commit where they tell, else by the datasets-server."""
    try:
        shelf, found = have.readable(part)
        counted = count(shelf, found)
    except SourceTrouble as wrong:
        if wrong.kind == "gated":
            raise
        counted = Count(None, str(wrong))
    if counted.rows is not None:
        return counted
    told = have.viewer.sizes(have.repo.id).get((part.config, part.split))
    return counted if told is None else Count(told, "datasets-server /size")


def _columns(
    have: Shelves, part: Part, sample: Sequence[Row], types: Mapping[str, str], counted: Count | None
) -> tuple[list[Column], str]:
    """The datasets-server's statistics where they are of as many rows as there are, else our own over the sample."""
    told = have.viewer.statistics(have.repo.id, part.config, part.split) if have.repo.access == "open" else None
    if told and counted and told[0] == counted.rows:
        return from_viewer(told[1], types), f"all {told[0]} rows, datasets-server /statistics"
    whole = counted is not None and counted.rows == len(sample)
    return columns_of(sample, types), f"{'all' if whole else 'the first'} {len(sample)} rows, read and computed"


def files_of(have: Shelves, part: Part) -> tuple[Shelf, tuple[File, ...]]:
    """The files to fetch for this part, all of one commit."""
    shelf, found = have.readable(part)
    return shelf, found.files
