"""The catalogue of causes, as data: what each would show, what would cure it, where it sends the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.checks import rules_curves as curves
from lab.checks import rules_outside as outside
from lab.checks import rules_settings as sets
from lab.checks.evidence import known
from lab.checks.said import Rule
from state.products import Json
from state.words import Family, SignalKind

GOES_TO: dict[Family, str] = {
    "dynamics": "ablation", "code": "implementation", "data": "curation", "idea": "literature",
    "infrastructure": "approve_launch", "false_alarm": "launch", "unknown": "report",
}  # fmt: skip

Facts = Mapping[str, Any]
Remedy = Callable[[Json, Facts], Json]


@dataclass(frozen=True)
class Cause:
    """One thing that can be wrong. It is considered only where one of its symptoms was seen."""

    name: str
    family: Family
    symptoms: frozenset[SignalKind]
    rules: tuple[Rule, ...]
    remedy: Remedy
    prediction: str
    cost: float = 1.0
    """What an arm with the remedy costs, in trainings of the parent."""
    armed: bool = False
    """Whether a short training with the remedy can tell this cause from others."""


def nothing(config: Json, facts: Facts) -> Json:
    """No change of settings cures this."""
    return {}


def to_known(name: str, fallback: Callable[[float], float] | None = None) -> Remedy:
    """The value known to work; where the setting has it already or none is known, the fallback applied to it."""

    def remedy(config: Json, facts: Facts) -> Json:
        now, good = config.get(name), known(facts, name)
        if good is not None and good != now:
            return {name: good}
        if fallback is None or isinstance(now, bool) or not isinstance(now, (int, float)):
            return {}
        changed = fallback(now)
        return {name: int(changed) if isinstance(now, int) and float(changed).is_integer() else changed}

    return remedy


def anchor(config: Json, facts: Facts) -> Json:
    """A KL term where there is none; ten times a weak one."""
    return _weight("beta", 0.05, config, facts)


def bonus(config: Json, facts: Facts) -> Json:
    """An entropy bonus where there is none; ten times a weak one."""
    return _weight("entropy_coef", 0.01, config, facts)


def _weight(name: str, usual: float, config: Json, facts: Facts) -> Json:
    if name not in config:
        return {}
    now = float(config[name] or 0)
    good = known(facts, name, "remedy") or known(facts, name) or usual
    return {name: good if now < good else 10 * now}


def gentler(config: Json, facts: Facts) -> Json:
    """The learning rate known to work if the present one is above it, else a tenth."""
    now, good = config.get("learning_rate"), known(facts, "learning_rate")
    if not isinstance(now, (int, float)):
        return {}
    return {"learning_rate": good if isinstance(good, (int, float)) and good < now else now / 10}


def half_batch(config: Json, facts: Facts) -> Json:
    """Half the rows at a time, twice as often: the same effective batch in half the memory."""
    for name in ("per_device_train_batch_size", "batch_size", "prompts_per_step"):
        rows = config.get(name)
        if isinstance(rows, int) and rows > 1 and "gradient_accumulation_steps" in config:
            return {name: rows // 2, "gradient_accumulation_steps": 2 * int(config["gradient_accumulation_steps"])}
    return {}


def once(config: Json, facts: Facts) -> Json:
    """Each sample used once."""
    name = next((n for n in ("num_iterations", "steps_per_generation") if (config.get(n) or 1) > 1), None)
    return {name: 1} if name else {}


def _kinds(*kinds: SignalKind) -> frozenset[SignalKind]:
    return frozenset(kinds)


COLLAPSE = _kinds("reward_collapse", "entropy_collapse", "entropy_explosion", "kl_blowup", "length_blowup")

GENERIC = frozenset(
    {
        sets.learning_rate_ordinary, sets.settings_ordinary, curves.came_late, curves.had_signal,
        curves.reward_fell, curves.some_groups_speak, curves.loss_ran_away, outside.gold_paid, outside.no_memory_words,
        outside.no_data_words,
    }
)  # fmt: skip
"""Rules that fit many causes: they weigh, but name none. A cause needs one rule of its own to be named."""

CATALOGUE: tuple[Cause, ...] = (
    Cause(
        "learning_rate_too_high",
        "dynamics",
        COLLAPSE | {"divergence", "nan", "zero_signal", "spike"},
        (
            sets.learning_rate_departs,
            curves.came_early,
            curves.had_signal,
            curves.reward_fell,
            curves.gradient_died,
            curves.loss_ran_away,
            outside.gold_paid,
        ),
        gentler,
        "the reward (or the loss) no longer falls apart and entropy stays above a third of its start",
        armed=True,
    ),
    Cause(
        "no_kl_anchor",
        "dynamics",
        COLLAPSE,
        (
            sets.no_kl_term,
            sets.learning_rate_ordinary,
            curves.came_late,
            curves.far_from_start,
            curves.had_signal,
            curves.reward_fell,
            outside.gold_paid,
        ),
        anchor,
        "KL to the start stays bounded and the reward holds",
        cost=1.3,
        armed=True,
    ),
    Cause(
        "entropy_exhausted",
        "dynamics",
        COLLAPSE | {"zero_signal", "plateau"},
        (
            curves.entropy_gone,
            curves.entropy_led,
            sets.no_entropy_term,
            sets.learning_rate_ordinary,
            curves.had_signal,
            outside.gold_paid,
        ),
        bonus,
        "entropy stays above a third of its start and the reward goes on rising",
        armed=True,
    ),
    Cause(
        "group_too_small",
        "dynamics",
        COLLAPSE | {"weak_signal", "zero_signal", "plateau"},
        (
            sets.group_below_known,
            sets.group_expected_silent,
            curves.groups_silent,
            curves.some_groups_speak,
            outside.gold_paid,
        ),
        to_known("num_generations", lambda n: 2 * n),
        "fewer silent groups and a steeper reward",
        cost=2.0,
        armed=True,
    ),
    Cause(
        "samples_reused",
        "dynamics",
        COLLAPSE,
        (sets.off_policy_steps, sets.learning_rate_ordinary),
        once,
        "clip ratios fall and the reward holds",
        armed=True,
    ),
    Cause(
        "start_too_weak",
        "dynamics",
        _kinds("zero_signal", "weak_signal", "plateau"),
        (curves.never_right, sets.warm_start_short, curves.groups_silent, outside.gold_paid),
        to_known("supervised_steps", lambda n: 2 * n),
        "some answers are right from the first step",
        cost=1.5,
        armed=True,
    ),
    Cause(
        "learning_rate_too_low",
        "dynamics",
        _kinds("dead_lr", "plateau"),
        (sets.learning_rate_nothing,),
        to_known("learning_rate", lambda v: 10 * v),
        "the reward (or the loss) begins to move",
        armed=True,
    ),
    Cause(
        "loss_divergence",
        "dynamics",
        _kinds("divergence", "nan", "spike"),
        (sets.gradients_unclipped, curves.gradient_spiked, curves.loss_ran_away, sets.learning_rate_ordinary),
        to_known("max_grad_norm"),
        "no single update throws the loss off",
        armed=True,
    ),
    Cause(
        "reward_dead",
        "code",
        _kinds("zero_signal", "weak_signal", "plateau"),
        (outside.gold_unpaid, curves.silent_from_start, curves.right_but_unpaid, sets.reward_departs),
        to_known("reward"),
        "right answers are paid, so that groups differ",
        armed=True,
    ),
    Cause(
        "reward_misspecified",
        "code",
        COLLAPSE | {"reward_hacking", "plateau"},
        (outside.junk_preferred, curves.proxy_up_true_down, sets.reward_departs),
        to_known("reward"),
        "reward and true metric move together",
        armed=True,
    ),
    Cause(
        "script_error",
        "code",
        _kinds("crash"),
        (outside.traceback_in_log, outside.no_memory_words, outside.no_data_words),
        nothing,
        "the script runs through the rehearsal",
    ),
    Cause(
        "data_broken",
        "data",
        _kinds("crash", "nan"),
        (outside.data_words, outside.loss_is_nothing),
        nothing,
        "every row loads and carries something to learn",
    ),
    Cause(
        "labels_broken",
        "data",
        _kinds("plateau", "divergence"),
        (curves.no_better_than_majority, curves.training_never_improved, sets.learning_rate_ordinary),
        nothing,
        "accuracy exceeds the commonest label's share",
    ),
    Cause(
        "out_of_memory",
        "infrastructure",
        _kinds("out_of_memory", "crash"),
        (outside.memory_words,),
        half_batch,
        "the same effective batch fits",
    ),
    Cause(
        "machine_lost",
        "infrastructure",
        _kinds("stall", "crash"),
        (outside.job_lost,),
        nothing,
        "the next attempt goes on from the last checkpoint",
    ),
    Cause(
        "false_alarm",
        "false_alarm",
        COLLAPSE | {"weak_signal", "spike", "divergence"},
        (curves.recovered, curves.true_held, sets.settings_ordinary),
        nothing,
        "the training goes on healthy from its checkpoint",
    ),
)

BY_NAME: dict[str, Cause] = {cause.name: cause for cause in CATALOGUE}
