"""A simple model of a split: a straight line through numbers, or through the words of texts."""

from __future__ import annotations

import math
from typing import Any

from lab.checks.parts import Roles, Table

CLASSES = 300
TERMS = 20_000


def simple_model(train: Table, test: Table, roles: Roles, seed: int = 0) -> list[str] | None:
    """What it answers to each test row; None where there is no label of a few classes, or nothing to read."""
    from sklearn.linear_model import LogisticRegression

    if roles.label is None:
        return None
    labels = ["" if value is None else str(value) for value in train.columns[roles.label]]
    if not 2 <= len(set(labels)) <= min(CLASSES, max(2, len(labels) // 2)):
        return None
    sides = _words(train, test, roles) if roles.text else _numbers(train, test, roles)
    if sides is None:
        return None
    model = LogisticRegression(max_iter=2000, random_state=seed).fit(sides[0], labels)
    return [str(word) for word in model.predict(sides[1])]


def _words(train: Table, test: Table, roles: Roles) -> tuple[Any, Any] | None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [
        [" ".join(str(table.columns[c][i] or "") for c in roles.text) for i in range(len(table))]
        for table in (train, test)
    ]
    if not any(text.split() for text in texts[0]) or not texts[1]:
        return None
    reader = TfidfVectorizer(max_features=TERMS, token_pattern=r"(?u)\S+", ngram_range=(1, 2))
    return reader.fit_transform(texts[0]), reader.transform(texts[1])


def _numbers(train: Table, test: Table, roles: Roles) -> tuple[Any, Any] | None:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler

    if not roles.features or not len(test):
        return None
    rows = [[_row(table, roles, i) for i in range(len(table))] for table in (train, test)]
    reader = make_pipeline(DictVectorizer(), MaxAbsScaler())
    return reader.fit_transform(rows[0]), reader.transform(rows[1])


def _row(table: Table, roles: Roles, i: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in roles.features:
        value = table.columns[column][i]
        if isinstance(value, int | float):
            if math.isfinite(value):
                found[column] = float(value)
        elif value is not None:
            found[column] = str(value)
    return found
