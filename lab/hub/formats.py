"""Which trainer a table's columns fit, told from names and values by code: nobody has to guess a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
Trainer = Literal["SFT", "DPO", "KTO", "GRPO", "classification", "regression"]
Name = Literal[
    "conversational", "prompt-completion", "preference", "rated answers", "prompt with an answer to check", "prompt only", "text",
    "text and label", "features and target",
]  # fmt: skip

ASKED = ("prompt", "question", "instruction", "problem", "query", "input")
ANSWERED = ("completion", "response", "answer", "output", "solution", "target", "ground_truth", "final_answer")
TEXTS = ("text", "sentence", "content", "document", "review", "tweet", "comment", "body")
LABELS = ("label", "labels", "class", "category", "target", "sentiment", "intent", "coarse_label", "fine_label")
TALK = ("messages", "conversations", "conversation", "dialog", "chat")
SPOKEN = ({"role", "content"}, {"from", "value"})
MOST_LABELS = 200


@dataclass(frozen=True)
class Format:
    """One way to learn from these rows."""

    name: Name
    trainers: tuple[Trainer, ...]
    columns: Mapping[str, str]
    """Role to the column that plays it."""
    change: str = ""
    """What has to be renamed or converted first; empty if nothing."""


def formats(columns: Sequence[str], rows: Sequence[Row]) -> list[Format]:
    """All that fit, the most specific first."""
    found = [
        *_talk(columns, rows),
        *_preference(columns),
        *_rated(columns, rows),
        *_pairs(columns, rows),
        *_labelled(columns, rows),
    ]
    if not found and (text := _first(columns, TEXTS)):
        found.append(Format("text", ("SFT",), {"text": text}, "" if text == "text" else f"rename {text} to text"))
    if not found and (asked := _first(columns, ASKED)):
        found.append(
            Format(
                "prompt only", ("GRPO",), {"prompt": asked}, _rename({"prompt": asked}, "a reward that needs no answer")
            )
        )
    return found


def _talk(columns: Sequence[str], rows: Sequence[Row]) -> list[Format]:
    for column in columns:
        if column.lower() not in TALK:
            continue
        turns = next((row[column] for row in rows if isinstance(row.get(column), list) and row[column]), None)
        first = turns[0] if turns else None
        if not isinstance(first, dict):
            continue
        if SPOKEN[0] <= set(first):
            return [
                Format(
                    "conversational",
                    ("SFT",),
                    {"messages": column},
                    "" if column == "messages" else f"rename {column} to messages",
                )
            ]
        if SPOKEN[1] <= set(first):
            return [
                Format(
                    "conversational",
                    ("SFT",),
                    {"messages": column},
                    "convert from/value turns to role/content, as messages",
                )
            ]
    return []


def _preference(columns: Sequence[str]) -> list[Format]:
    names = {column.lower(): column for column in columns}
    if not {"chosen", "rejected"} <= set(names):
        return []
    roles = {"chosen": names["chosen"], "rejected": names["rejected"]}
    asked = _first(columns, ASKED)
    if asked is None:
        return [Format("preference", ("DPO",), roles, "the prompt is inside both answers: it has to be told apart")]
    return [Format("preference", ("DPO",), {"prompt": asked, **roles}, _rename({"prompt": asked}))]


def _rated(columns: Sequence[str], rows: Sequence[Row]) -> list[Format]:
    asked, answered, label = (
        _first(columns, ASKED),
        _first(columns, ("completion", "response")),
        _first(columns, ("label",)),
    )
    if not (asked and answered and label) or not all(isinstance(row.get(label), bool) for row in rows) or not rows:
        return []
    return [
        Format(
            "rated answers",
            ("KTO",),
            {"prompt": asked, "completion": answered, "label": label},
            _rename({"prompt": asked, "completion": answered}),
        )
    ]


def _pairs(columns: Sequence[str], rows: Sequence[Row]) -> list[Format]:
    asked = _first(columns, ASKED)
    answered = _first([column for column in columns if column != asked], ANSWERED)
    if not asked or not answered or _number(answered, rows) is None:
        return []
    roles = {"prompt": asked, "completion": answered}
    checked = {"prompt": asked, "answer": answered}
    return [
        Format("prompt-completion", ("SFT",), roles, _rename(roles)),
        Format(
            "prompt with an answer to check",
            ("GRPO",),
            checked,
            _rename({"prompt": asked}, "a reward that compares with the answer"),
        ),
    ]


def _labelled(columns: Sequence[str], rows: Sequence[Row]) -> list[Format]:
    label = _first(columns, LABELS)
    text = _first([column for column in columns if column != label], (*TEXTS, *ASKED))
    if not label or not rows:
        return []
    values = [row.get(label) for row in rows if row.get(label) is not None]
    few = 0 < len({str(value) for value in values}) <= min(MOST_LABELS, max(2, len(values) // 2))
    if any(isinstance(value, list | dict) for value in values):
        return []
    if text and all(isinstance(row.get(text), str) for row in rows if row.get(text) is not None):
        if few:
            return [Format("text and label", ("classification",), {"text": text, "label": label})]
        return (
            [Format("text and label", ("regression",), {"text": text, "label": label})] if _number(label, rows) else []
        )
    return [Format("features and target", ("classification" if few else "regression",), {"target": label})]


def _number(column: str, rows: Sequence[Row]) -> bool | None:
    """Are all its values numbers? None where they are lists or objects, which no prompt pair has."""
    values = [row.get(column) for row in rows if row.get(column) is not None]
    if any(isinstance(value, dict) or (isinstance(value, list) and not _turns(value)) for value in values):
        return None
    return bool(values) and all(isinstance(value, int | float) for value in values)


def _turns(value: list[Any]) -> bool:
    return bool(value) and isinstance(value[0], dict) and set(value[0]) >= SPOKEN[0]


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    known = {column.lower(): column for column in columns}
    return next((known[name] for name in names if name in known), None)


def _rename(roles: Mapping[str, str], also: str = "") -> str:
    said = [f"rename {column} to {role}" for role, column in roles.items() if column != role]
    return "; ".join([*said, *([also] if also else [])])
