"""A mean over rows that come in families (one passage, one patient, one template): the families are what was drawn."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from lab.stats.intervals import LEVEL, Interval


def clustered(scores: Sequence[float], clusters: Sequence[Hashable]) -> Interval:
    """The mean with a cluster-robust interval: Student's t with one degree of freedom fewer than clusters."""
    from scipy.stats import t

    if len(scores) != len(clusters) or not len(scores):
        raise ValueError("each row needs its score and its cluster, and there must be rows")
    number = {cluster: i for i, cluster in enumerate(dict.fromkeys(clusters))}
    values, groups = np.asarray(scores, dtype=np.float64), len(number)
    mean = float(values.mean())
    if groups < 2:
        return Interval(mean, -math.inf, math.inf, f"one cluster of {len(values)} rows: its spread can't be known")
    sums = np.bincount([number[c] for c in clusters], weights=values - mean, minlength=groups)
    error = math.sqrt(float((sums**2).sum()) * groups / (groups - 1)) / len(values)
    half = float(t.ppf((1 + LEVEL) / 2, groups - 1)) * error
    return Interval(mean, mean - half, mean + half, f"clustered t, {len(values)} rows in {groups} clusters")
