"""A result from rows of files: predictions joined to answers by id or by position, training rows beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lab.checks.smells.files import TEST_INPUTS, TRAIN_INPUTS, Cells, Rows, answer_column, inputs_of
from lab.stats.labels import label
from lab.stats.metric import Needs, Texts
from state.errors import UserError

MOST_SLICES = 20
"""A column beside the answers with more kinds than this is no slicing."""
TRUTH = frozenset({"true", "false"})


@dataclass(frozen=True)
class Joined:
    """Both files by one key."""

    predictions: dict[str, str]
    answers: dict[str, str]
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    """Predictions with the scores or samples that the metric needs."""
    inputs: dict[str, str] = field(default_factory=dict)
    slices: dict[str, dict[str, str]] = field(default_factory=dict)
    apart: int = 0
    repeated: int = 0
    contradicted: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Training:
    answers: tuple[str, ...]
    inputs: tuple[str, ...] | None
    seen: frozenset[str]
    """Ids of the test whose input stands among the training rows."""


def join(predictions: Rows, answers: Rows, needs: Needs = "texts") -> Joined:
    """By id where both have one, else by position. `needs`: what the metric reads in each row of the predictions."""
    predictions.need("prediction" if needs == "texts" else needs)
    answers.need("answer")
    by_id = "id" in predictions.columns and "id" in answers.columns
    keys = _ids(answers) if by_id else _places(len(answers.rows))
    empty = next((i for i, row in enumerate(answers.rows, 1) if row.get("answer") is None), None)
    if empty is not None:
        raise UserError(f"{answers.name} row {empty} has no answer; every row needs one")
    true = {key: str(row["answer"]) for key, row in zip(keys, answers.rows, strict=True)}
    notes = [] if by_id else [_by_place(predictions, answers)]
    if {text.strip().lower() for text in true.values()} <= TRUTH:
        true = {key: text.strip().lower() for key, text in true.items()}
        predictions = _in_lower_case(predictions)
    if needs != "texts":
        predictions = _with_words(predictions, needs)
    said, repeated, contradicted = _said(predictions, by_id)
    rows = {} if needs == "texts" else _rich(predictions, by_id, needs)
    given = inputs_of(answers, "answer", TEST_INPUTS)
    return Joined(
        predictions=said, answers=true, rows=rows, inputs=dict(zip(keys, given, strict=True)) if given else {},
        slices=_slices(answers, keys),
        apart=0 if by_id else len(predictions.rows) - len(answers.rows), repeated=repeated, contradicted=contradicted, notes=tuple(notes),
    )  # fmt: skip


def _in_lower_case(rows: Rows) -> Rows:
    """Truth values as JSON writes them; a table tool writes `True`."""

    def lower(text: str | None) -> str | None:
        return text.strip().lower() if text is not None and text.strip().lower() in TRUTH else text

    return Rows(
        rows.name, rows.columns, tuple({**row, "prediction": lower(row.get("prediction"))} for row in rows.rows)
    )


def _by_place(predictions: Rows, answers: Rows) -> str:
    lacking = [rows.name for rows in (predictions, answers) if "id" not in rows.columns]
    return f"joined by position, as {' and '.join(lacking)} has no column 'id'"


def _places(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def _ids(rows: Rows) -> list[str]:
    found = [_key(rows, i, row.get("id")) for i, row in enumerate(rows.rows, 1)]
    twice = next((key for key, count in Counter(found).items() if count > 1), None)
    if twice is not None:
        raise UserError(f"{rows.name} has the id {twice!r} more than once; ids of answers must be unique")
    return found


def _key(rows: Rows, place: int, text: str | None) -> str:
    if text is None:
        raise UserError(f"{rows.name} row {place} has no id; give every row one, or none")
    return label(text)


def _said(rows: Rows, by_id: bool) -> tuple[dict[str, str], int, int]:
    """The first prediction of each row, how many rows have several, and how many of those differ."""
    if not by_id:
        return {str(i): r["prediction"] for i, r in enumerate(rows.rows) if r.get("prediction") is not None}, 0, 0  # type: ignore[misc]
    every: dict[str, list[str | None]] = {}
    for i, row in enumerate(rows.rows, 1):
        every.setdefault(_key(rows, i, row.get("id")), []).append(row.get("prediction"))
    repeated = [texts for texts in every.values() if len(texts) > 1]
    first = {key: texts[0] for key, texts in every.items() if texts[0] is not None}
    return first, len(repeated), sum(len(set(texts)) > 1 for texts in repeated)


def _with_words(rows: Rows, needs: Needs) -> Rows:
    """Rows that only have scores say the label they give most to; those with samples say the first."""
    if "prediction" in rows.columns:
        return rows
    out: list[Cells] = []
    for i, row in enumerate(rows.rows, 1):
        held = _parsed(rows, i, row, needs)
        word: object = None
        if isinstance(held, Mapping) and held:
            word = max(held, key=lambda name: float(held[name]) if isinstance(held[name], int | float) else -1.0)
        elif isinstance(held, list) and held:
            word = held[0].get("text") if isinstance(held[0], Mapping) else held[0]
        out.append({**row, "prediction": None if word is None else str(word)})
    return Rows(rows.name, (*rows.columns, "prediction"), tuple(out))


def _rich(rows: Rows, by_id: bool, needs: Needs) -> dict[str, dict[str, object]]:
    """Rows with their scores or samples, the first of each id."""
    out: dict[str, dict[str, object]] = {}
    for i, row in enumerate(rows.rows):
        key = _key(rows, i + 1, row.get("id")) if by_id else str(i)
        out.setdefault(key, {"prediction": row.get("prediction"), needs: _parsed(rows, i + 1, row, needs)})
    return out


def _parsed(rows: Rows, place: int, row: Cells, needs: Needs) -> object:
    cell = row.get(needs)
    if cell is None:
        return None
    try:
        return json.loads(cell)
    except ValueError as wrong:
        raise UserError(
            f"{rows.name} row {place}: {needs!r} is no JSON; give jsonl with {needs} in each row"
        ) from wrong


def _slices(rows: Rows, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """Columns beside the answers that part the rows into a few kinds."""
    found: dict[str, dict[str, str]] = {}
    for column in rows.columns:
        if column in ("id", "answer", "prediction"):
            continue
        values = [row.get(column) for row in rows.rows]
        if 2 <= len(set(values)) <= MOST_SLICES:
            found[column] = {k: v for k, v in zip(keys, values, strict=True) if v is not None}
    return found


def training(rows: Rows, inputs: Mapping[str, str], answers: Texts, answer_rows: Rows) -> Training:
    """Training answers, their inputs, and which test rows stand among them."""
    column = answer_column(rows)
    kept = [i for i, row in enumerate(rows.rows) if row.get(column) is not None]
    if not kept:
        raise UserError(f"{rows.name}: the column {column!r} is empty; give training rows with answers")
    given = inputs_of(rows, column, TRAIN_INPUTS)
    ids = [row.get("id") for row in rows.rows]
    if given is None and "id" in rows.columns and len(set(ids)) < len(ids):
        given = [str(i) for i in ids]  # rows that repeat an id are the same input, labelled again
    known = set(given or ())
    seen = {key for key, text in inputs.items() if text in known}
    if "id" in rows.columns and "id" in answer_rows.columns:
        named = {label(i) for i in ids if i is not None}
        if not all(key.isdigit() for key in named):  # plain numbers count rows in each file anew
            seen |= answers.keys() & named
    return Training(
        tuple(str(rows.rows[i][column]) for i in kept),
        tuple(given[i] for i in kept) if given else None,
        frozenset(seen),
    )
