"""Which files are which configuration and split: as the card says, else as the names say. Pure; reads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lab.hub.repo import File

DATA = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv", ".tsv": "csv"}
"""What can be looked into. Other data (arrow, zip, images) is listed and not opened."""
OTHER_DATA = (".arrow", ".zip", ".gz", ".zst", ".tar", ".xz", ".bz2", ".txt", ".xlsx", ".h5", ".npz", ".pkl")
NOT_DATA = ("dataset_infos.json", "dataset_info.json", "state.json", "config.json", "package.json")
WORDS = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation",
    "dev": "validation", "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
SHARD = re.compile(r"(?:^|/)([\w.-]+?)-\d{5}-of-\d{5}\.")
BACKSLASH = "\\"
CONVERTED = re.compile(r"(?P<config>.+)/(?:partial-)?(?P<split>[\w.-]+)/\d{4}\.parquet")


@dataclass(frozen=True)
class Part:
    """One split of one configuration."""

    config: str
    split: str
    files: tuple[File, ...]

    @property
    def format(self) -> str:
        """What its files are: a word of `DATA`, `mixed`, or a suffix that can't be looked into."""
        found = {suffix(file.path) for file in self.files}
        only = found.pop() if len(found) == 1 else ""
        return DATA.get(only, only or "mixed")

    @property
    def size(self) -> int:
        return sum(file.size or 0 for file in self.files)


@dataclass(frozen=True)
class Layout:
    """All parts, and what has to be said about how they were found."""

    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def configs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.config for part in self.parts))

    def of(self, config: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.config == config)


def suffix(path: str) -> str:
    return PurePosixPath(path).suffix.lower()


def lay_out(files: Iterable[File], card: Mapping[str, Any]) -> Layout:
    """Configurations and splits of a repository's files."""
    known = list(files)
    notes: list[str] = []
    scripts = [f.path for f in known if re.fullmatch(r"[\w.-]+\.py", f.path)]
    if scripts:
        notes.append(f"{scripts[0]} is a loading script: it is never run, so only files are looked at")
    data = [f for f in known if suffix(f.path) in DATA and PurePosixPath(f.path).name not in NOT_DATA]
    closed = [f for f in known if suffix(f.path) in OTHER_DATA]
    if closed:
        notes.append(
            f"{len(closed)} files can't be looked into ({', '.join(sorted({suffix(f.path) for f in closed}))})"
        )
    told = card.get("configs")
    if isinstance(told, list) and told:
        parts = [part for config in told if isinstance(config, Mapping) for part in _told(config, data)]
        return Layout(tuple(parts), (*notes, "configurations and splits as the card says"))
    return Layout(tuple(_guessed("default", data)), tuple(notes))


def _told(config: Mapping[str, Any], data: list[File]) -> list[Part]:
    """The parts that one entry under `configs:` names."""
    name = str(config.get("config_name") or "default")
    below = str(config.get("data_dir") or "").strip("/")
    inside = [f for f in data if not below or f.path.startswith(f"{below}/")]
    said = config.get("data_files")
    if said is None:
        return _guessed(name, inside)
    wanted: dict[str, list[re.Pattern[str]]] = {}
    for entry in said if isinstance(said, list) else [said]:
        split, patterns = (
            (str(entry.get("split") or "train"), entry.get("path")) if isinstance(entry, Mapping) else ("train", entry)
        )
        for each in [patterns] if isinstance(patterns, str) else patterns or []:
            wanted.setdefault(split, []).append(glob(f"{below}/{each}" if below else str(each)))
    return [
        Part(name, split, tuple(f for f in inside if any(each.fullmatch(f.path) for each in patterns)))
        for split, patterns in wanted.items()
    ]


def glob(pattern: str) -> re.Pattern[str]:
    """A path pattern as `datasets` reads it: `*` stays within a folder, `**` goes below, `[0-9]` is one of these."""
    made = re.escape(pattern.removeprefix("./"))
    made = made.replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.compile(
        re.sub(r"\\\[(!?)(.+?)\\\]", lambda m: f"[{'^' * bool(m[1])}{m[2].replace(BACKSLASH, '')}]", made)
    )


def _guessed(config: str, data: list[File]) -> list[Part]:
    """Splits from the names of files and folders; where no name says anything, all of it is train."""
    found: dict[str, list[File]] = {}
    for file in data:
        found.setdefault(_split(file.path), []).append(file)
    if set(found) == {""}:
        found = {"train": found[""]}
    order = {name: place for place, name in enumerate(("train", "validation", "test"))}
    named = sorted((name for name in found if name), key=lambda name: (order.get(name, 9), name))
    return [Part(config, name, tuple(found[name])) for name in named]


def _split(path: str) -> str:
    if shard := SHARD.search(
        path
    ):  # in data/ its name is the split's, whatever it is; elsewhere it may be a word for one
        return shard[1] if path.startswith("data/") else WORDS.get(shard[1], shard[1])
    for part in reversed(PurePosixPath(path).parts):
        words = [word for word in re.split(r"[^a-z]+", part.lower()) if word in WORDS]
        if words:
            return WORDS[words[0]]
    return ""


def lay_out_converted(files: Iterable[File]) -> Layout:
    """The parts of the Hub's own conversion to parquet (branch refs/convert/parquet): config/split/0000.parquet."""
    found: dict[tuple[str, str], list[File]] = {}
    partial = False
    for file in files:
        if place := CONVERTED.fullmatch(file.path):
            partial = partial or "/partial-" in file.path
            found.setdefault((place["config"], place["split"]), []).append(file)
    notes = ["the Hub converted only a part of it to parquet"] if partial else []
    return Layout(tuple(Part(config, split, tuple(each)) for (config, split), each in found.items()), tuple(notes))
