"""label_proxy: one feature that gives the label away, where all the others together do not come near.

A strong feature is no leak: the others must fall short of it, beyond chance, before anything is said. And a task may
honestly rest on one feature (a rule someone made up, a threshold): unless the feature holds the classes apart, as
a copy of the label does, it only warns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import Floats
from lab.checks.tables.frame import Frame, feature_names, read_frame
from lab.checks.tables.hidden import hidden_proxies
from lab.checks.tables.keyword import keyword_proxy, text_answers
from lab.checks.tables.power import alone, apart, promising, values_in
from lab.checks.tables.refit import crossed, folds, forest, score, skill
from lab.checks.tables.say import finding, read
from lab.checks.tables.target import Target, read_target
from state.products import Finding

KIND = "label_proxy"
FEWEST = 20
"""Labelled rows either side needs before 'almost perfect' means anything."""
CERTAIN = {"classes": 0.97, "quantity": 0.99}
"""Skill of one feature from which it as good as knows the label."""
STRONG = {"classes": 0.90, "quantity": 0.99}
"""Skill from which a feature is looked at; petal length on iris has 0.93."""
NOISY = 0.8
"""The same for a column with a value for each class: a copy of the label with a tenth of the rows drawn anew."""
KNOWS = {"classes": 0.2, "quantity": 0.1}
"""Skill of the other features from which they are about the same task: then one that knows all is out of place."""
COMPANY = {"classes": 0.97, "quantity": 0.9}
"""Skill of the others above which nothing is odd about a strong one."""
ERROR_RATIO, ERROR_GAP = 3.0, 0.05
"""The others must err this many times as often, and by this much more."""
SURE = 1e-3
"""Chance of such a difference on as many test rows."""
MOST_SUSPECTS = 3
"""More columns than this that each know the label: an easy task, not a leak."""
WIDEST = 150
"""Columns the comparison model is given: the most promising ones."""
MANY_NAMES = 20
"""A column of names with more values than this may know the label as a group does: that is the group's check."""
CELLS = 8_000_000


@dataclass(frozen=True)
class Views:
    """The rows a proxy is judged on."""

    kind: str
    frame: Frame
    x: Floats
    y: Floats
    z: Floats
    w: Floats
    texts: Floats | None
    """What a model of the texts answers on the test rows, where there are texts."""


def label_proxy(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Features and words that know the label."""
    target = read_target(train, test, roles)
    if isinstance(target, str) or target.kind == "open":
        return Looked(KIND, not_run=target if isinstance(target, str) else "the label is an open answer")
    names = feature_names(train, test, roles)
    if not names and not roles.text:
        return Looked(KIND, not_run="no features are shared by train and test")
    found: list[Finding] = []
    views = _views(train, test, roles, target, names, seed)
    if isinstance(views, str):
        return Looked(KIND, not_run=views)
    if names:
        found.extend(_columns(views, seed))
    found.extend(hidden_proxies(train, test, roles, target, names, seed))
    word = keyword_proxy(train, test, roles, target, seed)
    found.extend([word] if word else [])
    rows = read(train, test, len(views.y), len(views.w))
    return Looked(KIND, tuple(found), looked_at=f"{rows}, {len(names)} features and {len(roles.text)} text columns")


def _views(train: Table, test: Table, roles: Roles, target: Target, names: list[str], seed: int) -> Views | str:
    rows = int(min(4000, max(400, CELLS // max(1, len(names)))))
    frame = read_frame(train, test, names, seed, rows, max(200, rows // 2))
    y = target.train[frame.train_rows]
    w = target.test[frame.test_rows] if target.test is not None else np.full(len(frame.test_rows), np.nan)
    fine, good = np.isfinite(y), np.isfinite(w)
    x, y, z, w = frame.train[fine], y[fine], frame.test[good], w[good]
    texts = text_answers(train, test, roles, target, frame.train_rows[fine], frame.test_rows[good], seed)
    if len(w) < FEWEST and target.test is None and len(y) >= 4 * FEWEST:  # no labels there: a third of train stands in
        part = np.arange(len(y)) % 3 == 0
        x, y, z, w, texts = x[~part], y[~part], x[part], y[part], None
    if len(y) < FEWEST or len(w) < FEWEST:
        return f"fewer than {FEWEST} labelled rows on a side"
    if len(np.unique(y)) < 2 or len(np.unique(w)) < 2:
        return "a side has a single label"
    return Views(target.kind, frame, x, y, z, w, texts)


def _columns(views: Views, seed: int) -> list[Finding]:
    kind = views.kind
    order, power = promising(kind, views.x, views.y, views.frame.numeric)
    like = [
        kind == "classes" and values_in(views.x[:, each]) <= len(np.unique(views.y)) for each in range(views.x.shape[1])
    ]
    least = [NOISY if each else STRONG[kind] for each in like]
    close = [int(each) for each in order[:8] if power[each] >= 0.8 * least[each]]
    answers = {column: alone(kind, views.x[:, column], views.y, views.z[:, column], seed) for column in close}
    skills = {column: skill(kind, views.w, found) for column, found in answers.items()}
    strong = [column for column in close if skills[column] >= least[column]]
    if not strong:
        return []
    others = len(views.frame.names) - len(strong)
    together = len(strong) <= MOST_SUSPECTS and others >= 2 * len(strong)
    found = []
    for column in strong:
        aside = strong if together else [column]
        rest = [int(each) for each in order[: WIDEST + len(aside)] if int(each) not in aside][:WIDEST]
        said = _judged(views, column, answers[column], skills[column], rest, seed)
        found.extend([said] if said else [])
    return found


def _judged(views: Views, column: int, answers: Floats, own: float, rest: list[int], seed: int) -> Finding | None:
    kind, name = views.kind, views.frame.names[column]
    fit = forest(kind, seed)
    candidates = [fit(views.x[:, rest], views.y, views.z[:, rest])] if rest else []
    candidates += [views.texts] if views.texts is not None else []
    best = max(candidates, key=lambda each: skill(kind, views.w, each)) if candidates else None
    other = skill(kind, views.w, best) if best is not None else 0.0
    if other >= COMPANY[kind] or not _beyond(views, column, rest, answers, best, seed):
        return None
    severity = _severity(views, column, own, other, best is not None)
    if not severity:
        return None
    whole = fit(views.x[:, [*rest, column]], views.y, views.z[:, [*rest, column]])
    without = score(kind, views.w, best) if best is not None else None
    gain = None if without is None else score(kind, views.w, whole) - without
    measure = "balanced skill" if kind == "classes" else "R2"
    why = f"the column {name[:60]!r} alone has {own:.3f} {measure} on {len(views.w):,} rows it was not fitted on; " + (
        f"all else together has {other:.3f}" if best is not None else "there are no other features"
    )
    remedy = f"leave out {name[:60]!r} unless it is known before the label is"
    return finding(KIND, severity, round(own * len(views.w)), len(views.w), why, remedy, [{"column": name}], gain)


def _beyond(views: Views, column: int, rest: list[int], answers: Floats, best: Floats | None, seed: int) -> bool:
    """Is the feature better than all the others, and not by luck? Train rows are asked too, each by models blind to it."""
    from scipy.stats import binomtest

    kind = views.kind
    if best is None:
        return True
    own, other = skill(kind, views.w, answers), skill(kind, views.w, best)
    if 1 - other < ERROR_RATIO * (1 - own) or own - other < ERROR_GAP:
        return False
    truth = views.w
    if rest and views.texts is None:
        part = folds(len(views.y), 3, seed)
        single = crossed(lambda x, y, z: alone(kind, x[:, 0], y, z[:, 0], seed), views.x[:, [column]], views.y, part)
        others = crossed(forest(kind, seed), views.x[:, rest], views.y, part)
        answers, best, truth = np.append(answers, single), np.append(best, others), np.append(truth, views.y)
    if kind == "classes":
        mine, its = answers == truth, best == truth
    else:
        mine = np.abs(answers - truth) < np.abs(best - truth)
        its = np.abs(best - truth) < np.abs(answers - truth)
    for_it, against = int((mine & ~its).sum()), int((its & ~mine).sum())
    return for_it + against > 0 and binomtest(for_it, for_it + against, alternative="greater").pvalue < SURE


def _severity(views: Views, column: int, own: float, other: float, company: bool) -> str:
    kind = views.kind
    x, z = views.x[:, column], views.z[:, column]
    different = values_in(x)
    if kind == "quantity":
        same = float((np.abs(z - views.w) <= 1e-9 * np.maximum(1, np.abs(views.w))).mean())
        return "block" if same >= 0.99 or (own >= CERTAIN[kind] and other >= KNOWS[kind]) else "warn"
    classes = len(np.unique(views.y))
    copy = different <= classes or (views.frame.numeric[column] and apart(x, views.y))
    if not company:
        return "warn" if copy and own >= CERTAIN[kind] else ""
    if not views.frame.numeric[column] and different > max(MANY_NAMES, 2 * classes):
        return "warn"
    if own >= CERTAIN[kind] and copy:
        return "block"
    return "block" if copy and other >= KNOWS[kind] else "warn"
