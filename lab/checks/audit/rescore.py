"""What copies are worth: one simple model, fitted with them and without, scored on the same test rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lab.checks.audit.load import joined, rows_at
from lab.checks.parts import Part, Roles, Table
from state.products import Finding

FITTED = 20_000
"""Train rows beside the copies: enough to see a hundredth, and seconds of work."""
SCORED = 20_000
CLASSES = 50
TERMS = 30_000


def with_inflation(
    finding: Finding, copies: Sequence[int], flagged: Sequence[int], train: Part, tables: tuple[Table, Table],
    roles: Roles, seed: int = 0,
) -> Finding:  # fmt: skip
    """The finding with what its copies flatter by, where there is a label of few classes to measure it on."""
    measured = inflation(copies, flagged, train, tables, roles, seed)
    if measured is None:
        return finding
    with_, without, clean = measured
    beside = "" if clean is None else f", {clean:.3f} on the test rows without one"
    why = f"{finding.why}; a simple model scores {with_:.3f} fitted with the copies{beside}, {without:.3f} fitted without them"
    return finding.model_copy(update={"why": why, "inflation": round(with_ - without, 4)})


def inflation(
    copies: Sequence[int], flagged: Sequence[int], train: Part, tables: tuple[Table, Table], roles: Roles, seed: int
) -> tuple[float, float, float | None] | None:
    """Accuracy with the copies in train and without them, and that of the first model on the rows that have no copy."""
    import numpy as np

    label = roles.label
    if label is None or not roles.text or not copies or label not in tables[1].columns:
        return None
    mine, held = tables
    if not _few_classes(mine.columns[label]):
        return None
    doubled = set(map(int, copies))
    free = [at for at, row in enumerate(mine.index) if row not in doubled and mine.columns[label][at] is not None]
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.choice(len(free), min(FITTED, len(free)), replace=False).tolist())
    texts = _texts(mine, roles.text, [free[at] for at in chosen])
    labels = [str(mine.columns[label][free[at]]) for at in chosen]
    more = rows_at(train, [*roles.text, label], sorted(doubled)[:FITTED])
    answered = [at for at in range(len(held)) if held.columns[label][at] is not None][:SCORED]
    truth = np.array([str(held.columns[label][at]) for at in answered])
    if len(set(labels)) < 2 or len(truth) < 10:
        return None
    asked = _texts(held, roles.text, answered)
    extra = [(text, str(each)) for text, each in zip(joined([more[name] for name in roles.text]), more[label], strict=True)
             if each is not None]  # fmt: skip
    with_ = _fit([*texts, *(text for text, _ in extra)], [*labels, *(each for _, each in extra)], asked, seed) == truth
    without = _fit(texts, labels, asked, seed) == truth
    wrong = set(map(int, flagged))
    clean = np.array([held.index[at] not in wrong for at in answered])
    return float(with_.mean()), float(without.mean()), float(with_[clean].mean()) if clean.sum() >= 10 else None


def _few_classes(values: Sequence[Any]) -> bool:
    counts = Counter(str(value) for value in values if value is not None)
    return 2 <= len(counts) <= CLASSES and sum(counts.values()) >= 5 * len(counts)


def _texts(table: Table, names: Sequence[str], places: Sequence[int]) -> list[str]:
    return joined([[table.columns[name][at] for at in places] for name in names])


def _fit(texts: list[str], labels: list[str], asked: list[str], seed: int) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    reader = TfidfVectorizer(max_features=TERMS, token_pattern=r"(?u)\S+", ngram_range=(1, 2), sublinear_tf=True)
    matrix = reader.fit_transform(texts) if any(text.split() for text in texts) else None
    if matrix is None:
        return [labels[0]] * len(asked)
    model = LogisticRegression(max_iter=1000, C=10.0, random_state=seed).fit(matrix, labels)
    return model.predict(reader.transform(asked))
