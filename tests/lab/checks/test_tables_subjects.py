"""Subjects without a name are found however many rows each has; classes that lie apart are no subjects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import datasets
from test_tables_made import features, halves, roles_of

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.groups import group_leak
from lab.checks.tables.near import near_duplicate
from lab.checks.tables.subjects import subjects


def repeated(rows: int, each: int, seed: int, noise: float = 0.15) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    who = rng.integers(0, rows // each, rows)
    x = 3 * rng.normal(size=(rows // each, 12))[who] + noise * rng.normal(size=(rows, 12))
    return x, rng.integers(0, 2, rows // each)[who], who


def asked(x: Any, y: Any) -> Looked:
    columns = features(x, y=y)
    return group_leak(*halves(columns), roles_of(columns))


@pytest.mark.slow
@pytest.mark.parametrize("each", [10, 16, 20, 25, 40])
def test_subjects_of_many_rows_block(each: int) -> None:
    x, y, _ = repeated(1000, each, each)
    assert [found.severity for found in asked(x, y).findings] == ["block"]


@pytest.mark.parametrize("each", [70, 100])
def test_few_and_huge_subjects_are_no_pass(each: int) -> None:
    looked = asked(*repeated(1000, each, each)[:2])
    assert looked.findings or looked.not_run


@pytest.mark.parametrize("centres", [3, 12, 30])
def test_classes_that_lie_apart_are_no_subjects(centres: int) -> None:
    x, y = datasets.make_blobs(900, 8, centers=centres, random_state=centres)[:2]
    looked = asked(x, y)
    assert not looked.findings and not looked.not_run


@pytest.mark.parametrize("kinds", [2, 5])
def test_classes_in_several_clumps_are_no_subjects(kinds: int) -> None:
    x, y = datasets.make_classification(900, 8, n_informative=8, n_redundant=0, n_classes=kinds, n_clusters_per_class=2,
                                        class_sep=4, random_state=1)  # fmt: skip
    looked = asked(x, y)
    assert not looked.findings and not looked.not_run


def test_clumps_that_do_not_know_the_label_are_left_alone() -> None:
    x = repeated(1000, 25, 3)[0]
    rng = np.random.default_rng(33)
    assert not asked(x, rng.integers(0, 2, 1000)).findings


@pytest.mark.parametrize("noise", [0.15, 0.35])
@pytest.mark.parametrize("each", [5, 15, 25])
def test_a_split_by_likeness_tears_hardly_a_subject_apart(each: int, noise: float) -> None:
    x, y, who = repeated(900, each, each, noise)
    found = subjects(Table(features(x), range(900), 900), Roles(features=tuple(features(x))))
    assert not isinstance(found, str)
    group = np.array([found.get(row, 10**6 + row) for row in range(900)])
    torn = sum(len(np.unique(group[who == subject])) > 1 for subject in np.unique(who))
    assert torn <= 0.05 * len(np.unique(who))
    assert len(np.unique(group)) >= 0.8 * len(np.unique(who))
    named, split = np.unique(group), np.random.default_rng(1)
    aside = np.isin(group, split.permutation(named)[: len(named) // 6])
    sides = [Table(features(x[at], y=y[at]), range(int(at.sum())), int(at.sum())) for at in (~aside, aside)]
    roles = Roles(label="y", features=tuple(features(x)))
    assert not near_duplicate(*sides, roles).findings


def test_repeats_without_labels_are_told() -> None:
    columns = features(repeated(600, 6, 4)[0])
    looked = group_leak(*halves(columns), Roles(features=tuple(columns)))
    assert [found.severity for found in looked.findings] == ["warn"]
