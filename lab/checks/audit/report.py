"""What an audit says: a verdict, findings by weight, and what every check looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lab.checks.parts import Looked, Roles
from state.products import Finding
from state.words import CheckResult

Verdict = Literal["clean", "suspect", "leaking"]

KINDS = (
    "exact_duplicate", "near_duplicate", "contained_text", "label_conflict", "label_proxy", "id_leak", "row_order",
    "group_leak", "time_leak", "fit_before_split", "selection_leak", "contamination", "prompt_contains_answer",
    "fewshot_overlap", "label_noise", "missing_class", "imbalance", "constant_column", "boilerplate", "image_duplicate",
)  # fmt: skip
"""Every one of these is answered in a report, if only with why it was not looked for."""
WEIGHT = {"block": 0, "warn": 1, "info": 2}


@dataclass(frozen=True)
class AuditReport:
    verdict: Verdict
    rows: Mapping[str, int]
    findings: tuple[Finding, ...]
    looked: tuple[Looked, ...]
    roles: Roles = field(default_factory=Roles)
    notes: tuple[str, ...] = ()
    copies: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By kind: numbers of all train rows that are copies of a test row (or of a benchmark's)."""

    def to_json(self) -> dict[str, Any]:
        shown = ("kind", "severity", "count", "share", "examples", "why", "remedy", "inflation")
        return {
            "verdict": self.verdict,
            "rows": dict(self.rows),
            "findings": [{key: found.to_json()[key] for key in shown} for found in self.findings],
        }

    def checks(self) -> list[dict[str, str]]:
        """PASS, SUSPECT, FAIL or NOT_RUN for each kind, and why."""
        return [{"name": each.kind, "result": _result(each), "why": _why(each)} for each in self.looked]


def report(
    looked: Iterable[Looked], rows: Mapping[str, int], roles: Roles, notes: Sequence[str] = (),
    copies: Mapping[str, Sequence[int]] | None = None,
) -> AuditReport:  # fmt: skip
    """The verdict over all that was looked at; each kind told once."""
    all_looked = complete(looked)
    findings = sorted(
        (found for each in all_looked for found in each.findings),
        key=lambda found: (WEIGHT[found.severity], -found.share),
    )
    severities = {found.severity for found in findings}
    verdict: Verdict = "leaking" if "block" in severities else "suspect" if "warn" in severities else "clean"
    return AuditReport(verdict, rows, tuple(findings), all_looked, roles, tuple(notes), copies or {})


def complete(looked: Iterable[Looked]) -> tuple[Looked, ...]:
    """One answer for each kind: of two checks of one kind the one that ran, or both their findings."""
    found: dict[str, Looked] = {}
    for each in looked:
        known = found.get(each.kind)
        found[each.kind] = each if known is None else _both(known, each)
    for kind in KINDS:
        found.setdefault(kind, Looked(kind, not_run="nothing in these files to look for it in"))
    order = {kind: at for at, kind in enumerate(KINDS)}
    return tuple(sorted(found.values(), key=lambda each: order.get(each.kind, len(KINDS))))


def _both(one: Looked, other: Looked) -> Looked:
    if one.not_run or other.not_run:
        return one if other.not_run else other
    seen = "; ".join(filter(None, (one.looked_at, other.looked_at)))
    return Looked(one.kind, (*one.findings, *other.findings), looked_at=seen)


def _result(looked: Looked) -> CheckResult:
    if looked.not_run and not looked.findings:
        return "NOT_RUN"
    severities = {found.severity for found in looked.findings}
    return "FAIL" if "block" in severities else "SUSPECT" if "warn" in severities else "PASS"


def _why(looked: Looked) -> str:
    if looked.findings:
        return "; ".join(found.why for found in looked.findings)
    return looked.not_run or f"nothing found in {looked.looked_at or 'what was read'}"
