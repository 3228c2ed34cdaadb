"""Split files on disk, hashed; answers of held-out rows apart; every look at the sealed ones counted.

    WORKSPACE/data/    train.jsonl  validation_inputs.jsonl  sealed_inputs.jsonl  card.json (written last: the commit)
                       keys.jsonl (group and time of rows, where they have any)
    WORKSPACE/sealed/  validation_answers.jsonl  sealed_answers.jsonl  looks.jsonl

A second split of the same run lies in a subfolder of both, named by its seal; nothing is ever overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from lab.data.jsonl import READ_ONLY, append_line, decode, encode, sha256, write_whole
from lab.data.shown import kept_in_train
from lab.data.split import split
from lab.data.table import Row, Table
from state.errors import IntegrityBroken, UserError
from state.products import DatasetCard, SplitInfo
from state.words import Split

HeldOut = Literal["validation", "sealed"]

OPEN, CLOSED = "data", "sealed"
LOOKS = f"{CLOSED}/looks.jsonl"
HELD_OUT: tuple[HeldOut, HeldOut] = ("validation", "sealed")
SEALED_FILES = [f"{split}_{part}.jsonl" for split in HELD_OUT for part in ("inputs", "answers")]


class SealBroken(IntegrityBroken):
    """A split file is not what was sealed: the run can't vouch for its numbers any more."""


def seal(table: Table, ids: dict[Split, list[str]], workspace: Path, seed: int = 0) -> DatasetCard:
    """Write the splits and their card. Again with the same rows: the same bytes and card; with others: refused."""
    return _seal(table, ids, workspace, seed, "")


def resplit(workspace: Path, card: DatasetCard, table: Table, seed: int, shown: Set[str] = frozenset()) -> DatasetCard:
    """Split anew under a new seal id; only while nobody has looked at sealed answers. Rows that were `shown` train."""
    if count := looks(workspace):
        raise UserError(f"the sealed rows were looked at ({count}×), so they can't be split again; start a new run")
    ids = kept_in_train(split(table, seed), table, shown)
    fresh = _seal_id(_files(table, ids))
    return card if fresh == card.seal else _seal(table, ids, workspace, seed, f"/{fresh[:12]}")


def whole(workspace: Path, card: DatasetCard) -> Table:
    """All rows as one table again, to be split anew by code. No look: nothing is scored and nobody sees them."""
    validate(workspace, card)
    found: list[Row] = []
    keys = {key["id"]: key for key in _keys(workspace, card)}
    for part in ("train", *HELD_OUT):
        rows = read_split(workspace, card, part)
        if part != "train":
            file = workspace / _folder(card, f"{part}_answers.jsonl") / f"{part}_answers.jsonl"
            answers = {row["id"]: row["answer"] for row in decode(_bytes(file))}
            rows = [{**row, "answer": answers[row["id"]]} for row in rows]
        for row in rows:
            key = keys.get(row["id"], {})
            made: Row = {"id": row["id"], "input": row["input"], "answer": row["answer"], "group": key.get("group")}
            if key.get("time"):
                made["time"] = key["time"]
            found.append(made)
    sizes = (float(card.splits["validation"].rows), float(card.splits["sealed"].rows))
    return Table(
        card.name, card.kind, sorted(found, key=lambda row: row["id"]), card.source, card.group_by,  # type: ignore[arg-type]
        sizes=sizes, time_key=card.time_key, ordered=card.ordered,
    )  # fmt: skip


def _keys(workspace: Path, card: DatasetCard) -> list[dict[str, Any]]:
    path = workspace / Path(card.splits["sealed"].file).parent / "keys.jsonl"
    return decode(path.read_bytes()) if path.exists() else []


def groups_and_times(workspace: Path, card: DatasetCard) -> dict[str, tuple[str | None, str | None]]:
    """Group and time of the rows that have them, by id."""
    return {key["id"]: (key.get("group"), key.get("time")) for key in _keys(workspace, card)}


def validate(workspace: Path, card: DatasetCard) -> None:
    """Raise `SealBroken` unless every split file is there and is what the card says."""
    for info in card.splits.values():
        _verified(workspace, info.file, info.sha256)
    raw = {name: _bytes(workspace / _folder(card, name) / name) for name in SEALED_FILES}
    if _seal_id(raw) != card.seal:
        raise SealBroken(f"the held-out answers in {workspace / CLOSED} are not those of seal {card.seal[:12]}")


def looks(workspace: Path) -> int:
    """How many different eyes saw sealed answers; a line that a kill has torn counts, since its look may have been."""
    path = workspace / LOOKS
    seen: set[tuple[str, str]] = set()
    torn = 0
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            look = json.loads(line) if line else None
        except ValueError:
            torn += 1
            continue
        if look:
            seen.add((look["seal"], look["who"]))
    return len(seen) + torn


def open_answers(workspace: Path, card: DatasetCard, split: HeldOut, who: str) -> dict[str, str]:
    """Answers by row id, for the scorer alone. A look at sealed ones is written down before it is had.

    `who` names what is examined. The same `who` opening again (an examination resumed after a kill) is one look.
    """
    validate(workspace, card)
    if split == "sealed":
        when = datetime.now(UTC).isoformat(timespec="seconds")
        append_line(workspace / LOOKS, {"seal": card.seal, "who": who, "at": when})
    name = f"{split}_answers.jsonl"
    return {row["id"]: row["answer"] for row in decode(_bytes(workspace / _folder(card, name) / name))}


def inputs_for(workspace: Path, card: DatasetCard, split: HeldOut) -> Path:
    """The file `predict` is given for a held-out split: ids and inputs, verified, no answers."""
    info = card.splits[split]
    _verified(workspace, info.file, info.sha256)
    return workspace / info.file


def read_split(workspace: Path, card: DatasetCard, split: Split) -> list[dict[str, Any]]:
    """Rows of a split, verified: with answers for train, without for the others."""
    info = card.splits[split]
    return decode(_verified(workspace, info.file, info.sha256))


def materialise(card: DatasetCard, workspace: Path, folder: Path) -> dict[str, str]:
    """Copy what an experiment may see into `folder`, read-only; gives each file's sha256.

    Copies, not hard links: a script that forces its way into its own copy must not reach the run's.
    """
    placed: dict[str, str] = {}
    for name, part in (("train.jsonl", "train"), ("validation_inputs.jsonl", "validation")):
        info = card.splits["train" if part == "train" else "validation"]
        raw = _verified(workspace, info.file, info.sha256)
        target = folder / name
        if not target.exists() or target.read_bytes() != raw:
            write_whole(target, raw, 0o444)
        placed[name] = info.sha256
    return placed


def _seal(table: Table, ids: dict[Split, list[str]], workspace: Path, seed: int, below: str) -> DatasetCard:
    files = _files(table, ids)
    card = _card(table, ids, files, seed, below)
    committed = workspace / f"{OPEN}{below}" / "card.json"
    if committed.exists():
        standing = DatasetCard.model_validate_json(committed.read_bytes())
        # The same rows from a file or revision of another name are the same data.
        if standing.model_copy(update={"source": card.source}) != card:
            raise UserError(
                f"{workspace} already holds other data under seal {standing.seal[:12]}; "
                "the data or its split has changed since: start a new run"
            )
        validate(workspace, standing)
        return standing
    for name, raw in files.items():
        write_whole(workspace / f"{_side(name)}{below}" / name, raw, READ_ONLY)
    (workspace / CLOSED).chmod(0o700)
    write_whole(committed, card.model_dump_json(indent=1).encode())
    return card


def _files(table: Table, ids: dict[Split, list[str]]) -> dict[str, bytes]:
    """Contents of all files. Rows go by id, which is made from the input: file order tells nothing of the answer."""
    rows = {row["id"]: row for row in table.rows}
    given = [each for part in ids.values() for each in part]
    if len(given) != len(set(given)) or set(given) != set(rows):
        raise ValueError("a split must hold every row of the table exactly once")
    parts = {name: [rows[each] for each in sorted(part)] for name, part in ids.items()}
    files = {"train.jsonl": encode(_take(parts["train"], "id", "input", "answer"))}
    for name in HELD_OUT:
        files[f"{name}_inputs.jsonl"] = encode(_take(parts[name], "id", "input"))
        files[f"{name}_answers.jsonl"] = encode(_take(parts[name], "id", "answer"))
    if any(row["group"] is not None or row.get("time") for row in table.rows):
        kept = sorted(table.rows, key=lambda row: row["id"])
        files["keys.jsonl"] = encode({"id": r["id"], "group": r["group"], "time": r.get("time")} for r in kept)
    return files


def _take(rows: Iterable[Row], *keys: Literal["id", "input", "answer"]) -> list[dict[str, Any]]:
    return [{key: row[key] for key in keys} for row in rows]


def _card(table: Table, ids: dict[Split, list[str]], files: dict[str, bytes], seed: int, below: str) -> DatasetCard:
    names: dict[Split, str] = {
        "train": "train.jsonl", "validation": "validation_inputs.jsonl", "sealed": "sealed_inputs.jsonl",
    }  # fmt: skip
    splits = {
        part: SplitInfo(rows=len(ids[part]), sha256=sha256(files[name]), file=f"{OPEN}{below}/{name}")
        for part, name in names.items()
    }
    return DatasetCard(
        name=table.name, kind=table.kind, rows=len(table.rows), columns=table.columns, labels=table.labels,
        splits=splits, seal=_seal_id(files), split_seed=seed, group_by=table.group_key,
        time_key=table.time_key, ordered=table.ordered, source=table.source,
    )  # fmt: skip


def _seal_id(files: dict[str, bytes]) -> str:
    """Fingerprint of all held-out inputs and answers together."""
    return sha256("\n".join(f"{name} {sha256(files[name])}" for name in SEALED_FILES).encode())


def _side(name: str) -> str:
    return CLOSED if name.endswith("_answers.jsonl") else OPEN


def _folder(card: DatasetCard, name: str) -> str:
    """Where a held-out file of this card lies; the sealed inputs' own path says under which seal."""
    return str(Path(_side(name)) / Path(card.splits["sealed"].file).parent.relative_to(OPEN))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as missing:
        raise SealBroken(f"{path} is gone; the run can't be trusted without it: restore it or start anew") from missing


def _verified(workspace: Path, file: str, expected: str) -> bytes:
    raw = _bytes(workspace / file)
    if sha256(raw) != expected:
        raise SealBroken(f"{workspace / file} was changed after it was sealed: restore it or start anew")
    return raw
