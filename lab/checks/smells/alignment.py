"""Do predictions stand at their own rows and under their own names? A shift or a permuted map looks like a bad model."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lab.checks.smells.limits import (
    ENOUGH,
    FEW,
    MOST_LABELS,
    NEIGHBOURS,
    NEIGHBOURS_BEYOND,
    ROWS_PER_LABEL,
    SHIFT,
    SURE,
    UNSURE,
)
from lab.checks.smells.measure import knows, numbers, paired_p, two_sided
from lab.checks.smells.result import Result, not_run, said
from state.products import Check
from state.words import CheckResult

LEAST = 8
"""Rows below which no shift can be told from chance at all."""
READINGS = 2
"""A shift is looked for both ways."""
KNOWS_NOTHING = 1.64
"""Predictions that meet their own answers no more often than this many standard deviations above shuffled ones."""
LATE = 1
"""The shift of a model that says what was right one row ago; none says what will be right in the next."""


def alignment(result: Result) -> Check:
    """Predictions read one row off, or under the best other map of names, are not far better than as they stand."""
    name = "alignment"
    if len(result.answers) < LEAST or len(result.predictions) < LEAST:
        return not_run(name, f"fewer than {LEAST} rows: a shift can't be told from chance")
    if result.numeric:
        raw = [result.predictions.get(key) for key in result.answers]
        verdict, why, evidence = _shifted_numbers(raw, list(result.answers.values()))
        return said(name, verdict, why, **evidence)
    verdict, why, evidence = _shifted(result.said, result.true)
    mapped = _mapped(result.said, result.true)
    if mapped is None:
        return said(name, verdict, why, **evidence)
    both = {**evidence, **mapped[2]}
    if mapped[0] == "PASS":
        return said(name, verdict, f"{why}; {mapped[1]}", **both)
    # a permuted map makes every neighbour look better than the row itself: the reading that explains more is named
    shifted_fit = max(float(str(evidence["minus_one"])), float(str(evidence["plus_one"])))
    if verdict == "FAIL" and shifted_fit > float(str(mapped[2]["best_map"])):
        return said(name, verdict, why, **both)
    return said(name, mapped[0], mapped[1], **both)


Answered = tuple[CheckResult, str, dict[str, object]]


def _shifted(said_: Sequence[str | None], true: Sequence[str]) -> Answered:
    """Share of rows that are right as they stand and one row off, over all and over the second half: a row that was
    lost on the way shifts only those after it."""
    n = len(true)
    starts = (0, n // 2) if n >= 2 * FEW else (0,)
    readings = [_one_off(said_, true, start, shift) for start in starts for shift in (-1, 1)]
    best = max(readings, key=lambda r: r.moved - r.own)
    evidence: dict[str, object] = {"own": readings[0].own, "minus_one": readings[0].moved, "plus_one": readings[1].moved,
                                   "from_row": best.start, "shift": best.shift, "p": best.p}  # fmt: skip
    if best.moved - best.own <= SHIFT or best.p >= UNSURE:
        whole = max(readings[:2], key=lambda r: r.moved)
        return "PASS", f"{whole.own:.3g} of rows fit as they stand, {whole.moved:.3g} one row off", evidence
    where = f"from row {best.start} on " if best.start else ""
    why = f"{where}{best.own:.3g} of rows fit as they stand, {best.moved:.3g} one row off"
    return _doubted(why, evidence, sure=best.p < SURE, lags=best.shift == LATE and (n < FEW or _neighbours_agree(true)))


@dataclass(frozen=True)
class Reading:
    """Rows from `start` on against predictions `shift` rows away."""

    start: int
    shift: int
    own: float
    moved: float
    p: float


def _one_off(said_: Sequence[str | None], true: Sequence[str], start: int, shift: int) -> Reading:
    rows = range(max(start, -shift), len(true) - max(0, shift))
    here = [said_[i] == true[i] for i in rows]
    there = [said_[i + shift] == true[i] for i in rows]
    asked = [true[i] for i in rows]
    # any shift is better than a reversed reading: a shifted one must know the answers by itself
    p = max(paired_p(there, here), two_sided(max(0.0, knows([said_[i + shift] for i in rows], asked))))
    if abs(knows([said_[i] for i in rows], asked)) < KNOWS_NOTHING:  # then what the neighbours know stands for itself
        p = min(p, READINGS * two_sided(max(0.0, knows([said_[i + shift] for i in rows], asked))))
    return Reading(start, shift, sum(here) / len(rows), sum(there) / len(rows), p)


def _shifted_numbers(said_: Sequence[str | None], true: Sequence[str]) -> Answered:
    """Typical distance of numbers from their own answer and from their neighbour's."""
    given, gold = numbers(said_), numbers(true)
    found: list[tuple[float, float, float]] = []
    for shift in (-1, 1):
        rows = np.arange(max(0, -shift), len(gold) - max(0, shift))
        rows = rows[np.isfinite(given[rows + shift]) & np.isfinite(given[rows]) & np.isfinite(gold[rows])]
        if len(rows) < LEAST:
            return "NOT_RUN", "too few predictions are numbers", {}
        here, there = np.abs(given[rows] - gold[rows]), np.abs(given[rows + shift] - gold[rows])
        ratio = float(np.sum(there**2) / np.sum(here**2)) if np.any(here) else 1.0
        p = paired_p((there < here).tolist(), (here < there).tolist())
        # any shift is nearer than predictions that fall where answers rise: a shifted reading must know more by itself
        r, own = _together(given[rows + shift], gold[rows]), _together(given[rows], gold[rows])
        alone = two_sided(math.atanh(min(r, 0.999999)) * math.sqrt(len(rows) - 3)) if r > abs(own) else 1.0
        found.append((ratio, max(p, alone), float(shift)))
    ratio, p, shift_ = min(found)
    evidence: dict[str, object] = {"squared_error_ratio": ratio, "shift": shift_, "p": p}
    why = f"one row off the squared error is {ratio:.3g} times that of the rows as they stand"
    if ratio > 1 - 5 * SHIFT or p >= UNSURE:
        return "PASS", why, evidence
    lag = float(np.corrcoef(gold[:-1], gold[1:])[0, 1]) if np.ptp(gold[:-1]) and np.ptp(gold[1:]) else 0.0
    short = len(gold) < ENOUGH  # a short walk looks like noise; in a long one noise can be told
    alike = abs(lag) > max(NEIGHBOURS, 0.0 if short else NEIGHBOURS_BEYOND / math.sqrt(len(gold)))
    return _doubted(why, evidence, sure=p < SURE, lags=shift_ == LATE and (alike or (short and ratio == 0)))


def _together(given: NDArray[np.float64], gold: NDArray[np.float64]) -> float:
    """Correlation; 0 where one does not vary."""
    return float(np.corrcoef(given, gold)[0, 1]) if np.ptp(given) and np.ptp(gold) else 0.0


def _doubted(why: str, evidence: dict[str, object], *, sure: bool, lags: bool) -> Answered:
    if lags:
        return "SUSPECT", f"{why}; neighbours resemble each other, so a model that lags looks the same", evidence
    return ("FAIL", f"{why}: rows were joined one off", evidence) if sure else ("SUSPECT", why, evidence)


def _neighbours_agree(true: Sequence[str]) -> bool:
    counts, n = Counter(true), len(true)
    chance = sum(c * c for c in counts.values()) / n**2
    agree = sum(a == b for a, b in pairwise(true)) / (n - 1)
    noise = NEIGHBOURS_BEYOND * math.sqrt(chance * (1 - chance) / n) if n >= ENOUGH else 0.0
    return agree - chance > max(NEIGHBOURS * (1 - chance), noise)


def _mapped(said_: Sequence[str | None], true: Sequence[str]) -> Answered | None:
    """Share right under the best one-to-one map of names, chosen on one half of the rows and counted on the other."""
    kinds = len(set(true))
    if not 2 <= kinds <= MOST_LABELS or len(true) < max(LEAST, ROWS_PER_LABEL * kinds):
        return None
    if len(set(said_) - {None}) < 2:  # one word for all rows is no map: `variety` tells it
        return None
    half = [i for i in range(len(true)) if i % 4 in (0, 3)]  # not every second row: labels may alternate
    rest = [i for i in range(len(true)) if i % 4 in (1, 2)]
    under, renamed = list(said_), set[tuple[str, str]]()
    for learnt, counted in ((half, rest), (rest, half)):
        names = _best_map([(s, true[i]) for i in learnt if (s := said_[i]) is not None])
        renamed |= {(s, t) for s, t in names.items() if s != t}
        for i in counted:
            s = said_[i]
            under[i] = None if s is None else names.get(s, s)
    own = [s == t for s, t in zip(said_, true, strict=True)]
    mapped = [u == t for u, t in zip(under, true, strict=True)]
    before, after, p = sum(own) / len(true), sum(mapped) / len(true), paired_p(mapped, own)
    evidence: dict[str, object] = {"best_map": after, "map_p": p}
    strangers = len({s for s in said_ if s is not None} - set(true))
    why = f"under the best other map of {kinds} names {after:.3g} fit"
    if after - before <= SHIFT or p >= UNSURE:
        return "PASS", why, evidence
    named = f", {strangers} of the predicted names are none of the answers'" if strangers else ""
    why = f"{before:.3g} of rows fit as named, {after:.3g} under the best other map of {kinds} names{named}"
    if renamed and all(_folded(s) == _folded(t) != "" for s, t in renamed):
        # still a FAIL where it is sure: right answers are counted as wrong, so the score is not the model's
        why = f"{why}: the names differ in writing only (case, spacing, punctuation, Unicode form)"
        return ("FAIL" if p < SURE else "SUSPECT"), why, evidence
    return ("FAIL" if p < SURE else "SUSPECT"), f"{why}: the label map is permuted" if p < SURE else why, evidence


def _folded(name: str) -> str:
    """A name without what is only writing."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


def _best_map(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """From predicted to true names, one to one, with the most rows right; a tie keeps a name as it is."""
    from scipy.optimize import linear_sum_assignment

    spoken = [word for word, _ in Counter(s for s, _ in pairs).most_common(2 * MOST_LABELS)]
    names = sorted({t for _, t in pairs})
    row, column = {w: i for i, w in enumerate(spoken)}, {w: i for i, w in enumerate(names)}
    fits = np.zeros((len(spoken), len(names)))
    for s, t in pairs:
        if s in row:
            fits[row[s], column[t]] += 1
    for word in row.keys() & column.keys():
        fits[row[word], column[word]] += 0.5
    rows, columns = linear_sum_assignment(-fits)
    return {spoken[r]: names[c] for r, c in zip(rows, columns, strict=True) if fits[r, c] > 0}
