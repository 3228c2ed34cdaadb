"""Does one part of the rows carry the score: a source, a group, a length, the rows that were in training too?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from lab.checks.smells.limits import FLAGGED_JUMP, SLICE_JUMP, SLICE_ROWS, SURE, UNSURE
from lab.checks.smells.measure import two_sided
from lab.checks.smells.result import Result, not_run, said
from state.products import Check
from state.words import CheckResult

FACTOR = 4.0
"""Squared errors of one slice must be this many times smaller than the rest's to be told."""
FACTOR_SEEN = 1.1
"""Errors must grow by this factor without the rows seen in training for these to carry the score."""

Gap = tuple[float, float, float]
"""Mean inside, mean outside, two-sided p."""


def slices(result: Result) -> Check:
    """No slice is far off the rest, and the score does not live off rows that were in training."""
    name = "slices"
    if not result.slices and result.flagged is None:
        return not_run(name, "no slices (source, group, length) and no rows seen in training are given")
    if not result.answers:
        return not_run(name, "there are no answers")
    items = result.scored.per_item
    faults: list[tuple[CheckResult, str]] = []
    evidence: dict[str, object] = {}
    if result.flagged is not None:
        faults += _seen(result, result.flagged, items, evidence)
    looked = 0
    for kind, of_row in result.slices.items():
        values = sorted(set(of_row.values()))
        for value in values:
            inside = [k for k in items if of_row.get(k) == value]
            gap = _gap(items, inside)
            if gap is None:
                continue
            looked += 1
            if _far(result, gap) and gap[2] * len(values) < SURE:
                place = values.index(value)
                evidence[f"{kind}:{place}"] = {"rows": len(inside), "inside": gap[0], "rest": gap[1]}
                faults.append(("SUSPECT", f"{kind} {place + 1} of {len(values)}: {gap[0]:.3g}, the rest {gap[1]:.3g}"))
    if faults:
        verdict: CheckResult = "FAIL" if any(f[0] == "FAIL" for f in faults) else "SUSPECT"
        return said(name, verdict, "; ".join(f[1] for f in faults[:4]), **evidence)
    if not looked and result.flagged is None:
        return not_run(name, f"nothing to compare: no slice has {SLICE_ROWS} rows, with as many outside it")
    seen = evidence.get("flagged")
    told = [f"{looked} slices compared with the rest, none far off"] if looked else []
    told += [f"the {seen} rows that were in training do not carry the score"] if seen else []
    told += ["no row was found in training"] if seen == 0 else []
    return said(name, "PASS", "; ".join(told), **evidence)


def _seen(
    result: Result, flagged: Iterable[str], items: Mapping[str, float], evidence: dict[str, object]
) -> list[tuple[CheckResult, str]]:
    """Rows that overlap with training against the others."""
    inside = [k for k in flagged if k in items]
    evidence["flagged"] = len(inside)
    if not inside:
        return []
    told = f"{len(inside)} of {len(items)} rows were in training"
    gap = _gap(items, inside)
    if gap is None:
        return [("SUSPECT", f"{told}; too few on one side to compare")]
    evidence.update(score_on_flagged=gap[0], score_on_rest=gap[1], p=gap[2])
    told += f": {gap[0]:.3g} on them, {gap[1]:.3g} on the others"
    whole = sum(items.values()) / len(items)
    better = gap[0] < gap[1] if result.numeric else gap[0] > gap[1]
    carried = gap[1] > whole * FACTOR_SEEN if result.numeric else whole - gap[1] > FLAGGED_JUMP
    if better and carried and gap[2] < SURE:
        return [("FAIL", f"{told}; they carry the score")]
    return [("SUSPECT", told)] if better and gap[2] < UNSURE else []


def _gap(items: Mapping[str, float], inside: list[str]) -> Gap | None:
    """Means of item scores in and out of a slice; None where one side is too small."""
    held = set(inside)
    here, there = [items[k] for k in inside], [v for k, v in items.items() if k not in held]
    if min(len(here), len(there)) < SLICE_ROWS:
        return None
    a, b = sum(here) / len(here), sum(there) / len(there)
    every = [*here, *there]
    middle = sum(every) / len(every)
    spread = sum((x - middle) ** 2 for x in every) / len(every)
    error = math.sqrt(spread * (1 / len(here) + 1 / len(there)))
    return a, b, two_sided((a - b) / error) if error else 1.0


def _far(result: Result, gap: Gap) -> bool:
    if result.numeric:
        return gap[0] * FACTOR < gap[1]
    return abs(gap[0] - gap[1]) > SLICE_JUMP
