"""How much a run does: small tasks get small plans."""

from __future__ import annotations

from dataclasses import dataclass

from state.brief import Brief
from state.words import Effort


@dataclass(frozen=True)
class Plan:
    papers: int
    trials: int
    """Trial batches with an idea of their own, beyond the baseline."""
    arms: int
    dry: int
    """Batches without a gain beyond noise before the literature is asked again."""
    job_seconds: float
    """Wall limit of one job unless the brief says otherwise."""
    reads: int = 4
    """Papers that a model reads whole. A reader takes up to a dozen calls, and a run has three hundred."""
    crawl: tuple[int, int] = (1, 5)
    """Depth and breadth of following citations both ways: a step from three papers is six questions at one a second, and
    the second step finds mostly what everybody cites."""


PLANS: dict[Effort, Plan] = {
    "quick": Plan(papers=6, trials=1, arms=5, dry=2, job_seconds=600, reads=2, crawl=(1, 3)),
    "standard": Plan(papers=10, trials=4, arms=6, dry=2, job_seconds=3_600, reads=4, crawl=(1, 5)),
    "deep": Plan(papers=20, trials=12, arms=8, dry=3, job_seconds=6 * 3_600, reads=8, crawl=(2, 5)),
}

SEARCH_SHARE = 0.9
"""The search may use this share of the time; the rest is kept for examination and report."""


def plan_for(goal: Brief) -> Plan:
    plan = PLANS[goal.effort]
    limits = goal.limits
    return Plan(
        papers=plan.papers,
        trials=limits.batches if limits.batches is not None else plan.trials,
        arms=limits.arms if limits.arms is not None else plan.arms,
        dry=plan.dry,
        job_seconds=limits.job_time or plan.job_seconds,
        reads=plan.reads,
        crawl=plan.crawl,
    )


def search_time_left(goal: Brief, clock: float) -> float | None:
    """Seconds the search has left, or `None` without a limit."""
    return None if goal.limits.time is None else SEARCH_SHARE * goal.limits.time - clock
