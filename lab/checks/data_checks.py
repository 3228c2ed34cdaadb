"""The audit of data: pure checks over rows. What they say of held-out rows is ids and counts, never text.

When twins across splits block. For text and generation, one is enough: the row can be answered by memory, and dropping
its training twin costs nothing. For tables of numbers twins also come by rounding (iris has a pair), so they block
only from three rows and one per cent of the held-out part, and only when there are three times as many as the columns,
taken as independent, would make by chance; otherwise they warn.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from state.products import Finding

Rows = Sequence[dict[str, Any]]

SHOWN = 20
TWINS_BLOCK, TWIN_SHARE, OVER_CHANCE = 3, 0.01, 3.0
BROKEN_BLOCK = 0.5
DUPLICATES_WARN = 0.01
IMBALANCE = 10
PROSE = re.compile(r"[^\w\s+\-*/=<>^%.]|_|\.(?!\d)")


def audit_rows(
    train: Rows, validation_inputs: Rows, sealed_inputs: Rows, labels: Sequence[str] = (), kind: str = ""
) -> list[Finding]:
    """Everything found in the rows. `labels` and `kind` as the data's card has them; without a kind it is guessed."""
    if not train or not validation_inputs or not sealed_inputs:
        names = {"train": train, "validation": validation_inputs, "sealed": sealed_inputs}
        none = ", ".join(name for name, rows in names.items() if not rows)
        return [Finding(kind="empty", severity="block", count=0, share=0.0, why=f"no rows in {none}: nothing to audit")]
    tabular = isinstance(train[0]["input"], dict)
    classes = bool(labels) or tabular or kind == "text"
    held_out = [*validation_inputs, *sealed_inputs]
    full = [row for row in train if not _is_broken(row)]
    findings = [
        _twins(train, held_out, tabular),
        _held_out_twins(validation_inputs, sealed_inputs),
        _duplicates(full, len(train)),
        _conflicts(full, len(train)),
        _broken(train),
        _broken_held_out(held_out),
        _one_answer(train),
        _missing_class(train, labels),
        _imbalance(train, labels) if classes else None,
        _constant(train) if tabular else None,
    ]
    order = ("block", "warn", "info")
    return sorted((each for each in findings if each), key=lambda each: order.index(each.severity))


def repairable(train: Rows, validation_inputs: Rows, sealed_inputs: Rows) -> dict[str, list[str]]:
    """All training rows that a repair may drop, by kind of finding; a row is listed under the first that fits."""
    held_out = {fingerprint(row["input"]) for row in (*validation_inputs, *sealed_inputs) if not _blank(row["input"])}
    found: dict[str, list[str]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for row in train:
        mark = fingerprint(row["input"])
        if _is_broken(row):
            found["broken"].append(row["id"])
        elif mark in held_out:
            found["overlap"].append(row["id"])
        elif (mark, _same(row["answer"])) in seen:
            found["duplicate"].append(row["id"])
        seen.add((mark, _same(row["answer"])))
    return dict(found)


def fingerprint(given: Any) -> str:
    """What makes two inputs the same: case, spacing and prose punctuation don't count, signs of arithmetic do."""
    if isinstance(given, dict):
        plain = {key: _number_or_word(value) for key, value in given.items()}
        return json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return _same(str(given))


def _same(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    if not any(sign.isalpha() for sign in folded):
        return "".join(folded.split())
    return " ".join(PROSE.sub(" ", folded).split()) or folded.strip()


def _number_or_word(value: Any) -> Any:
    return _same(value) if isinstance(value, str) else None if value is None else float(value)


def _blank(given: Any) -> bool:
    if isinstance(given, dict):
        return all(value is None or value == "" for value in given.values())
    return not str(given).strip()


def _is_broken(row: dict[str, Any]) -> bool:
    return _blank(row["input"]) or not row["answer"].strip()


def _finding(kind: str, severity: str, ids: Sequence[str], of: int, why: str, remedy: str = "") -> Finding:
    return Finding(
        kind=kind, severity=severity, count=len(ids), share=round(len(ids) / of, 6), why=why, remedy=remedy,
        ids=list(ids[:SHOWN]),
    )  # fmt: skip


def _twins(train: Rows, held_out: Rows, tabular: bool) -> Finding | None:
    """Held-out rows whose input also stands in train."""
    known = {fingerprint(row["input"]) for row in train if not _blank(row["input"])}
    ids = [row["id"] for row in held_out if fingerprint(row["input"]) in known]
    if not ids:
        return None
    share = len(ids) / len(held_out)
    why = f"{len(ids)} of {len(held_out)} held-out rows have the same input as a training row"
    severity = "block"
    if tabular:
        chance = _chance_of_twin(train)
        why += f"; {chance:.1%} would by chance"
        many = len(ids) >= TWINS_BLOCK and share > TWIN_SHARE
        severity = "block" if many and share > OVER_CHANCE * chance else "warn"
    return _finding("exact_duplicate", severity, ids, len(held_out), why, "drop the training rows that match (overlap)")


def _chance_of_twin(train: Rows) -> float:
    """Chance that a new row equals some training row if the columns were independent."""
    equal = 1.0
    for column in train[0]["input"]:
        counts = Counter(_number_or_word(row["input"].get(column)) for row in train)
        equal *= sum((count / len(train)) ** 2 for count in counts.values())
    return float(1 - (1 - equal) ** len(train))


def _held_out_twins(validation: Rows, sealed: Rows) -> Finding | None:
    """Sealed rows that the search has met in validation."""
    met = {fingerprint(row["input"]) for row in validation if not _blank(row["input"])}
    ids = [row["id"] for row in sealed if fingerprint(row["input"]) in met]
    why = f"{len(ids)} sealed rows have the same input as a validation row, which the search may have fitted"
    remedy = "bring the data without repeats; meanwhile equal rows count as one witness in the interval"
    return _finding("held_out_duplicate", "warn", ids, len(sealed), why, remedy) if ids else None


def _duplicates(full: Rows, of: int) -> Finding | None:
    """Training rows that say again what an earlier one said."""
    seen: set[tuple[str, str]] = set()
    ids = []
    for row in full:
        mark = fingerprint(row["input"]), _same(row["answer"])
        if mark in seen:
            ids.append(row["id"])
        seen.add(mark)
    severity = "warn" if len(ids) / of > DUPLICATES_WARN else "info"
    why = f"{len(ids)} training rows repeat an earlier one"
    return _finding("duplicate", severity, ids, of, why, "drop the repeats (duplicate)") if ids else None


def _conflicts(full: Rows, of: int) -> Finding | None:
    """The same input with different answers."""
    marks = [fingerprint(row["input"]) for row in full]
    answers: dict[str, set[str]] = defaultdict(set)
    for mark, row in zip(marks, full, strict=True):
        answers[mark].add(_same(row["answer"]))
    ids = [row["id"] for mark, row in zip(marks, full, strict=True) if len(answers[mark]) > 1]
    why = f"{len(ids)} training rows have an input that occurs with different answers: no model can fit them all"
    return _finding("label_conflict", "warn", ids, of, why, "look at how they were labelled") if ids else None


def _broken(train: Rows) -> Finding | None:
    """Training rows without an input or without an answer."""
    ids = [row["id"] for row in train if _is_broken(row)]
    if not ids:
        return None
    severity = "block" if len(ids) / len(train) >= BROKEN_BLOCK else "warn"
    why = f"{len(ids)} of {len(train)} training rows have no input or no answer"
    return _finding("broken", severity, ids, len(train), why, "drop them (broken)")


def _broken_held_out(held_out: Rows) -> Finding | None:
    ids = [row["id"] for row in held_out if _blank(row["input"])]
    if not ids:
        return None
    severity = "block" if len(ids) / len(held_out) >= BROKEN_BLOCK else "warn"
    why = f"{len(ids)} of {len(held_out)} held-out rows have no input; nothing can be predicted from them"
    return _finding("broken_held_out", severity, ids, len(held_out), why, "mend the source and start a new run")


def _one_answer(train: Rows) -> Finding | None:
    """Every training row has the same answer."""
    answers = {_same(row["answer"]) for row in train if row["answer"].strip()}
    if len(answers) != 1:
        return None
    why = "every training row has the same answer: there is nothing to learn"
    return Finding(kind="one_class", severity="block", count=len(train), share=1.0, why=why, remedy="bring other data")


def _missing_class(train: Rows, labels: Sequence[str]) -> Finding | None:
    """Classes of the data that train doesn't have."""
    missing = sorted(set(labels) - {row["answer"] for row in train})
    if not missing:
        return None
    why = f"no training row has the class {', '.join(missing[:SHOWN])}: it can't be learnt"
    return Finding(kind="missing_class", severity="warn", count=len(missing), share=len(missing) / len(labels), why=why)


def _imbalance(train: Rows, labels: Sequence[str]) -> Finding | None:
    """One class far more frequent than another; for accuracy the frequent one alone is a strong baseline."""
    counts = Counter(row["answer"] for row in train if not labels or row["answer"] in labels)
    if len(counts) < 2 or (not labels and len(counts) > len(train) / 2):  # one class, or none: a quantity
        return None
    (most, many), *_, (least, few) = counts.most_common()
    if many <= IMBALANCE * few:
        return None
    why = (
        f"class {most!r} has {many} training rows and {least!r} has {few}: judge by a metric that weighs classes alike"
    )
    return Finding(kind="imbalance", severity="warn", count=many, share=round(many / len(train), 6), why=why)


def _constant(train: Rows) -> Finding | None:
    """Features with one value only."""
    same = [
        column for column in train[0]["input"]
        if len({_number_or_word(row["input"].get(column)) for row in train}) == 1
    ]  # fmt: skip
    if not same:
        return None
    why = f"features with a single value carry nothing: {', '.join(same[:SHOWN])}"
    share = round(len(same) / len(train[0]["input"]), 6)
    return Finding(kind="constant_column", severity="info", count=len(same), share=share, why=why)
