"""What the examination will be able to tell, said before anything is spent; and what choosing the best is worth by luck."""

from __future__ import annotations

import math

from lab.stats.intervals import minimum_detectable
from lab.stats.power import best_of_k_inflation
from lab.stats.scorers import find_metric
from nodes.desk import goal
from state.notebook import Notebook

DISCORDANT = 0.2
"""Share of rows on which two systems are expected to differ until it is measured."""


def smallest_gain(state: Notebook) -> float | None:
    """The gain that the sealed rows find four times in five; None for metrics that are no share of rows."""
    brief, card = goal(state), state.get("card") or {}
    if brief.metric is None or not find_metric(brief.metric).proportion or not card:
        return None
    n = int(card["splits"]["sealed"]["rows"])
    return round(minimum_detectable(n, 0.5, discordant=DISCORDANT), 4)


def in_words(state: Notebook) -> str:
    """Whether what is hoped for is large enough to be seen; empty where nothing can be said."""
    least = smallest_gain(state)
    if least is None:
        return ""
    rows = state["card"]["splits"]["sealed"]["rows"]
    said = f"the {rows} sealed rows can tell a gain of {least:.3f} from noise"
    brief, base = goal(state), (state.get("baseline") or {}).get("score")
    if brief.target is None or not base:
        return said
    hoped = abs(brief.target - base["value"])
    return f"{said}; the target lies {hoped:.3f} from the baseline" + (", too near to be seen" if hoped < least else "")


def luck(state: Notebook, trials: int) -> str:
    """By how much the best of several trials is ahead by chance alone; empty for a single one."""
    if trials < 2:
        return ""
    low, high = state["best"]["score"]["interval"]
    by = best_of_k_inflation(trials, (high - low) / (2 * 1.96))
    return f"; the best of {trials} trials is ahead by about {by:.3f} by luck alone" if math.isfinite(by) else ""
