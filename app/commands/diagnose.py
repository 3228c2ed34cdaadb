"""`diagnose`: what a metric stream says about the health of its training, and what to try."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app import out
from lab.checks.detectors import cloned, from_end, ill_end, watch
from lab.checks.diagnose import Evidence, diagnose
from lab.checks.series import main_phase, series, step_of
from lab.checks.streams import Stream, read_stream
from lab.checks.tries import to_try
from state.errors import UserError
from state.products import Check, Diagnosis, Signal

Json = dict[str, Any]
LOG_TAIL = 20_000
CAUSES_SHOWN = 4
TRIES_SHOWN = 3
CURVE = 60
FEW_LINES = 10
BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Asked:
    """What the command line gave."""

    metrics: Path
    steps: int | None = None
    config: Path | None = None
    against: Sequence[Path] = ()
    log: Path | None = None
    run: str | None = None


@dataclass(frozen=True)
class Found:
    """What was seen in the stream, and what may explain it."""

    stream: Stream
    planned: int
    signals: list[Signal]
    checks: list[Check]
    causes: list[Diagnosis]
    evidence: Evidence

    @property
    def verdict(self) -> str:
        worst = {s.severity for s in self.signals}
        return "stop" if "stop" in worst else "warn" if worst else "healthy"


def diagnosed(asked: Asked, as_json: bool) -> int:
    found = _look(asked)
    out.answer(_told(found), "\n".join(_words(found)), as_json)
    return 1 if found.verdict == "stop" else 0


def _look(asked: Asked) -> Found:
    if asked.steps is not None and asked.steps < 1:
        raise UserError("--steps must be at least 1")
    stream = read_stream(asked.metrics, asked.run)
    config = _config(asked.config)
    planned = asked.steps or stream.planned_steps or Evidence("", config, [], []).planned or stream.last_step
    name = asked.metrics.stem
    looking = watch(name, planned, config)
    for line in stream.lines:
        looking.feed(line)
    others = {str(path): read_stream(path).lines for path in asked.against}
    log = _log(asked.log)
    end = from_end(ill_end(log), log, name, stream.lines) if log else None
    outside = [signal for signal in (cloned(stream.lines, others, name), end) if signal is not None]
    kinds = {s.kind for s in outside if s.severity == "stop"}
    signals = [s for s in looking.signals if s.kind not in kinds] + outside
    signals.sort(key=lambda s: (s.step, s.severity != "stop"))
    first = min((s.step for s in signals if s.severity == "stop"), default=stream.last_step)
    seen = [line for line in stream.lines if step_of(line) <= first]
    evidence = Evidence(
        name, {"steps": planned, **config}, seen, [s for s in signals if s.step <= first], log_tail=log,
        status=ill_end(log) if log else None,
    )  # fmt: skip
    checks = [*looking.checks(), _compared(signals, others, len(stream.lines))]
    if not signals and all(check.result == "NOT_RUN" for check in checks):
        raise UserError(
            f"{asked.metrics}: no check could look at its {len(stream.lines)} lines: they are too few, or hold nothing"
            " that a check reads (loss, reward, grad_norm, learning_rate, ...); log more, or see --json of another run"
        )
    return Found(stream, planned, signals, checks, diagnose(evidence), evidence)


def _compared(signals: Sequence[Signal], others: Json, lines: int) -> Check:
    same = next((s for s in signals if s.kind == "cloned_curve"), None)
    if same is not None:
        return Check(name="cloned_curve", result="SUSPECT", why=same.why)
    if not others:
        return Check(name="cloned_curve", result="NOT_RUN", why="no other run was named; see --against")
    return Check(name="cloned_curve", result="PASS", why=f"{lines} lines differ from those of {len(others)} others")


def _config(path: Path | None) -> Json:
    if path is None:
        return {}
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise UserError(f"{path}: not a readable JSON config ({wrong})") from wrong
    if not isinstance(config, dict):
        raise UserError(f"{path}: a config is one JSON object of settings")
    return config


def _log(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:]
    except OSError as wrong:
        raise UserError(f"{path}: cannot be read: {wrong.strerror or wrong}") from wrong


# --- for a program ----------------------------------------------------------------------------------------------


def _told(found: Found) -> Json:
    return {
        "verdict": found.verdict,
        "steps": found.stream.last_step,
        "signals": [s.model_dump(include={"kind", "step", "severity", "evidence", "why"}) for s in found.signals],
        "causes": [_cause(d, found.evidence) for d in found.causes],
        "checks": [check.model_dump(include={"name", "result", "why"}) for check in found.checks],
        "planned_steps": found.planned,
        "source": found.stream.source,
        "notes": _notes(found),
    }


def _cause(d: Diagnosis, ev: Evidence) -> Json:
    return {
        "cause": d.cause,
        "family": d.family,
        "score": d.score,
        "for": [clue.says for clue in d.evidence_for],
        "against": [clue.says for clue in d.evidence_against],
        "try": to_try(d.cause, ev),
    }


def _notes(found: Found) -> list[str]:
    notes = list(found.stream.notes)
    if found.stream.planned_steps is None and found.planned == found.stream.last_step:
        notes.append(f"planned steps are not known: the last step seen, {found.planned}, was taken; --steps names them")
    elif found.stream.last_step < found.planned:
        notes.append(f"the stream ends at step {found.stream.last_step} of {found.planned}")
    if len(found.stream.lines) < FEW_LINES:
        notes.append(f"{len(found.stream.lines)} lines are few: most sicknesses need more to show")
    return notes


# --- for a person -----------------------------------------------------------------------------------------------


def _words(found: Found) -> list[str]:
    lines = [f"{found.verdict}: {_headline(found)}", *(f"  note: {note}" for note in _notes(found))]
    for signal in found.signals:
        lines += ["", f"{signal.severity} {signal.kind} at step {signal.step}: {signal.why}"]
        lines += _curve(found, signal)
    if found.causes:
        lines += ["", "causes, likeliest first (score: rules that fired over rules that apply)"]
        for d in found.causes[:CAUSES_SHOWN]:
            lines += _cause_words(d, found.evidence)
    idle = [check.name for check in found.checks if check.result == "NOT_RUN"]
    if idle:
        lines += ["", f"not looked at (nothing logged for it; see --json): {', '.join(idle)}"]
    return lines


def _headline(found: Found) -> str:
    stops = [s for s in found.signals if s.severity == "stop"]
    first = (stops or found.signals)[0] if found.signals else None
    if first is None:
        looked = sum(check.result == "PASS" for check in found.checks)
        return f"{looked} checks looked at {found.stream.last_step} steps and found nothing"
    return f"{first.kind.replace('_', ' ')} at step {first.step} of {found.planned}"


def _cause_words(d: Diagnosis, ev: Evidence) -> list[str]:
    lines = [f"  {d.score:.2f} {d.cause.replace('_', ' ')} ({d.family})"]
    lines += [f"       + {clue.says}" for clue in d.evidence_for]
    lines += [f"       - {clue.says}" for clue in d.evidence_against]
    for i, one in enumerate(to_try(d.cause, ev)[:TRIES_SHOWN], 1):
        change = f" [{out.changes(one['change'])}]" if one["change"] else ""
        lines.append(f"       try {i}: {one['do']}{change}; it is this if {one['confirms']}")
    return lines


def _curve(found: Found, signal: Signal) -> list[str]:
    """The metric around the moment it was told, in one line of bars."""
    of = series(main_phase(found.stream.lines), str(signal.evidence.get("metric")))
    if len(of) < 2:
        return []
    at = of.index(signal.step) or 0
    low = max(0, min(at - 2 * CURVE // 3, len(of) - CURVE))
    shown = of.values[low : low + CURVE]
    mark = " " * (at - low) + "^"
    scale = f"{min(shown):.3g} to {max(shown):.3g}, steps {of.steps[low]} to {of.steps[low + len(shown) - 1]}"
    return [f"    {bars(shown)}  {of.key}: {scale}", f"    {mark}"]


def bars(values: Sequence[float]) -> str:
    """Values as bars of eight heights."""
    low, width = min(values), (max(values) - min(values)) or 1.0
    return "".join(BARS[min(7, int(8 * (v - low) / width))] for v in values)
