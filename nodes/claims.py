"""Claims that code can settle: a metric or a gain, a comparison, a number. Anything else is said to be unreadable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lab.stats.scorers import METRICS

ABOVE = ("at least", "more than", "greater than", "higher than", "above", "over", "exceeds", ">=", "≥", ">", "by")
BELOW = ("at most", "less than", "lower than", "below", "under", "<=", "≤", "<")
SIGN = "|".join(re.escape(sign) for sign in sorted((*ABOVE, *BELOW), key=len, reverse=True))
NUMBER = re.compile(rf"(?P<sign>{SIGN})\s*(?P<value>[-+]?\d*\.?\d+)\s*(?P<percent>%|percent|points)?", re.IGNORECASE)
GAIN = re.compile(r"\b(gains?|improve\w*|beats?|better)\b", re.IGNORECASE)
BEATS = re.compile(r"\b(beats?|is better than|improves? (on|over|upon)?)\b.*\bbaseline\b", re.IGNORECASE)
DENIES = re.compile(r"\b(not|no|never|cannot|can't|doesn't|isn't|won't|fails?)\b", re.IGNORECASE)
HOW = "write it as `accuracy > 0.9`, `gain >= 0.05` or `it beats the baseline`"


@dataclass(frozen=True)
class Claimed:
    """What is claimed of the finalist: its score, or its gain over the baseline, above or below a number."""

    of_gain: bool
    above: bool
    value: float


def read_claim(text: str, metric: str | None) -> Claimed | None:
    """The claim, or nothing where a rule would have to guess what it says."""
    if DENIES.search(text):
        return None
    named = [name for name in METRICS if re.search(rf"\b{name.replace('_', '[ _]')}\b", text, re.IGNORECASE)]
    if named and metric is not None and metric not in named:
        return None
    found = NUMBER.findall(text)
    if len(found) > 1:
        return None
    if not found:
        return Claimed(True, True, 0.0) if BEATS.search(text) else None
    sign, number, percent = found[0]
    value = float(number) / (100 if percent else 1)
    of_gain = bool(GAIN.search(text)) or sign.lower() == "by"
    if not of_gain and not named and metric is not None and "score" not in text.lower():
        return None
    return Claimed(of_gain, sign.lower() in ABOVE, value)
