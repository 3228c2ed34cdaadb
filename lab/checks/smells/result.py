"""What is known about one result. All but the metric, the predictions and the answers may be missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lab.checks.smells.names import ControlName
from lab.stats.choices import read_choice
from lab.stats.labels import label, plain
from lab.stats.metric import Metric, Options, Row, Scored, Texts
from lab.stats.numbers import parse_number
from lab.stats.quantities import read_quantity
from lab.stats.scorers import find_metric, score, score_rows
from state.products import Check
from state.words import CheckResult, Direction

Predicted = Texts | Mapping[str, Row]
"""By id: texts, or rows where the metric needs scores or samples."""


@dataclass(frozen=True)
class Result:
    """One result. A field left at its default was not given, and what needs it answers NOT_RUN."""

    metric: str
    predictions: Texts
    answers: Texts
    """By id, in the order of the rows: alignment is looked for along it."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    """Predictions as rows, where the metric needs scores or samples; `predictions` then holds their texts."""
    options: Options | None = None
    """Option texts of multiple-choice questions."""

    claimed: float | None = None
    decimals: int | None = None
    """Decimals of the claim as a fraction, as printed (94.0 % has 3); None: a value at full precision."""
    seeds: int = 1
    """Over how many equal runs the claim is a mean."""
    guessed: bool = False
    """Nobody named the metric."""
    apart: int = 0
    """By how many rows predictions and answers that were joined by position differ in length."""
    repeated: int = 0
    """Rows predicted more than once."""
    contradicted: int = 0
    """Rows predicted more than once, and not always the same."""
    declared: Direction | None = None
    """Which way is better, as the study has it."""

    train_answers: tuple[str, ...] | None = None
    train_score: float | None = None
    train_rows: int | None = None
    controls: Mapping[ControlName, Predicted | float] = field(default_factory=dict)
    """Predictions of control jobs on the same rows, or only their scores."""
    ceilings: Mapping[str, float] = field(default_factory=dict)
    """What can't be beaten (`label_noise`, `given`), or has not been (`published`, `human`)."""
    train_inputs: tuple[str, ...] | None = None
    """One text a training row, as long as `train_answers`: equal inputs with unequal answers bound any score."""
    inputs: Texts = field(default_factory=dict)
    """What the model was given, by id."""
    before: float | None = None
    """The score before one change was made."""

    slices: Mapping[str, Texts] = field(default_factory=dict)
    """By kind (source, group, length), the slice of every row."""
    flagged: frozenset[str] | None = None
    """Ids of rows that overlap with the training data."""

    others: Mapping[str, Texts] = field(default_factory=dict)
    """Predictions of other experiments on the same rows."""
    other_values: Mapping[str, float] = field(default_factory=dict)
    """Scores of other experiments, of other configurations or seeds, on the same rows."""
    twins: frozenset[str] = frozenset()
    """Names among the others that are expected to be the same: a deterministic learner under another seed."""
    losses: tuple[float, float] | None = None
    """Held-out loss before and after the change from `before` to this result."""

    prompts: Texts = field(default_factory=dict)
    """As they went into the model, templates applied."""
    examples: frozenset[str] | None = None
    """Ids of the rows shown as few-shot examples."""
    again: Texts | None = None
    """A second prediction of the same rows."""
    alone: Texts | None = None
    """The same rows predicted one at a time."""
    sampled: bool = False
    """Predictions are drawn, not the likeliest: two passes may differ."""
    training_mode: bool | None = None
    """Was the model in training mode (dropout on) when it predicted?"""

    planned_seconds: float | None = None
    actual_seconds: float | None = None
    trainable_tokens: int | None = None
    """Tokens that had a gradient."""
    opened: frozenset[str] | None = None
    """Files that the training opened, as absolute paths."""
    forbidden: frozenset[str] = frozenset()
    """Files and folders it may not open."""
    walled: bool | None = None
    """Did a sandbox keep the forbidden files out of reach?"""

    @cached_property
    def rule(self) -> Metric:
        return find_metric(self.metric)

    @cached_property
    def scored(self) -> Scored:
        return self.score(self.given)

    @property
    def given(self) -> Predicted:
        return self.predictions if self.rule.needs == "texts" else self.rows

    def score(self, given: Predicted, answers: Texts | None = None) -> Scored:
        """Score other predictions as these are scored, over all answers or some."""
        asked = self.answers if answers is None else answers
        if self.rule.needs == "texts":
            return score(self.rule.name, given, asked, options=self.options)  # type: ignore[arg-type]
        return score_rows(self.rule.name, given, asked, options=self.options)  # type: ignore[arg-type]

    @property
    def numeric(self) -> bool:
        """Predictions are near or far, not right or wrong."""
        return self.rule.reads == "number"

    @cached_property
    def true(self) -> list[str]:
        """Answers in the order of the rows, as the metric reads them."""
        return [self.read(text) for text in self.answers.values()]

    @cached_property
    def said(self) -> list[str | None]:
        """Predictions beside them; None where there is none."""
        return [None if (text := self.predictions.get(key)) is None else self.read(text) for key in self.answers]

    def read(self, text: str) -> str:
        """A text as the metric reads it: two that are right for one another become the same."""
        if self.rule.reads == "quantity":
            found = read_quantity(text)
            return plain(text) if found is None else str(found.value)
        if self.rule.reads == "choice":
            return read_choice(text) or plain(text)
        return plain(text) if self.rule.reads in ("text", "samples") else label(text)

    @property
    def value(self) -> float:
        """As claimed, and what the predictions give where nothing is claimed."""
        if self.claimed is not None:
            return self.claimed
        return self.scored.value if self.answers else math.nan

    @property
    def sign(self) -> int:
        return 1 if self.rule.direction == "maximize" else -1

    def readable(self, text: str) -> bool:
        """Is a prediction of the form the metric reads?"""
        if self.rule.reads == "label":
            return label(text) in self.kinds
        if self.rule.reads == "quantity":
            return read_quantity(text) is not None
        if self.rule.reads == "choice":
            return read_choice(text) is not None
        return parse_number(text) is not None if self.numeric else bool(text.strip())

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(self.true)


def said(name: str, result: CheckResult, why: str, **evidence: object) -> Check:
    """One check's answer."""
    return Check(name=name, result=result, why=why, evidence=evidence)


def not_run(name: str, why: str) -> Check:
    return Check(name=name, result="NOT_RUN", why=why)
