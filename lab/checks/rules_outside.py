"""What probes, the log and the end of the job say."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.detectors import OUT_OF_MEMORY
from lab.checks.evidence import Evidence
from lab.checks.said import SILENT, Said, opposite


def gold_paid(ev: Evidence) -> Said:
    """Right answers are paid, and better than junk: the grader works."""
    gold, junk = ev.probe("reward_gold"), ev.probe("reward_junk") or 0.0
    return SILENT if gold is None else Said(gold > junk, f"a right answer is paid {gold:.3g}, junk {junk:.3g}")


def gold_unpaid(ev: Evidence) -> Said:
    """Right answers earn nothing: the grader is dead."""
    gold = ev.probe("reward_gold")
    return SILENT if gold is None else Said(gold <= 0, f"a right answer is paid {gold:.3g}")


def junk_preferred(ev: Evidence) -> Said:
    """Junk is paid more than a right answer."""
    gold, junk = ev.probe("reward_gold"), ev.probe("reward_junk")
    if gold is None or junk is None:
        return SILENT
    return Said(junk > gold, f"junk is paid {junk:.3g}, a right answer {gold:.3g}")


def traceback_in_log(ev: Evidence) -> Said:
    """The script raised."""
    if not ev.log_tail:
        return SILENT
    lines = [line for line in ev.log_tail.strip().splitlines() if line.strip()]
    fired = "Traceback (most recent call last)" in ev.log_tail
    return Said(fired, f"the log ends: {lines[-1][:200]}" if lines else "the log is empty")


def no_memory_words(ev: Evidence) -> Said:
    """The log does not speak of memory."""
    return opposite(memory_words(ev))


def memory_words(ev: Evidence) -> Said:
    """The log or the exit code speaks of memory."""
    if "out_of_memory" in ev.kinds:
        return Said(True, next(s.why for s in ev.signals if s.kind == "out_of_memory"))
    if not ev.log_tail:
        return SILENT
    found = OUT_OF_MEMORY.search(ev.log_tail)
    return Said(found is not None, f"the log says {found.group(0)!r}" if found else "the log does not speak of memory")


def job_lost(ev: Evidence) -> Said:
    """The machine or the watcher went away, not the script."""
    if ev.status is None:
        return SILENT
    state = ev.status.get("state", ev.status.get("status"))
    return Said(state == "lost", f"the job's status is {state}: {ev.status.get('why') or 'no reason given'}")


DATA_WORDS = (
    "JSONDecodeError", "UnicodeDecodeError", "ParserError", "ArrowInvalid", "is not JSON", "is empty",
    "needs the strings", "Input contains NaN", "could not convert string to float", "No such file",
)  # fmt: skip


def data_words(ev: Evidence) -> Said:
    """The log complains about a row or a file of data."""
    if not ev.log_tail:
        return SILENT
    word = next((w for w in DATA_WORDS if w in ev.log_tail), None)
    return Said(word is not None, f"the log says {word!r}" if word else "the log does not complain about data")


def no_data_words(ev: Evidence) -> Said:
    """The log does not complain about data."""
    return opposite(data_words(ev))


def loss_is_nothing(ev: Evidence) -> Said:
    """A loss of exactly zero or NaN from the first logs: nothing to learn from in the rows."""
    loss = [line.get("loss") for line in ev.metrics if "loss" in line][: t.BASELINE_LOGS]
    if not loss or ev.policy:
        return SILENT
    return Said(all(v in (0, 0.0, "NaN") for v in loss), f"the first losses are {loss}")
