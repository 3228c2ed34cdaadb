"""Which metric a result is to be read by, when nobody says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.checks.smells.value import agrees
from lab.stats.metric import Texts
from lab.stats.numbers import parse_number
from lab.stats.scorers import score
from state.errors import UserError

ERRORS = ("mse", "r2", "rmse", "mae")
LABELS = 20
"""Up to so many different answers are labels whatever they look like."""
REPEATS = 2
"""Answers that come this often on average are labels too."""
MET = 0.05
"""Share of whole numbers that are met exactly from which they are answers to a question, not measurements."""


def guess_metric(predictions: Texts, answers: Texts) -> tuple[str, str]:
    """A metric and why: accuracy for few kinds of answer, errors for measured numbers, else a match."""
    true = list(answers.values())
    kinds = len({text.strip() for text in true})
    read = [parse_number(text) for text in true]
    if None not in read and _measured(read, kinds, predictions, answers):
        return "mse", f"the answers are numbers, {kinds} different ones"
    if kinds <= LABELS or kinds * REPEATS <= len(true):
        return "accuracy", f"the answers are of {kinds} kinds"
    if None not in read:
        return "numeric_match", f"the answers are whole numbers, {kinds} different ones"
    return "exact_match", f"the answers are {kinds} different texts"


def fits(predictions: Texts, answers: Texts, claims: Callable[[str], tuple[float, int | None]]) -> str:
    """Of the metrics of measured numbers the one whose value is claimed; empty when none is. `claims` reads the claim as
    a value of a metric, and may refuse it."""
    for name in ERRORS:
        try:
            claimed, decimals = claims(name)
        except UserError:  # a percentage is no error
            continue
        if agrees(claimed, score(name, predictions, answers).value, decimals):
            return name
    return ""


def _measured(read: Sequence[float | None], kinds: int, predictions: Texts, answers: Texts) -> bool:
    """Are these numbers near or far, not right or wrong?"""
    said = [parse_number(predictions.get(key)) for key in answers]
    shown = [s for s in said if s is not None]
    whole = all(x is not None and x == int(x) for x in read)
    if not shown:
        return not whole and kinds > LABELS
    between = sum(s != int(s) for s in shown) > len(shown) / 2
    if not whole:
        return kinds > LABELS or (between and kinds > 2)
    if between:
        return True
    met = sum(s == x for s, x in zip(said, read, strict=True)) / len(read)
    return kinds > LABELS and kinds * REPEATS > len(read) and met < MET
