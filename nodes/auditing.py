"""What the audit reads of a run's data, what it finds, and which training rows a repair would drop.

Inputs of all parts are read, answers only of train and validation: the sealed answers stay closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.checks.data_checks import audit_rows, repairable
from lab.checks.parts import Looked, Roles, Table
from lab.data.seal import groups_and_times, open_answers, read_split
from lab.data.table import Table as Rowed
from nodes.desk import Desk
from state.products import DatasetCard, Finding
from state.words import Split

if TYPE_CHECKING:
    from lab.checks.overlap.grade import Grade
    from lab.checks.overlap.result import Overlap

Rows = list[dict[str, Any]]
PARTS: tuple[Split, ...] = ("train", "validation", "sealed")
COPIES: tuple[Grade, ...] = ("exact", "near", "contained", "paraphrase")
"""Grades of overlap that are the same text again; twins of a template are not."""
BY_GRADE = {"exact": "overlap", "near": "near_duplicate", "paraphrase": "near_duplicate", "contained": "contained_text"}
ANSWER, GROUP, TIME = "answer", "(group)", "(time)"
SHOWN = 20


@dataclass(frozen=True)
class Material:
    """The rows of a run as the audit reads them."""

    card: DatasetCard
    train: Rows
    validation: Rows
    sealed: Rows
    answers: dict[str, str]
    """Of the validation rows."""
    keys: dict[str, tuple[str | None, str | None]]
    """Group and time of the rows that have them."""

    @property
    def held_out(self) -> Rows:
        return [*self.validation, *self.sealed]

    @property
    def texts(self) -> bool:
        return self.card.kind != "tabular"


@dataclass(frozen=True)
class Audited:
    """What was found, what could not be looked at, and what was copied over the split."""

    findings: list[Finding]
    not_run: dict[str, str]
    touched: list[str]
    """Held-out rows that have a copy in train."""


def material(desk: Desk, card: DatasetCard) -> Material:
    train, validation, sealed = (read_split(desk.workspace, card, part) for part in PARTS)
    answers = open_answers(desk.workspace, card, "validation", "audit")
    return Material(card, train, validation, sealed, answers, groups_and_times(desk.workspace, card))


def audited(rows: Material, seed: int = 0) -> Audited:
    """Every check there is, each kind told once; blocking findings first."""
    plain = audit_rows(rows.train, rows.validation, rows.sealed, rows.card.labels, rows.card.kind)
    if any(found.kind == "empty" for found in plain):
        return Audited(plain, {}, [])
    overlap = _overlap(rows) if rows.texts else None
    looked = [*(_of_texts(overlap, rows) if overlap else []), *_of_tables(rows, seed)]
    told = {found.kind for found in plain}
    findings, not_run = list(plain), {}
    for each in looked:
        if each.not_run:
            not_run[each.kind] = each.not_run
        fresh = [found for found in each.findings if found.kind not in told]
        told |= {found.kind for found in fresh}
        findings += fresh
    order = ("block", "warn", "info")
    findings.sort(key=lambda found: order.index(found.severity))
    near = [each for found in findings if found.kind == "near_duplicate" and not rows.texts for each in found.ids]
    hit = list(dict.fromkeys([*_touched(rows, overlap), *near]))
    return Audited(findings, {k: v for k, v in not_run.items() if k not in told}, hit)


def doomed(rows: Material) -> dict[str, list[str]]:
    """All training rows that a repair may drop, by kind; a row is listed under the first that fits."""
    found = defaultdict(list, repairable(rows.train, rows.validation, rows.sealed))
    listed = {each for ids in found.values() for each in ids}
    overlap = _overlap(rows) if rows.texts else None
    for grade in COPIES if overlap else ():
        assert overlap is not None
        touched = overlap.rows.get(grade)
        for at in touched.train if touched is not None else ():
            name = rows.train[int(at)]["id"]
            if name not in listed:
                found[BY_GRADE[grade]].append(name)
                listed.add(name)
    for each in [] if rows.texts else _of_tables(rows, 0):
        for finding in each.findings if each.kind == "near_duplicate" else ():
            alike_rows = [e["train"] for e in finding.examples if "train" in e and e["train"] not in listed]
            found["near_duplicate"] += list(dict.fromkeys(alike_rows))
    return {kind: ids for kind, ids in found.items() if ids}


def touched(rows: Material) -> list[str]:
    """Held-out rows that have a copy in train as it stands."""
    return _touched(rows, _overlap(rows) if rows.texts else None)


def _overlap(rows: Material) -> Overlap:
    from lab.checks.overlap.find import find_overlap

    texts = [str(row["input"]) for row in rows.train]
    return find_overlap([str(row["input"]) for row in rows.held_out], [texts])


def _of_texts(overlap: Overlap, rows: Material) -> list[Looked]:
    """Row numbers become ids: a sealed row is named, never shown."""
    from lab.checks.overlap.find import looked

    sides = {"train": rows.train, "test": rows.held_out}
    return [_named(each, sides) for each in looked(overlap, "held-out")]


def _of_tables(rows: Material, seed: int) -> list[Looked]:
    from lab.checks.tables.all import look

    train, test = tables(rows)
    sides = {"train": rows.train, "test": rows.validation}
    return [_named(each, sides) for each in look(train, test, roles_of(rows), seed)]


def tables(rows: Material) -> tuple[Table, Table]:
    """Train and validation with their answers."""
    train = _table(rows, rows.train, {row["id"]: row["answer"] for row in rows.train})
    return train, _table(rows, rows.validation, rows.answers)


def roles_of(rows: Material) -> Roles:
    """Which column of the run's rows is what; the card has settled it, nothing is guessed."""
    features = () if rows.texts else tuple(rows.card.columns)
    grouped = any(group for group, _ in rows.keys.values())
    timed = any(time for _, time in rows.keys.values())
    return Roles(
        text=("input",) if rows.texts else (), label=ANSWER, group=GROUP if grouped else None,
        time=TIME if timed else None, features=features,
    )  # fmt: skip


def _table(rows: Material, part: Rows, answers: dict[str, str]) -> Table:
    if rows.texts:
        columns: dict[str, list[Any]] = {"input": [row["input"] for row in part]}
    else:
        columns = {name: [row["input"].get(name) for row in part] for name in rows.card.columns}
    columns[ANSWER] = [answers.get(row["id"]) for row in part]
    keys = [rows.keys.get(row["id"], (None, None)) for row in part]
    if any(group for group, _ in keys):
        columns[GROUP] = [group for group, _ in keys]
    if any(time for _, time in keys):
        columns[TIME] = [time for _, time in keys]
    return Table(columns, range(len(part)), len(part))


def alike(whole: Rowed) -> dict[str, str]:
    """Rows of a table that huddle like repeats of one subject: the subject by row id."""
    from lab.checks.tables.subjects import subjects

    if whole.kind != "tabular":
        return {}
    columns = {
        name: [row["input"][name] for row in whole.rows if isinstance(row["input"], dict)] for name in whole.columns
    }
    found = subjects(Table(columns, range(len(whole.rows)), len(whole.rows)), Roles(features=tuple(whole.columns)))
    return {} if isinstance(found, str) else {whole.rows[at]["id"]: str(each) for at, each in found.items()}


def _named(looked: Looked, sides: dict[str, Rows]) -> Looked:
    findings = []
    for found in looked.findings:
        examples = [{k: _id(sides, k, v) for k, v in each.items()} for each in found.examples[:SHOWN]]
        ids = [each["test"] for each in examples if "test" in each] or [e["train"] for e in examples if "train" in e]
        findings.append(found.model_copy(update={"examples": examples, "ids": list(dict.fromkeys(ids))}))
    return Looked(looked.kind, tuple(findings), looked.not_run, looked.looked_at)


def _id(sides: dict[str, Rows], key: str, value: Any) -> Any:
    rows = sides.get(key)
    return rows[value]["id"] if rows is not None and isinstance(value, int) and value < len(rows) else value


def _touched(rows: Material, overlap: Overlap | None) -> list[str]:
    if overlap is not None:
        return [rows.held_out[int(at)]["id"] for at in overlap.real]
    return _same_inputs(rows.train, rows.held_out)


def _same_inputs(train: Rows, held_out: Sequence[dict[str, Any]]) -> list[str]:
    from lab.checks.data_checks import fingerprint

    known = {fingerprint(row["input"]) for row in train}
    return [row["id"] for row in held_out if fingerprint(row["input"]) in known]


def blocking(findings: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for found in findings if found["severity"] == "block"]
