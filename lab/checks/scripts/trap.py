"""The shuffled-label trap: a pipeline that still scores on labels dealt out at random has seen what it may not see.

It is the most general trap there is: whatever lets answers through (columns chosen on all rows, copies over the split,
a scorer that peeks) is caught by what it does, however it is written.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from lab.checks.parts import Looked
from state.products import Finding

Pipeline = Callable[[Sequence[Any]], float]
"""Everything from the labels to the accuracy on its own held-out rows, the splitting and the choosing included."""

TIMES = 5
ERRORS = 3.0
"""Standard errors above chance from which luck is no explanation."""
LEAST = 0.05
"""And at least this much, so that a very large test does not make a scandal of a hundredth."""


def shuffled_label_trap(
    pipeline: Pipeline, labels: Sequence[Any], held_out: int, *, times: int = TIMES, seed: int = 0
) -> Looked:
    """Runs the pipeline on labels in random order; `held_out` is how many rows it scores on."""
    counts = Counter(labels)
    if len(counts) < 2 or held_out < 1 or times < 1:
        return Looked("selection_leak", not_run="shuffling says nothing: one class only, or nothing to score on")
    chance = max(counts.values()) / len(labels)
    scores = []
    for i in range(times):
        dealt = list(labels)
        random.Random(f"{seed}/{i}").shuffle(dealt)
        scores.append(float(pipeline(dealt)))
    mean = statistics.fmean(scores)
    error = math.sqrt(chance * (1 - chance) / held_out / times)
    excess = mean - chance
    said = f"on shuffled labels it scores {mean:.3f} on average over {times} shuffles; chance is {chance:.3f}"
    if excess <= max(LEAST, ERRORS * error):
        return Looked("selection_leak", looked_at=said)
    finding = Finding(
        kind="selection_leak", severity="block", count=times, share=1.0, inflation=round(excess, 6),
        why=f"{said}: the pipeline sees answers it may not see", remedy="fit and choose inside the training part alone",
        examples=[{"shuffle": i, "score": round(score, 6)} for i, score in enumerate(scores)],
    )  # fmt: skip
    return Looked("selection_leak", (finding,), looked_at=said)
