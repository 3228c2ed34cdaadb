"""Simple seeded models, fitted for real, and how good their answers are: the only source of `inflation`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import filled

TREES = 40
"""Enough that two seeds differ by less than a point."""

Fit = Callable[[Floats, Floats, Floats], Floats]
"""Features and labels of one part, features of another: its answers."""


def forest(kind: str, seed: int, trees: int = TREES) -> Fit:
    """A random forest."""

    def fit(x: Floats, y: Floats, z: Floats) -> Floats:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        wide = max(1, int(np.sqrt(x.shape[1])) if kind == "classes" else x.shape[1] // 3)
        made = RandomForestClassifier if kind == "classes" else RandomForestRegressor
        model = made(n_estimators=trees, min_samples_leaf=2, max_features=wide, random_state=seed)
        return _answers(model, x, y, z)

    return fit


def tree(kind: str, seed: int) -> Fit:
    """A small decision tree: for one column alone."""

    def fit(x: Floats, y: Floats, z: Floats) -> Floats:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        made = DecisionTreeClassifier if kind == "classes" else DecisionTreeRegressor
        return _answers(made(min_samples_leaf=3, max_leaf_nodes=64, random_state=seed), x, y, z)

    return fit


def _answers(model: Any, x: Floats, y: Floats, z: Floats) -> Floats:
    both = filled(np.vstack([x, z]))
    model.fit(both[: len(x)], y)
    return np.asarray(model.predict(both[len(x) :]), dtype=np.float64)


def score(kind: str, truth: Floats, answers: Floats) -> float:
    """Accuracy, or R2 for a quantity (not below -1: how wrong a wrong model is, is no measure of anything)."""
    if kind == "classes":
        return float((truth == answers).mean())
    spread = float(((truth - truth.mean()) ** 2).sum())
    return max(-1.0, 1.0 - float(((truth - answers) ** 2).sum()) / spread) if spread > 0 else 0.0


def skill(kind: str, truth: Floats, answers: Floats) -> float:
    """0 for one who knows nothing, 1 for one who is always right: classes weigh alike, however rare."""
    if kind != "classes":
        return score(kind, truth, answers)
    classes = np.unique(truth)
    if len(classes) < 2:
        return 0.0
    chance = 1.0 / len(classes)
    right = float(np.mean([(answers[truth == each] == each).mean() for each in classes]))
    return (right - chance) / (1.0 - chance)


def folds(rows: int, parts: int, seed: int) -> Ints:
    """A part for each row, at random and of equal size."""
    return np.random.default_rng(seed).permutation(rows) % parts


def crossed(fit: Fit, x: Floats, y: Floats, part: Ints) -> Floats:
    """Answers for every row from a model that saw only the other parts."""
    out = np.full(len(y), np.nan)
    for each in np.unique(part):
        inside = part == each
        out[inside] = fit(x[~inside], y[~inside], x[inside])
    return out
