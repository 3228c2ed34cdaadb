"""The catalogue of causes, as data: what each would show, what would cure it, where it sends the run."""

from __future__ import annotations

from lab.checks import rules_curves as curves
from lab.checks import rules_outside as outside
from lab.checks import rules_settings as sets
from lab.checks import rules_streams as streams
from lab.checks.cause import GOES_TO, Cause, kinds_of
from lab.checks.causes_streams import STREAM_CAUSES
from lab.checks.remedies import anchor, bonus, gentler, half_batch, nothing, once, to_known

__all__ = ["BY_NAME", "CATALOGUE", "GENERIC", "GOES_TO", "Cause", "half_batch"]

COLLAPSE = kinds_of("reward_collapse", "entropy_collapse", "entropy_explosion", "kl_blowup", "length_blowup")

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
        COLLAPSE | {"divergence", "nan", "zero_signal", "spike", "likelihood_displacement"},
        (
            sets.learning_rate_departs,
            streams.rate_jumped,
            streams.gradient_grew,
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
        kinds_of("zero_signal", "weak_signal", "plateau"),
        (curves.never_right, sets.warm_start_short, curves.groups_silent, outside.gold_paid),
        to_known("supervised_steps", lambda n: 2 * n),
        "some answers are right from the first step",
        cost=1.5,
        armed=True,
    ),
    Cause(
        "learning_rate_too_low",
        "dynamics",
        kinds_of("dead_lr", "plateau"),
        (sets.learning_rate_nothing,),
        to_known("learning_rate", lambda v: 10 * v),
        "the reward (or the loss) begins to move",
        armed=True,
    ),
    Cause(
        "loss_divergence",
        "dynamics",
        kinds_of("divergence", "nan", "spike"),
        (sets.gradients_unclipped, curves.gradient_spiked, curves.loss_ran_away, sets.learning_rate_ordinary),
        to_known("max_grad_norm"),
        "no single update throws the loss off",
        armed=True,
    ),
    Cause(
        "reward_dead",
        "code",
        kinds_of("zero_signal", "weak_signal", "plateau"),
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
        kinds_of("crash"),
        (outside.traceback_in_log, outside.no_memory_words, outside.no_data_words),
        nothing,
        "the script runs through the rehearsal",
    ),
    Cause(
        "data_broken",
        "data",
        kinds_of("crash", "nan"),
        (outside.data_words, outside.loss_is_nothing),
        nothing,
        "every row loads and carries something to learn",
    ),
    Cause(
        "labels_broken",
        "data",
        kinds_of("plateau", "divergence"),
        (curves.no_better_than_majority, curves.training_never_improved, sets.learning_rate_ordinary),
        nothing,
        "accuracy exceeds the commonest label's share",
    ),
    Cause(
        "out_of_memory",
        "infrastructure",
        kinds_of("out_of_memory", "crash"),
        (outside.memory_words, streams.memory_grows),
        half_batch,
        "the same effective batch fits",
    ),
    Cause(
        "machine_lost",
        "infrastructure",
        kinds_of("stall", "crash"),
        (outside.job_lost, streams.step_slow),
        nothing,
        "the next attempt goes on from the last checkpoint",
    ),
    *STREAM_CAUSES,
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
