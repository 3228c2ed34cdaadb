"""Why did it fail? A log and how the job ended in, one typed failure with the lines that matter out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from lab.checks.failure_lines import SCRIPT, special
from lab.checks.failure_rules import LADDER, RULES, SLOW, FailureKind, Rule
from lab.checks.traces import WIDEST, Frame, Trace, chain, clean, last_words

AROUND = 2
"""Lines of the script shown before and after the one that failed."""
FRAMES = 4
"""Calls of the script's own shown: of a deep recursion the first and the last."""
SEALED = 97
"""How run.py ends a process that reached for sealed answers."""
SIGNALS = {134: "SIGABRT", 135: "SIGBUS", 136: "SIGFPE", 137: "SIGKILL", 139: "SIGSEGV"}
"""How a shell in between says that a signal ended it."""
CONTRACT = "it is called as `train --config FILE [--resume]` and `predict --config FILE --inputs FILE --out FILE`"


class Ended(Protocol):
    """How a job stands: the part of a JobStatus that counts here."""

    @property
    def state(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def rc(self) -> int | None: ...


@dataclass(frozen=True)
class Failure:
    """What went wrong, in one line, and where."""

    kind: FailureKind
    says: str
    lines: tuple[str, ...]
    """The script's own lines of the last traceback and what was raised; not the log."""
    where: int | None
    """The line of train.py that failed; None where none was named."""
    advice: str

    def __str__(self) -> str:
        place = f" (train.py line {self.where})" if self.where else ""
        return "\n".join([f"{self.kind}: {self.says}{place}", *self.lines, f"advice: {self.advice}"])


def read_failure(log: str, status: Ended, source: str = "") -> Failure:
    """Of a job that failed. `source`: the script's text, so that the lines around the fault can be shown."""
    lines = clean(log)
    traces = chain(lines)
    from_outside = _by_status(status, lines)
    if from_outside is not None:
        own = _shown(traces, source) if traces else last_words(lines)
        return Failure(from_outside.kind, from_outside.says, own, _where(traces), from_outside.advice)
    if traces:
        return _by_traces(traces, source)
    return _by_words(lines, status)


# --- who ended it ---------------------------------------------------------------------------------------------------
def _by_status(status: Ended, lines: list[str]) -> Rule | None:
    """What the warden did or saw outranks what the process managed to say."""
    why = status.why
    if status.rc == SEALED:
        return Rule(
            "code",
            "",
            "",
            "it reached for sealed answers and was ended",
            "take that line out; the run's result would be void",
        )
    if "memory limit" in why:
        return Rule("memory", "", "", _one(why), LADDER)
    if why.startswith("time limit"):
        return Rule("environment", "", "", f"it was not done in time: {_one(why)}", SLOW)
    if why.startswith("process limit"):
        return Rule("environment", "", "", _one(why), "fewer workers; start no processes in a loop")
    if why.startswith("could not be started"):
        return Rule("environment", "", "", _one(why), "nothing in the script is wrong")
    if status.state in ("stopped", "lost"):
        return Rule(
            "environment", "", "", f"it was {status.state}: {_one(why)}", "run it again; nothing in the script is wrong"
        )
    signal = re.match(r"killed by (SIG\w+)", why)
    name = signal[1] if signal else SIGNALS.get(status.rc or 0, "")
    if not name:
        return None
    if name == "SIGKILL" or any(re.search(r"bad_alloc|out of memory", line) for line in lines[-20:]):
        return Rule("memory", "", "", "it was killed, as the machine does when memory is full", LADDER)
    says = f"it was ended by {name}: a compiled library crashed"
    return Rule("environment", "", "", says, "leave out what was called last, or give it less at once")


# --- what was raised --------------------------------------------------------------------------------------------------
def _by_traces(traces: tuple[Trace, ...], source: str) -> Failure:
    for trace in traces:
        rule = special(trace, source) or next((r for r in RULES if r.fits(trace.kind, _words(trace))), None)
        if rule is not None:
            says = f"{rule.says}: {trace}" if rule.says else str(trace)
            at = traces.index(trace)
            from_it = tuple(f"and so it ended as: {other}"[:WIDEST] for other in traces[:at])
            lines = (*_shown(traces[at:], source), *from_it)
            return Failure(rule.kind, _one(says), lines, _where((*traces[at:], *traces)), rule.advice)
    first = traces[0]
    advice = "read the line and what it was given; mend the first cause, not what follows from it"
    return Failure("code", _one(str(first)), _shown(traces, source), _where(traces), advice)


# --- without an exception -----------------------------------------------------------------------------------------------
def _by_words(lines: list[str], status: Ended) -> Failure:
    """argparse, a script's own last words, or silence."""
    said = last_words(lines)
    last = said[-1] if said else ""
    usage = next((line for line in reversed(lines[-40:]) if re.match(r"^\S+( \w+)?: error: ", line)), "")
    if usage and any(line.startswith("usage:") for line in lines[-60:]):
        return Failure(
            "code", _one(f"the command line was refused: {usage.partition('error: ')[2]}"), said, None, CONTRACT
        )
    rule = next((r for r in RULES if not r.raised and any(r.fits("", line) for line in lines[-20:])), None)
    if rule is not None:
        return Failure(rule.kind, _one(f"{rule.says}: {last}" if rule.says else last), said, None, rule.advice)
    if not last:
        return Failure("code", f"it ended without a word ({_one(status.why) or 'no reason given'})", (), None,
                       "print to stderr what is wrong before ending, with raise SystemExit(2)")  # fmt: skip
    kind: FailureKind = "config" if "config" in last else "data" if re.search(r"data/|\.jsonl|column", last) else "code"
    return Failure(kind, _one(last), said, None, "the script stopped itself with these words: mend what they name")


def check_predictions(text: str, ids: Iterable[str]) -> Failure | None:
    """Whether what predict wrote is of the contract's form: one JSON object a row, each id once, a prediction that is text."""
    wrong = next(_malformed(text, list(ids)), None)
    if wrong is None:
        return None
    line, says, shown = wrong
    advice = 'write {"id": the row\'s id, "prediction": text} for every row of --inputs, one JSON object a line'
    return Failure(
        "code", f"predict's output: {says}", (f"line {line}: {shown[:WIDEST]}",) if line else (), None, advice
    )


def _malformed(text: str, ids: list[str]) -> Iterator[tuple[int, str, str]]:
    wanted, seen = set(ids), set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            yield number, f"line {number} is not JSON", line
            continue
        if not isinstance(row, dict) or "id" not in row or "prediction" not in row:
            yield number, f'line {number} is no object with "id" and "prediction"', line
            continue
        if not isinstance(row["prediction"], str):
            yield number, f"line {number}: the prediction is a {type(row['prediction']).__name__}, not a text", line
        name = str(row["id"])
        if name in seen or name not in wanted:
            yield number, f"line {number}: id {name} {'comes twice' if name in seen else 'was not asked'}", line
        seen.add(name)
    if wanted - seen:
        yield (
            0,
            f"{len(wanted - seen)} of {len(wanted)} rows have no prediction, the first is id {min(wanted - seen)}",
            "",
        )


# --- what is shown --------------------------------------------------------------------------------------------------------
def _shown(traces: tuple[Trace, ...], source: str) -> tuple[str, ...]:
    first = traces[0]
    own = first.own(SCRIPT)
    found: list[str] = []
    kept = own if len(own) <= FRAMES else (*own[:1], *own[-FRAMES + 1 :])
    for i, frame in enumerate(kept):
        if i == 1 and len(own) > FRAMES:
            found.append(f"... {len(own) - FRAMES} more calls")
        text = frame.text or _line(source, frame.line)
        found.append(f"{SCRIPT} line {frame.line}, in {frame.function or 'the file'}: {text}"[:WIDEST])
    if own and source:
        found += _around(source, own[-1])
    if first.frames and (not own or first.frames[-1] is not own[-1]):
        last = first.frames[-1]
        found.append(f"raised in {_library(last.file)} line {last.line}, in {last.function}: {last.text}"[:WIDEST])
    found += [str(first)[:WIDEST], *first.more]
    found += [f"raised from: {other}"[:WIDEST] for other in traces[1:3]]
    return tuple(found)


def _line(source: str, number: int) -> str:
    """A crash of a compiled library names the lines and does not show them."""
    lines = source.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _around(source: str, frame: Frame) -> list[str]:
    lines = source.splitlines()
    start, end = max(0, frame.line - 1 - AROUND), min(len(lines), frame.line + AROUND)
    return [f"{'>' if i + 1 == frame.line else ' '} {i + 1:4} {lines[i]}"[:WIDEST] for i in range(start, end)]


def _library(file: str) -> str:
    """Its path below site-packages: where this machine keeps it is nobody's matter."""
    return file.rpartition("site-packages/")[2] if "site-packages/" in file else file.rpartition("/")[2]


def _where(traces: tuple[Trace, ...]) -> int | None:
    return next((trace.own(SCRIPT)[-1].line for trace in traces if trace.own(SCRIPT)), None)


def _words(trace: Trace) -> str:
    return " ".join([trace.message, *trace.more])


def _one(text: str) -> str:
    return " ".join(text.split())[:300]
