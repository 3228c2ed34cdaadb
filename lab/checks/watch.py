"""The watch over one training: it is told each line once, in bounded work, and says what is newly wrong."""

from __future__ import annotations

import math
from functools import lru_cache

from lab.checks.machine import CLOCKS, MACHINE_RULES, MEMORY, RUNNING_CLOCKS, SECONDS, clock, memory_share
from lab.checks.names import Line, canonical
from lab.checks.numbers_lost import Lost
from lab.checks.policy import POLICY_RULES
from lab.checks.preference import PREFERENCE_RULES
from lab.checks.progress import PROGRESS_RULES
from lab.checks.rewards import REWARD_RULES
from lab.checks.run import Rule, Run, probes_of
from lab.checks.sampler import SAMPLER_RULES
from lab.checks.series import TRUE_WORDS, WARM_UP_PREFIX, Series, is_warm_up, number
from lab.checks.silence import SILENCE_RULES
from lab.checks.supervised import SUPERVISED_RULES
from state.products import Check, Signal
from state.words import CheckResult, Severity, SignalKind

RULES: tuple[Rule, ...] = (
    *SUPERVISED_RULES, *PROGRESS_RULES, *REWARD_RULES, *SILENCE_RULES, *POLICY_RULES, *SAMPLER_RULES, *PREFERENCE_RULES,
    *MACHINE_RULES,
)  # fmt: skip
READ = frozenset(
    {
        "loss", "eval_loss", "grad_norm", "learning_rate", "reward", "entropy", "kl", "kl_sequence", "accuracy",
        "mean_token_accuracy", "inner/accuracy", "frac_reward_zero_std", "completions/mean_length",
        "completions/clipped_ratio", "logps/chosen", "logps/rejected",
    }
)  # fmt: skip
"""Metrics that a detector reads by name."""
NOT_METRICS = frozenset({"step", "epoch", "num_tokens", "phase", *CLOCKS, *RUNNING_CLOCKS})


@lru_cache(maxsize=4096)
def wanted(key: str) -> bool:
    """Whether any detector reads this metric."""
    if key in READ:
        return True
    if key in NOT_METRICS or key.startswith(("probe/", WARM_UP_PREFIX)):
        return False
    return key.startswith(("rewards/", "sampling/")) or TRUE_WORDS.search(key) is not None or _held_out(key)


def _held_out(key: str) -> bool:
    return key == "eval_reward" or (key.startswith("eval_") and key.endswith("loss"))


class Watch:
    """A fold over the lines of a training. `detect` is this fold over all of them, so that a training seen live and
    the same one seen afterwards give the same signals."""

    def __init__(self, experiment: str, planned_steps: int, group: int | None = None) -> None:
        self.run = Run(experiment, planned_steps, group)
        self.lost = Lost(self.run)
        self.last: int | None = None
        self._found: dict[tuple[SignalKind, Severity], Signal] = {}
        self._held: dict[tuple[int, str], list[int]] = {}
        self._clock: tuple[float, int] | None = None

    def feed(self, line: Line) -> list[Signal]:
        """Take in a line; what it newly shows to be wrong."""
        line = canonical(line)
        said = number(line.get("step"))
        step = int(said) if said is not None and math.isfinite(said) else 0 if self.last is None else self.last + 1
        self.last = step
        for name, raw in probes_of(line):
            value = number(raw)
            if value is not None and math.isfinite(value):
                self.run.probes.setdefault(name, value)
        warm = is_warm_up(line)
        self.run.policy = self.run.policy or (not warm and "reward" in line)
        touched = set() if warm else self._push(line, step)
        fresh = [self._note(signal) for signal in self.lost.look(line, step, warm)]
        for i, rule in enumerate(RULES):
            if touched and rule.applies(self.run):
                fresh.append(self._ask(i, rule, touched))
        return [signal for signal in fresh if signal is not None]

    @property
    def signals(self) -> list[Signal]:
        """The first alarm of each kind, earliest first; where a warning became worse, both. A stretch that was logged
        again after a resume takes its alarms with it."""
        return sorted(self._found.values(), key=lambda s: (s.step, s.severity != "stop"))

    def _push(self, line: Line, step: int) -> set[str]:
        """Add the line's metrics to their series; the keys of those that grew."""
        touched: set[str] = set()
        for key, raw in [*((k, v) for k, v in line.items() if wanted(k)), *self._derived(line, step)]:
            value = number(raw)
            if value is None or not math.isfinite(value):
                continue
            track = self.run.tracks.get(key)
            if track is None:
                track = self.run.tracks[key] = Series(key)
            before = len(track)
            cut = track.push(step, value)
            if cut is None and len(track) == before:
                continue
            touched.add(key)
            self._withdraw(key, step)
        return touched

    def _derived(self, line: Line, step: int) -> list[tuple[str, float]]:
        """What follows from several metrics of a line: its share of memory, its seconds, whether its groups differ."""
        found: list[tuple[str, float]] = []
        share = memory_share(line)
        if share is not None:
            found.append((MEMORY, share))
        seconds = self._seconds(line, step)
        if seconds is not None:
            found.append((SECONDS, seconds))
        spread = number(line.get("reward_std"))
        if spread is not None and (spread == 0 or "frac_reward_zero_std" not in line):
            found.append(("frac_reward_zero_std", float(spread == 0)))
        return found

    def _seconds(self, line: Line, step: int) -> float | None:
        """Seconds per step since the line before; evaluations and resumes are not steps."""
        told = number(line.get("step_time"))
        if told is not None:
            return told
        now, before = clock(line), self._clock
        if now is None:
            return None
        self._clock = (now, step)
        if before is None or step <= before[1] or now < before[0] or any(key.startswith("eval_") for key in line):
            return None
        return (now - before[0]) / (step - before[1])

    def _withdraw(self, key: str, step: int) -> None:
        for found, signal in list(self._found.items()):
            if signal.evidence.get("metric") == key and signal.step >= step:
                del self._found[found]

    def _ask(self, i: int, rule: Rule, touched: set[str]) -> Signal | None:
        of = rule.of(self.run)
        if of.key not in touched or (rule.kind, "stop") in self._found:
            return None
        k = len(of) - 1
        held = self._held.setdefault((i, of.key), [])
        del held[k:]
        held.extend([0] * (k - len(held)))
        holds = k >= rule.begin and rule.holds(self.run, of, k)
        held.append((held[-1] if held else 0) + 1 if holds else 0)
        return self._note(rule.tell(self.run, of, k)) if holds and held[k] >= rule.patience(self.run, of) else None

    def _note(self, signal: Signal) -> Signal | None:
        if (signal.kind, "stop") in self._found or (signal.kind, signal.severity) in self._found:
            return None
        self._found[signal.kind, signal.severity] = signal
        return signal

    def checks(self) -> list[Check]:
        """What each detector says now; one that had nothing to look at says so."""
        kinds = list(dict.fromkeys(rule.kind for rule in RULES))
        return [self.lost.check(self.signals), *(self._check(kind) for kind in kinds)]

    def _check(self, kind: SignalKind) -> Check:
        found = [s for s in self.signals if s.kind == kind]
        if found:
            worst: CheckResult = "FAIL" if any(s.severity == "stop" for s in found) else "SUSPECT"
            return Check(name=kind, result=worst, why=found[-1].why)
        rules = [rule for rule in RULES if rule.kind == kind]
        asked = [rule for rule in rules if rule.applies(self.run)]
        if not asked:
            what = "learns from a reward" if self.run.policy else "has no reward"
            return Check(name=kind, result="NOT_RUN", why=f"not for a training that {what}")
        seen = [(rule, len(rule.of(self.run))) for rule in asked]
        ready = [(rule, logs) for rule, logs in seen if logs > rule.begin and rule.can(self.run)]
        if ready:
            logs = max(logs for _, logs in ready)
            keys = ", ".join(dict.fromkeys(rule.of(self.run).key for rule, _ in ready))
            return Check(name=kind, result="PASS", why=f"nothing in {logs} logs of {keys}")
        rule, logs = max(seen, key=lambda s: s[1])
        few = f"only {logs} logs of {rule.of(self.run).key}; " if logs and logs <= rule.begin else ""
        return Check(name=kind, result="NOT_RUN", why=f"{few}it needs {rule.needs}")
