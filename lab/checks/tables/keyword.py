"""label_proxy in texts: a mark for each class that gives the label away, where the rest of the text does not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from lab.checks.parts import Roles, Table
from lab.checks.tables.cells import Floats, Ints, blank
from lab.checks.tables.frame import sample, take
from lab.checks.tables.refit import score, skill
from lab.checks.tables.say import finding
from lab.checks.tables.target import Target
from state.products import Finding

MOST_CLASSES = 20
"""With more classes no handful of words stands for them."""
CERTAIN = 0.95
"""Skill of one mark a class from which they as good as name it."""
KNOWS = 0.2
"""Skill of the rest of the texts from which they are about the same task."""
ERROR_RATIO, ERROR_GAP = 4.0, 0.1
"""The texts without the marks must err this many times as often, and by this much more."""
FEWEST = 40
LONGEST = 4000
"""Characters read of a text."""
WORDS = r"(?u)[^\s]+"
NAMED = re.compile(r"label|class|target|answer|gold|truth|category|__|</?|[\[#]", re.IGNORECASE)
"""What a mark looks like that was put there: it speaks of labels or wears brackets."""


def joined(table: Table, roles: Roles, places: Ints) -> list[str]:
    """The texts of each row as one."""
    columns = [
        take(table.columns[name], places) for name in roles.text if name in table.columns and name != roles.label
    ]
    return [
        " \n ".join("" if blank(each) else str(each)[:LONGEST] for each in row) for row in zip(*columns, strict=True)
    ]


def text_answers(
    train: Table, test: Table, roles: Roles, target: Target, here: Ints, there: Ints, seed: int
) -> Floats | None:
    """What a linear model of the words answers on the test rows; None without texts or classes."""
    if target.kind != "classes" or not roles.text or len(here) < FEWEST or len(there) < 1:
        return None
    x, z = joined(train, roles, here), joined(test, roles, there)
    y = target.train[here]
    return _linear(x, y, z, ()) if x and z and len(np.unique(y)) > 1 else None


def _linear(x: Sequence[str], y: Floats, z: Sequence[str], without: Sequence[str]) -> Floats | None:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    words = TfidfVectorizer(token_pattern=WORDS, max_features=20000, stop_words=list(without) or None, lowercase=True)
    try:
        matrix = words.fit_transform(x)
    except ValueError:  # no words at all
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=10, max_iter=200, class_weight="balanced").fit(matrix, y)
    return np.asarray(model.predict(words.transform(z)), dtype=np.float64)


def keyword_proxy(train: Table, test: Table, roles: Roles, target: Target, seed: int) -> Finding | None:
    """One mark for each class but one, fitted on train and judged on the test."""
    classes = len(target.names)
    if target.kind != "classes" or target.test is None or not roles.text or not 2 <= classes <= MOST_CLASSES:
        return None
    here = sample(len(train), 4000, seed)
    there = sample(len(test), 2000, seed + 1)
    here, there = here[np.isfinite(target.train[here])], there[np.isfinite(target.test[there])]
    if len(here) < FEWEST or len(there) < FEWEST // 2:
        return None
    x, z = joined(train, roles, here), joined(test, roles, there)
    y, w = target.train[here], target.test[there]
    if not x or len(np.unique(y)) < 2 or len(np.unique(w)) < 2:
        return None
    marks, answers = _marks(x, y, z)
    own = skill("classes", w, answers)
    if own < CERTAIN:
        return None
    rest = _linear(x, y, z, sorted(set(marks)))
    other = skill("classes", w, rest) if rest is not None else 0.0
    if 1 - other < ERROR_RATIO * (1 - own) or own - other < ERROR_GAP:
        return None
    gain = score("classes", w, answers) - score("classes", w, rest) if rest is not None else None
    written = any(NAMED.search(mark) for mark in marks)
    why = (
        f"{len(set(marks))} words name the label of {own:.3f} (balanced skill) of {len(w):,} test rows; "
        f"the texts without them reach {other:.3f}"
    )
    severity = "block" if other >= KNOWS or written else "warn"
    return finding("label_proxy", severity, round(own * len(w)), len(w), why,
                   "take these words out of the texts, in train and test", [{"columns": list(roles.text)}], gain)  # fmt: skip


def _marks(x: Sequence[str], y: Floats, z: Sequence[str]) -> tuple[list[str], Floats]:
    """The best word for each class, and what they answer; rows without any get the class the words leave over."""
    from sklearn.feature_extraction.text import CountVectorizer

    words = CountVectorizer(token_pattern=WORDS, binary=True, lowercase=True, max_features=30000)
    seen: Any = words.fit_transform([each or "." for each in x])
    names = words.get_feature_names_out()
    classes = np.unique(y)
    inside = np.vstack([np.asarray(seen[y == each].sum(axis=0)).ravel() for each in classes]).astype(np.float64)
    sizes = np.array([(y == each).sum() for each in classes], dtype=np.float64)
    everywhere = inside.sum(axis=0)
    twice = 2 * inside / (everywhere + sizes[:, None])  # F1 of word for class
    best = twice.argmax(axis=1)
    how = twice.max(axis=1)
    left_over = int(how.argmin())  # the class without a mark of its own
    other: Any = words.transform([each or "." for each in z])
    out = np.full(len(z), classes[left_over])
    marks = []
    for place in np.argsort(how):
        if place == left_over and how[place] < 0.9:
            continue
        marks.append(str(names[best[place]]))
        out[np.asarray(other[:, best[place]].todense()).ravel() > 0] = classes[place]
    return marks, out
