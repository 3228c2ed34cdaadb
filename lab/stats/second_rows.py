"""Second reading of the metrics over probabilities and samples: by scikit-learn, or by exact counting."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import comb, isfinite
from typing import Any

from lab.stats.second_asked import Asked
from lab.stats.second_choice import chosen, picks
from lab.stats.second_labels import named
from lab.stats.second_numbers import agree, matching, measured
from lab.stats.second_text import spelled

LEAST = 1e-15
OTHER = "\x00none of them"


def _table(asked: Asked) -> tuple[list[str], list[str], list[dict[str, float] | None]]:
    """All labels, the true one of each row, and the row's probabilities."""
    true = [named(text) for text in asked.answers.values()]
    rows = [_shares(asked.rows.get(key, {}).get("scores")) for key in asked.answers]
    labels = sorted({*true, OTHER, *(name for row in rows if row for name in row)})
    return labels, true, rows


def _shares(scores: Any) -> dict[str, float] | None:
    if not isinstance(scores, Mapping) or not scores:
        return None
    found: dict[str, float] = {}
    for name, p in scores.items():
        if type(p) not in (int, float) or not isfinite(p) or p < 0 or p >= 2:
            return None
        found[named(str(name))] = found.get(named(str(name)), 0.0) + p
    total = sum(found.values())
    return {name: p / total for name, p in found.items()} if 0.95 <= round(total, 12) <= 1.05 else None


def _matrix(asked: Asked, least: float) -> tuple[list[int], list[list[float]], list[int]]:
    """Probabilities of every label, true ones no less than `least`; an unreadable row is sure of a wrong label."""
    labels, true, rows = _table(asked)
    place = {name: i for i, name in enumerate(labels)}
    out = []
    for name, row in zip(true, rows, strict=True):
        line = [0.0] * len(labels)
        for said, p in (row if row is not None else {OTHER: 1.0}).items():
            line[place[said]] = p
        line[place[name]] = max(line[place[name]], least)
        out.append([p / sum(line) for p in line])
    return [place[name] for name in true], out, list(place.values())


def log_loss(asked: Asked) -> float:
    from sklearn import metrics

    true, matrix, labels = _matrix(asked, LEAST)
    return float(metrics.log_loss(true, matrix, labels=labels))


def brier(asked: Asked) -> float:
    from sklearn.metrics import brier_score_loss

    true, matrix, labels = _matrix(asked, 0.0)
    if len(labels) == 2:  # one label in all: scikit-learn wants the other's column alone
        return float(brier_score_loss([t == labels[1] for t in true], [line[1] for line in matrix], pos_label=True))
    return float(brier_score_loss(true, matrix, labels=labels, scale_by_half=True))


def ece(asked: Asked) -> float:
    """Bin by bin: rows of which the confidence, to twelve decimals, lies in (i/10, (i+1)/10]."""
    _, true, rows = _table(asked)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for name, row in zip(true, rows, strict=True):
        best, p = sorted((row or {OTHER: 1.0}).items(), key=lambda item: (-item[1], item[0]))[0]
        tenths = Fraction(str(round(p, 12))) * 10
        bins.setdefault(max(0, -int(-tenths // 1) - 1), []).append((p, best == name))
    gaps = (abs(sum(p for p, _ in rows) - sum(hit for _, hit in rows)) for rows in bins.values())
    return sum(gaps) / len(true)


def _samples(asked: Asked, key: str) -> list[tuple[str | None, float | None]]:
    found = asked.rows.get(key, {}).get("samples")
    out: list[tuple[str | None, float | None]] = []
    for entry in found if isinstance(found, (list, tuple)) else []:
        text = entry.get("text") if isinstance(entry, Mapping) else entry
        weight = entry.get("score") if isinstance(entry, Mapping) else None
        good = isinstance(weight, (int, float)) and not isinstance(weight, bool) and isfinite(weight)
        out.append((text if isinstance(text, str) else None, float(weight) if good and weight is not None else None))
    return out


def _right(asked: Asked, key: str, text: str | None) -> bool:
    """Whether a text is the row's answer, as the base metric has it."""
    gold, base = asked.answers[key], asked.detail or "exact_match"
    if base == "numeric_match":
        return matching(text, gold)
    if base == "multiple_choice":
        return picks(text, gold, asked.options.get(key))
    read = spelled if base == "exact_match" else named
    return text is not None and read(text) == read(gold)


def _alike(asked: Asked, key: str, one: str, two: str) -> bool:
    """Whether two texts vote for the same; unreadable ones vote for nothing."""
    base = asked.detail or "exact_match"
    if base == "numeric_match":
        first, second = measured(one), measured(two)
        return first is not None and second is not None and agree(first, second)
    if base == "multiple_choice":
        letter = chosen(one, asked.options.get(key))
        return letter is not None and letter == chosen(two, asked.options.get(key))
    read = spelled if base == "exact_match" else named
    return read(one) == read(two)


def pass_at(asked: Asked) -> float:
    """By counting the draws of k that hold no right sample."""
    k, total = int(asked.metric.partition(":")[0].removeprefix("pass@")), Fraction(0)
    for key in asked.answers:
        samples = _samples(asked, key)
        right = sum(_right(asked, key, text) for text, _ in samples)
        n = max(k, len(samples))
        total += 1 - Fraction(comb(n - right, k), comb(n, k))
    return float(total / len(asked.answers))


def best_of(asked: Asked) -> float:
    hits = 0
    for key in asked.answers:
        ranked = sorted(
            ((-w, i, t) for i, (t, w) in enumerate(_samples(asked, key)) if w is not None), key=lambda r: r[:2]
        )
        hits += bool(ranked) and _right(asked, key, ranked[0][2])
    return hits / len(asked.answers)


def weighted_best_of(asked: Asked) -> float:
    hits = 0
    for key in asked.answers:
        parties: list[tuple[str, Fraction]] = []
        for text, weight in _samples(asked, key):
            if text is None or weight is None or not _alike(asked, key, text, text):
                continue
            at = next((i for i, (first, _) in enumerate(parties) if _alike(asked, key, text, first)), len(parties))
            if at == len(parties):
                parties.append((text, Fraction(0)))
            parties[at] = (parties[at][0], parties[at][1] + Fraction(weight))
        most = float(max((w for _, w in parties), default=Fraction(0)))
        first = next((text for text, w in parties if float(w) >= most - 1e-12 * max(1.0, most)), None)
        hits += _right(asked, key, first)
    return hits / len(asked.answers)
