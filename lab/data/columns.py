"""Which column is asked, which is the answer, which rows belong together: as told, or guessed and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.data.table import Input, Kind, Table, Value, as_number, few_labels, make_rows, sortable_time
from state.errors import UserError

Columns = dict[str, list[Any]]

ANSWERS = ("answer", "label", "labels", "target", "class", "output", "completion", "response", "y")
INPUTS = ("input", "text", "prompt", "question", "sentence", "instruction", "problem", "query")
GROUPS = ("group", "group_id", "patient", "patient_id", "subject", "subject_id", "user_id", "author_id", "speaker_id",
          "document_id", "doc_id")  # fmt: skip
TIMES = ("time", "date", "datetime", "timestamp", "created_at", "created", "published", "published_at", "posted_at")
NUMBERING = ("", "id", "idx", "index", "row", "row_id", "uuid", "unnamed: 0", "__index_level_0__")
ROLES = {"input", "answer", "group"}
LEAST_GROUPS = 10


@dataclass(frozen=True)
class Roles:
    """What each column is for."""

    answer: str
    inputs: tuple[str, ...]
    text: bool
    group: str | None
    time: str | None
    notes: tuple[str, ...]


def to_table(name: str, source: str, data: Columns, told: Mapping[str, str], notes: Sequence[str] = ()) -> Table:
    """A table from columns of plain values."""
    roles = choose_roles(name, data, told)
    answers = [_text(name, roles.answer, value).strip() for value in data[roles.answer]]
    groups = [_group(value) for value in data[roles.group]] if roles.group else [None] * len(answers)
    inputs: list[Input]
    kind: Kind
    if roles.text:
        column = roles.inputs[0]
        inputs = [_text(name, column, value) for value in data[column]]
        kind = "text" if few_labels(answers) else "generation"
    else:
        features = {column: _feature(name, column, data[column]) for column in roles.inputs}
        inputs = [dict(zip(features, values, strict=True)) for values in zip(*features.values(), strict=True)]
        kind = "tabular"
    rows = make_rows(zip(inputs, answers, groups, strict=True))
    if roles.time:
        for row, value in zip(rows, data[roles.time], strict=True):
            row["time"] = sortable_time(value) or ""
    classes = 0 if kind == "generation" else len(few_labels(answers))
    said = (*notes, *roles.notes, f"read as {kind}, {classes or 'no'} classes")
    return Table(name, kind, rows, source, roles.group or "", said, time_key=roles.time or "")


def choose_roles(name: str, data: Columns, told: Mapping[str, str]) -> Roles:
    """Columns told by the person first, then well-known names, then: the last column answers, all others are asked."""
    _known(name, data, told)
    notes: list[str] = []
    rest = [column for column in data if not _is_numbering(column, data[column]) or column in told.values()]
    if skipped := [column for column in data if column not in rest]:
        notes.append(f"ignored {', '.join(map(repr, skipped))}: it only numbers the rows")
    group = told.get("group") or _guess_group(data, [each for each in rest if each not in told.values()])
    time = _guess_time(data, [each for each in rest if each not in told.values()])
    rest = [column for column in rest if column not in (group, time)]
    named = told.get("input") or _first([each for each in rest if each != told.get("answer")], INPUTS, data)
    others = [column for column in rest if column != named]
    answer = told.get("answer") or _first(others, ANSWERS) or (others[-1] if others else "")
    inputs = [named] if named else [column for column in others if column != answer]
    if not answer or not inputs:
        raise UserError(
            f"{name} has too few columns ({', '.join(data)}): one to ask and one with the answer are needed"
        )
    text = len(inputs) == 1 and _holds_text(data[inputs[0]])
    notes.append(f"answer: column {answer!r}" + ("" if "answer" in told else " (guessed)"))
    shown = repr(inputs[0]) if len(inputs) == 1 else f"{len(inputs)} columns as features"
    notes.append(f"input: {shown}" + ("" if "input" in told else " (guessed)"))
    if group:
        notes.append(f"rows with the same {group!r} stay in one split" + ("" if "group" in told else " (guessed)"))
    if time:
        notes.append(f"{time!r} says when each row was taken: it orders the rows and is no feature (guessed)")
    if unused := [column for column in others if column not in (answer, *inputs)]:
        notes.append(f"not used: {', '.join(map(repr, unused))}")
    return Roles(answer, tuple(inputs), text, group, time, tuple(notes))


def _known(name: str, data: Columns, told: Mapping[str, str]) -> None:
    if wrong := sorted(set(told) - ROLES):
        raise UserError(f"columns: {', '.join(wrong)} is no role; the roles are {', '.join(sorted(ROLES))}")
    if missing := [column for column in told.values() if column not in data]:
        raise UserError(f"{name} has no column {missing[0]!r}; its columns are {', '.join(data)}")
    if len(set(told.values())) < len(told):
        raise UserError("columns: input, answer and group must be three different columns")


def _first(columns: list[str], names: Sequence[str], text_in: Columns | None = None) -> str | None:
    """The first well-known name there is; with `text_in`, only if that column holds text."""
    by_name = {column.strip().lower(): column for column in columns}
    found = (by_name[name] for name in names if name in by_name)
    return next((column for column in found if text_in is None or _holds_text(text_in[column])), None)


def _guess_group(data: Columns, columns: list[str]) -> str | None:
    """A column named like an owner of rows whose values repeat, in enough groups to split by."""
    for column in columns:
        if column.strip().lower() in GROUPS and all(isinstance(each, str | int | None) for each in data[column]):
            distinct = len(set(data[column]))
            if LEAST_GROUPS <= distinct < len(data[column]):
                return column
    return None


def _guess_time(data: Columns, columns: list[str]) -> str | None:
    """A column named like a moment whose every value is one."""
    for column in columns:
        named = column.strip().lower() in TIMES
        if named and len(set(map(str, data[column]))) > 1 and all(sortable_time(value) for value in data[column]):
            return column
    return None


def _is_numbering(column: str, values: list[Any]) -> bool:
    """A row number or identifier: it carries the order of the file, which may carry the answer."""
    plain = all(isinstance(value, str | int) for value in values)
    return column.strip().lower() in NUMBERING and plain and len(set(values)) == len(values)


def _holds_text(values: list[Any]) -> bool:
    """Strings that aren't all numbers."""
    given = [value for value in values if value not in (None, "")]
    return all(isinstance(value, str) for value in given) and any(as_number(value) is None for value in given)


def _feature(name: str, column: str, values: list[Any]) -> list[Value]:
    """A column of numbers if every value is one, else of words; what is missing stays missing."""
    texts = [_text(name, column, value).strip() for value in values]
    texts = ["" if text.lower() in ("nan", "na", "null", "none", "?") else text for text in texts]
    numbers = [as_number({"true": "1", "false": "0"}.get(text, text)) if text else None for text in texts]
    if all(number is not None for number, text in zip(numbers, texts, strict=True) if text):
        return list(numbers)
    return [text or None for text in texts]


def _text(name: str, column: str, value: Any) -> str:
    """A value as the text a person would write."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list | dict | bytes):
        raise UserError(
            f"column {column!r} of {name} holds {type(value).__name__} values; text or numbers are needed: convert it, "
            "or name other columns"
        )
    return str(value)


def _group(value: Any) -> str | None:
    return None if value in (None, "") else str(value)
