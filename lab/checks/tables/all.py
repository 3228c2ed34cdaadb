"""All checks of a table, one after the other; each is told the same rows and roles and answers for itself."""

from __future__ import annotations

from typing import Protocol

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.answers import prompt_contains_answer
from lab.checks.tables.broken import broken_text, truncated_text
from lab.checks.tables.classes import imbalance, label_shift, missing_class
from lab.checks.tables.conflict import label_conflict
from lab.checks.tables.constant import constant_column
from lab.checks.tables.exact import exact_duplicate
from lab.checks.tables.fewshot import fewshot_overlap
from lab.checks.tables.groups import group_leak
from lab.checks.tables.ids import id_leak
from lab.checks.tables.images import image_duplicate
from lab.checks.tables.near import near_duplicate
from lab.checks.tables.noise import label_noise
from lab.checks.tables.order import row_order
from lab.checks.tables.proxy import label_proxy
from lab.checks.tables.times import time_leak


class TableCheck(Protocol):
    """One check: pure, seeded, and silent about what it could not look at."""

    def __call__(self, train: Table, test: Table, roles: Roles, seed: int = 0, /) -> Looked: ...


TABLE_CHECKS: tuple[TableCheck, ...] = (
    exact_duplicate, near_duplicate, image_duplicate, label_proxy, id_leak, group_leak, time_leak, row_order,
    prompt_contains_answer, fewshot_overlap, label_conflict, label_noise, missing_class, imbalance, label_shift,
    constant_column, broken_text, truncated_text,
)  # fmt: skip


def look(train: Table, test: Table, roles: Roles, seed: int = 0) -> list[Looked]:
    """What every check says."""
    return [check(train, test, roles, seed) for check in TABLE_CHECKS]
