"""How much a fit on all rows flatters, measured: the same simple model with the preparation fitted on the training part
alone and on both parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lab.checks.parts import Looked, Roles, Table

ROWS = 20_000
"""Rows a part is cut to: enough to see a hundredth, and seconds of work."""
COLUMNS = 500
WORTH_A_WARNING = 0.02
"""From two points on it is no longer a minor note."""
CLASSES = 50


def measured(looked: Sequence[Looked], train: Table, test: Table, roles: Roles, seed: int = 0) -> list[Looked]:
    """The same answers, with the measured inflation beside `fit_before_split` where there is something to measure on."""
    return [_with_size(each, train, test, roles, seed) if each.kind == "fit_before_split" else each for each in looked]


def _with_size(looked: Looked, train: Table, test: Table, roles: Roles, seed: int) -> Looked:
    if not looked.findings:
        return looked
    finding = looked.findings[0]
    gain = inflation(train, test, roles, seed)
    if gain is None:
        why = f"{finding.why}; its size could not be measured here (that takes a label of few classes and numbers or text)"
        return Looked(looked.kind, (finding.model_copy(update={"why": why}),), looked_at=looked.looked_at)
    worth = gain >= WORTH_A_WARNING
    why = f"{finding.why}; measured on this split it flatters the accuracy of a simple model by {gain:+.4f}"
    changed = {"why": why, "inflation": gain, "severity": "warn" if worth else finding.severity}
    return Looked(looked.kind, (finding.model_copy(update=changed),), looked_at=looked.looked_at)


def inflation(train: Table, test: Table, roles: Roles, seed: int = 0) -> float | None:
    """Accuracy with the preparation fitted on both parts, less that with it fitted on train alone."""
    if roles.label is None or roles.label not in train.columns or roles.label not in test.columns:
        return None
    rows, held = _rows(train, roles.label), _rows(test, roles.label)
    labels = [str(train.columns[roles.label][i]) for i in rows]
    answers = [str(test.columns[roles.label][i]) for i in held]
    if not 2 <= len(set(labels)) <= CLASSES or not answers:
        return None
    numbers = [c for c in roles.features if _numeric(train, c) and _numeric(test, c)][:COLUMNS]
    if numbers:
        return _of_numbers([_matrix(train, numbers, rows), _matrix(test, numbers, held)], labels, answers)
    if roles.text:
        texts = [_texts(train, roles.text, rows), _texts(test, roles.text, held)]
        return _of_texts(texts, labels, answers) if any(any(t.split()) for t in texts[0]) else None
    return None


def _of_numbers(parts: list[Any], labels: list[str], answers: list[str]) -> float:
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def score(fitted_on: Any) -> float:
        ready = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler()).fit(fitted_on)
        model = LogisticRegression(max_iter=2000).fit(ready.transform(parts[0]), labels)
        return float(np.mean(model.predict(ready.transform(parts[1])) == np.array(answers)))

    return round(score(np.vstack(parts)) - score(parts[0]), 6)


def _of_texts(parts: list[list[str]], labels: list[str], answers: list[str]) -> float | None:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    def score(fitted_on: list[str]) -> float:
        ready = TfidfVectorizer(max_features=20_000, token_pattern=r"(?u)\S+").fit(fitted_on)
        model = LogisticRegression(max_iter=2000).fit(ready.transform(parts[0]), labels)
        return float(np.mean(model.predict(ready.transform(parts[1])) == np.array(answers)))

    return round(score([*parts[0], *parts[1]]) - score(parts[0]), 6)


def _rows(table: Table, label: str) -> list[int]:
    """Numbers of the rows that have a label, evenly thinned."""
    known = [i for i, value in enumerate(table.columns[label]) if value is not None and value == value]
    return known[:: max(1, math.ceil(len(known) / ROWS))]


def _numeric(table: Table, column: str) -> bool:
    values = [v for v in table.columns.get(column, []) if v is not None]
    return bool(values) and all(isinstance(v, int | float) for v in values)


def _matrix(table: Table, columns: list[str], rows: list[int]) -> Any:
    import numpy as np

    whole = [[_number(table.columns[c][i]) for c in columns] for i in rows]
    return np.array(whole, dtype=float)


def _number(value: Any) -> float:
    return float(value) if value is not None and math.isfinite(value) else math.nan


def _texts(table: Table, columns: Sequence[str], rows: list[int]) -> list[str]:
    return [" ".join(str(table.columns[c][i] or "") for c in columns if c in table.columns) for i in rows]
