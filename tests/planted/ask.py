"""Ask the real commands about a planted set, and say what is wrong with the answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from state.errors import PostgradError
from tests.planted.case import Case, Smell

RECALL = 0.7
"""Share of the planted rows that must be counted; the bench measures more finely."""
PRECISION = 0.9
"""Share of the examples that must be planted rows."""


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    said: dict[str, Any]
    stderr: str


def ask(words: list[str]) -> Answer:
    """Run a command in this process; a refusal for people is an answer, any other exception is raised."""
    from app.cli import cli

    done = CliRunner().invoke(cli, words)
    if isinstance(done.exception, PostgradError):
        return Answer(done.exception.exit_code, {}, str(done.exception))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    said = json.loads(done.stdout) if done.stdout.strip() else {}
    return Answer(done.exit_code, said, done.stderr)


def audit(case: Case) -> Answer:
    return ask(["audit", str(case.train), str(case.test), *case.options, "--json"])


def smell(case: Smell) -> Answer:
    return ask(["smell", str(case.predictions), str(case.answers), *case.options, "--json"])


def edge_wrongs(answer: Answer) -> list[str]:
    """An answer with a verdict, or a refusal in words."""
    if answer.code == 2:
        line = answer.stderr.strip()
        return [] if line and "Traceback" not in line and len(line) < 600 else [f"refusal: {line[:300]!r}"]
    return [] if answer.code in (0, 1) and "verdict" in answer.said else [f"answer: exit {answer.code} {answer.said}"]


def audit_wrongs(case: Case, answer: Answer) -> list[str]:
    """What is wrong with the answer to an audit, each as `sort: detail`; empty when all is well."""
    if answer.code == 2 or "verdict" not in answer.said:
        return [f"refused: exit {answer.code}: {answer.stderr[:300]}"]
    findings = answer.said["findings"]
    brief = [f"{f['kind']}:{f['severity']}:{f['count']}" for f in findings]
    wrong = []
    verdict = answer.said["verdict"]
    if verdict not in case.verdict:
        wrong.append(f"verdict: {verdict}, allowed {sorted(case.verdict)}; {brief}")
    if answer.code != (1 if verdict == "leaking" else 0):
        wrong.append(f"exit: {answer.code} with {verdict}")
    worst = {f["severity"] for f in findings}
    if verdict != ("leaking" if "block" in worst else "suspect" if "warn" in worst else "clean"):
        wrong.append(f"severity: {verdict} with {brief}")
    for pattern in case.expect:
        if not any(re.search(pattern, f["kind"]) for f in findings):
            wrong.append(f"missed: {pattern}; {brief}")
    for finding in findings:
        kind, severity = finding["kind"], finding["severity"]
        if (kind in case.never and severity == "block") or (kind in case.quiet and severity != "info"):
            wrong.append(f"cried: {kind} at {severity}: {finding['why']}")
        wrong += _shape(finding)
    return wrong + _rows(case, findings)


def _shape(finding: dict[str, Any]) -> list[str]:
    """Examples are few and hold no text; a share is a share; there is a reason."""
    wrong = []
    if len(finding["examples"]) > 20 or any(
        isinstance(v, str) and len(v) > 64 for e in finding["examples"] for v in e.values()
    ):
        wrong.append(f"shape: examples of {finding['kind']}")
    if not 0 <= finding["share"] <= 1 or not finding["why"] or "\n" in finding["why"]:
        wrong.append(f"shape: share or reason of {finding['kind']}: {finding['share']} {finding['why']!r}")
    if finding["severity"] != "info" and not finding["remedy"]:
        wrong.append(f"shape: no remedy for {finding['kind']}")
    return wrong


def _rows(case: Case, findings: list[dict[str, Any]]) -> list[str]:
    """Enough of the planted rows are counted, and the examples are planted rows."""
    wrong = []
    for pattern, planted in case.truth.items():
        told = [f for f in findings if re.search(pattern, f["kind"])]
        count = sum(f["count"] for f in told)
        if planted and count < RECALL * len(planted):
            wrong.append(f"recall: {count} of {len(planted)} planted rows")
        shown = {e["test"] for f in told for e in f["examples"] if isinstance(e.get("test"), int)}
        if shown and len(shown & planted) < PRECISION * len(shown):
            wrong.append(f"precision: {len(shown & planted)} of {len(shown)} examples are planted rows")
    return wrong


def smell_wrongs(case: Smell, answer: Answer) -> list[str]:
    """What is wrong with the answer to a smell test."""
    if answer.code == 2:
        return [] if case.refused else [f"refused: exit 2: {answer.stderr[:300]}"]
    if "verdict" not in answer.said:
        return [f"refused: exit {answer.code}: {answer.stderr[:300]}"]
    verdict, checks = answer.said["verdict"], answer.said["checks"]
    flagged = [f"{c['name']}={c['result']}: {c['why']}" for c in checks if c["result"] in ("FAIL", "SUSPECT")]
    wrong = []
    if verdict not in case.verdict:
        wrong.append(f"verdict: {verdict}, allowed {sorted(case.verdict)}; {flagged}")
    if answer.code != (1 if verdict == "FAIL" else 0):
        wrong.append(f"exit: {answer.code} with {verdict}")
    if case.says and not any(re.search(case.says, f, re.IGNORECASE) for f in flagged):
        wrong.append(f"reason: nothing says {case.says!r}; {flagged}")
    if any(not c["why"] for c in checks if c["result"] in ("FAIL", "SUSPECT", "NOT_RUN")):
        wrong.append("shape: a check without a reason")
    return wrong
