"""Metrics over several samples of each row: pass@k, and the best of n chosen by score or by weighted vote.

A sample is right when the base metric says so (exact_match unless named: `pass@4:numeric_match`). Scores choose; they
never decide what is right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lab.stats.intervals import Array
from lab.stats.metric import Given, Items, Metric, each, share
from lab.stats.votes import Vote, groups, winner
from state.errors import UserError


@dataclass(frozen=True)
class Sample:
    text: str | None
    score: float | None


def read_samples(row: Mapping[str, object]) -> list[Sample]:
    """A row's samples in their order; a score that is no finite number is no score."""
    found = row.get("samples")
    if not isinstance(found, (list, tuple)):
        return []
    return [_sample(entry) for entry in found]


def _sample(entry: object) -> Sample:
    if not isinstance(entry, Mapping):
        return Sample(entry if isinstance(entry, str) else None, None)
    text, score = entry.get("text"), entry.get("score")
    number = isinstance(score, (int, float)) and not isinstance(score, bool) and math.isfinite(score)
    return Sample(text if isinstance(text, str) else None, float(score) if number else None)  # type: ignore[arg-type]


def _all(given: Given, answers: list[str], what: str) -> list[list[Sample]]:
    read = [read_samples(row) for row in given.rows or [{}] * len(answers)]
    if not any(read):
        raise UserError(f'{what} needs samples: [{{"text", "score"}}, ...] in every row; no row has them')
    return read


def pass_at(k: int, base: Metric) -> Callable[[Given, list[str]], Items]:
    """The chance that k samples drawn from those given hold a right one; samples short of k count as wrong ones."""

    def items(given: Given, answers: list[str]) -> Items:
        read = _all(given, answers, f"pass@{k}")
        right = _right(read, given, answers, base)
        values = np.asarray([_unbiased(max(len(s), k), c, k) for s, c in zip(read, right, strict=True)])
        return each(values.reshape(-1, 1), values, sum(len(s) < k for s in read))

    return items


def _unbiased(n: int, right: int, k: int) -> float:
    """One minus the chance that all k of n are among the wrong ones."""
    if n - right < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - right + 1, n + 1))


def _right(read: list[list[Sample]], given: Given, answers: list[str], base: Metric) -> Array:
    """Right samples of each row, all judged in one go."""
    owner = [i for i, samples in enumerate(read) for _ in samples]
    texts = [sample.text for samples in read for sample in samples]
    options = [given.options[i] for i in owner] if given.options else None
    hits = base.items(Given(texts, None, options), [answers[i] for i in owner]).per_item
    return np.bincount(owner, weights=hits, minlength=len(read)).astype(np.int64)


def best_of(base: Metric) -> Callable[[Given, list[str]], Items]:
    """The sample with the highest score, the first of equals; a row whose samples have no score is wrong."""

    def items(given: Given, answers: list[str]) -> Items:
        read = [[s for s in samples if s.score is not None] for samples in _all(given, answers, "best_of_n")]
        chosen = [max(samples, key=lambda s: s.score or 0.0).text if samples else None for samples in read]
        return _judged(chosen, given, answers, base)

    return items


def weighted_best_of(base: Metric) -> Callable[[Given, list[str]], Items]:
    """Samples that give the same answer add up their scores; the heaviest answer stands, the first of equals."""

    def items(given: Given, answers: list[str]) -> Items:
        read = _all(given, answers, "weighted_best_of_n")
        if any(s.score is not None and s.score < 0 for samples in read for s in samples):
            raise UserError(
                "a vote can't weigh less than nothing; give scores of at least 0, such as exp of a log-probability"
            )
        asked = given.options or [None] * len(answers)
        votes = [
            [Vote(s.text, s.score) for s in samples if s.score is not None and s.text is not None] for samples in read
        ]
        chosen = [winner(groups(v, base.reads, o)) for v, o in zip(votes, asked, strict=True)]
        return _judged(chosen, given, answers, base)

    return items


def _judged(chosen: list[str | None], given: Given, answers: list[str], base: Metric) -> Items:
    judged = base.items(Given(chosen, None, given.options), answers)
    return share([bool(hit) for hit in judged.per_item], judged.unparsed, judged.note)
