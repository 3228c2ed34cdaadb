"""Whether a change stays: only for a gain beyond noise, and a tie keeps the simpler."""

from __future__ import annotations

from dataclasses import dataclass

from lab.stats.intervals import Interval


@dataclass(frozen=True)
class Kept:
    """The decision, with the gain it rests on; positive is better whatever the metric's direction."""

    gain: float
    interval: tuple[float, float]
    keep: bool
    why: str


def keep(difference: Interval, direction: str = "maximize", *, simpler: bool = False) -> Kept:
    """Decide on candidate minus incumbent. `simpler`: the candidate is the simpler of the two."""
    low, high = difference.bounds
    gain, low, high = (difference.value, low, high) if direction == "maximize" else (-difference.value, -high, -low)
    span = f"{gain:+.4g} [{low:+.4g}, {high:+.4g}]"
    if low > 0:
        return Kept(gain, (low, high), True, f"the gain {span} lies beyond noise")
    if high < 0:
        return Kept(gain, (low, high), False, f"the loss {span} lies beyond noise")
    rest = "the candidate is the simpler and stays" if simpler else "the incumbent is the simpler and stays"
    return Kept(gain, (low, high), simpler, f"the difference {span} is within noise: {rest}")
