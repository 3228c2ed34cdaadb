"""label_noise: how many labels disagree with what models, blind to the row, are surest of.

Classes that overlap disagree near their border and agree far from it. Wrong labels disagree everywhere alike: so the
rate is read where the models are surest, and only believed when it does not fall from sure to surer rows.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats, Ints
from lab.checks.tables.frame import feature_names, filled, read_frame, sample
from lab.checks.tables.keyword import joined
from lab.checks.tables.refit import folds
from lab.checks.tables.say import finding, percent, read, rows_of
from lab.checks.tables.target import read_target
from state.products import Finding

KIND = "label_noise"
MOST, FEWEST = 3000, 100
PARTS = 4
MODEL_KNOWS = 0.5
"""Skill a model needs (over always answering the commonest) before its disagreement says anything of the labels."""
SURE_HALF = 0.5
"""The surer half of the rows is where the rate is read."""
FLAT, FALLING = 0.6, 0.4
"""The surest quarter must disagree this share as often as the next to warn, and to tell: overlap falls off, wrong labels
don't; in between nobody can say."""
FEWEST_OF_CLASS = 20
"""Rows in the surest quarter of a class before it is judged alone."""
TOLD, LOUD = 0.01, 0.03
"""Lower ends of the rate's interval (95 %) from which it is told, and warned of."""


def label_noise(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """An estimate of the share of wrong labels in train."""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind != "classes":
        return Looked(KIND, not_run=target if isinstance(target, str) else "the label is no class")
    names = feature_names(train, test, roles)[:300]
    if not names and not roles.text:
        return Looked(KIND, not_run="no features and no texts")
    places = sample(len(train), MOST, seed)
    places = places[np.isfinite(target.train[places])]
    places = _once(train, [*names, *roles.text], places, target.train)
    y = target.train[places]
    kept = np.bincount(y.astype(np.int64))[y.astype(np.int64)] >= 2 * PARTS  # a rare class can't be learnt, nor judged
    places, y = places[kept], y[kept]
    if len(y) < FEWEST or len(np.unique(y)) < 2:
        return Looked(KIND, not_run=f"fewer than {FEWEST} rows of two classes that are not rare")
    sure, wrong, said_class = _doubts(train, test, roles, names, places, y, seed)
    looked_at = f"{read(train, test, len(y), 0)}: labels against a model that had not seen the row"
    most = float(np.unique(y, return_counts=True)[1].max()) / len(y)
    accuracy = float(1 - wrong.mean())
    if (accuracy - most) / (1 - most) < MODEL_KNOWS:
        return Looked(KIND, not_run=f"a simple model is right in {percent(accuracy)} only: its doubts say nothing")
    order = np.argsort(-sure, kind="stable")
    half, quarter = order[: int(SURE_HALF * len(y))], len(y) // 4
    rate, low = float(wrong[half].mean()), _lowest(int(wrong[half].sum()), len(half))
    surest, next_best = float(wrong[half[:quarter]].mean()), float(wrong[half[quarter:]].mean())
    if low < TOLD or surest < FALLING * next_best:
        one = _one_class(train, places, sure, wrong, said_class)
        return Looked(KIND, (one,) if one else (), looked_at=looked_at)
    rows = half[wrong[half]]
    why = (
        f"about {percent(rate)} of labels look wrong: where a model (right in {percent(accuracy)} of all rows) is surest, "
        f"{int(wrong[half].sum())} of {len(half):,} labels differ, and no fewer where it is surer still"
    )
    said = finding(KIND, "warn" if low >= LOUD and surest >= FLAT * next_best else "info", round(rate * train.total), train.total, why,
                   "look at these rows' labels; no honest score lies above one less this rate",
                   rows_of("train", train, places[rows[:20]]))  # fmt: skip
    return Looked(KIND, (said,), looked_at=looked_at)


def _one_class(train: Table, places: Ints, sure: Floats, wrong: Any, answers: Ints) -> Finding | None:
    """Wrong labels in one class alone: a model is less sure of all that class, so its rows are ranked among themselves."""
    for kind in np.unique(answers):
        rows = np.flatnonzero(answers == kind)
        half = rows[np.argsort(-sure[rows], kind="stable")][: int(SURE_HALF * len(rows))]
        quarter = len(half) // 2
        if quarter < FEWEST_OF_CLASS:
            continue
        surest, next_best = float(wrong[half[:quarter]].mean()), float(wrong[half[quarter:]].mean())
        count = int(wrong[half].sum())
        if _lowest(count, len(half)) < LOUD or surest < FLAT * next_best:
            continue
        rate = float(wrong[half].mean())
        why = (f"about {percent(rate)} of the rows that look like one class carry another label: {count} of the {len(half):,} that "
               "a model is surest of, and no fewer where it is surer still")  # fmt: skip
        hit = half[wrong[half]]
        share = rate * len(rows) / len(answers)
        return finding(KIND, "warn", round(share * train.total), train.total, why, "look at these rows' labels",
                       rows_of("train", train, places[hit[:20]]))  # fmt: skip
    return None


def _lowest(count: int, of: int) -> float:
    """Lower end of the Wilson interval."""
    z, share = 1.96, count / max(1, of)
    middle = share + z * z / (2 * of)
    half = z * float(np.sqrt(share * (1 - share) / of + z * z / (4 * of * of)))
    return max(0.0, (middle - half) / (1 + z * z / of))


def _doubts(
    train: Table, test: Table, roles: Roles, names: list[str], places: Ints, y: Floats, seed: int
) -> tuple[Floats, Any, Ints]:
    """How sure a model blind to the row is of its answer, and whether the label differs from it."""
    chances = []
    if names:
        frame = read_frame(train, test, names, seed, len(train) if len(train) <= MOST else MOST, 1)
        spot = {int(place): row for row, place in enumerate(frame.train_rows)}
        rows = np.array([spot[int(place)] for place in places])
        chances.append(_forest_says(filled(frame.train[rows]), y, seed))
    if roles.text and (texts := joined(train, roles, places)):
        chances.append(_words_say(texts, y, seed))
    accuracies = [float((each.argmax(axis=1) == np.unique(y, return_inverse=True)[1]).mean()) for each in chances]
    best = chances[int(np.argmax(accuracies))]
    answers = best.argmax(axis=1).astype(np.int64)
    return best.max(axis=1), answers != np.unique(y, return_inverse=True)[1], answers


def _once(train: Table, names: list[str], places: Ints, label: Floats) -> Ints:
    """Copies of a row counted once: a model is surer of them for no good reason, and their number proves nothing."""
    columns = [train.columns[name] for name in dict.fromkeys(names) if name in train.columns]
    first = {(float(label[at]), *(repr(column[at]) for column in columns)): int(at) for at in places[::-1].tolist()}
    return np.array(sorted(first.values()), dtype=np.int64)


def _parts(inputs: Ints, seed: int) -> Ints:
    """Copies of one input in one part: a model that saw a copy is sure of its label for no good reason."""
    return folds(int(inputs.max()) + 1, PARTS, seed)[inputs]


def _forest_says(x: Floats, y: Floats, seed: int) -> Floats:
    from sklearn.ensemble import RandomForestClassifier

    label = np.unique(y, return_inverse=True)[1]
    out = np.zeros((len(y), int(label.max()) + 1))
    part = _parts(np.unique(x, axis=0, return_inverse=True)[1].ravel(), seed)
    for each in range(PARTS):
        model = RandomForestClassifier(n_estimators=80, min_samples_leaf=3, random_state=seed)
        model.fit(x[part != each], label[part != each])
        out[np.ix_(part == each, model.classes_)] = model.predict_proba(x[part == each])
    return out


def _words_say(texts: list[str], y: Floats, seed: int) -> Floats:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    label = np.unique(y, return_inverse=True)[1]
    out = np.zeros((len(y), int(label.max()) + 1))
    if not any(any(sign.isalnum() for sign in text) for text in texts):
        out[:, 0] = 1.0
        return out
    matrix = TfidfVectorizer(token_pattern=r"(?u)\w+", max_features=20000).fit_transform(texts)
    part = _parts(np.unique(np.array(texts, dtype=object), return_inverse=True)[1].ravel(), seed)
    for each in range(PARTS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=3, max_iter=200).fit(matrix[part != each], label[part != each])
        out[np.ix_(part == each, model.classes_)] = model.predict_proba(matrix[part == each])
    return out
