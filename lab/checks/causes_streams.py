"""Causes that show in trainings by loss and on pairs, in samplers and in machines."""

from __future__ import annotations

from lab.checks import rules_outside as outside
from lab.checks import rules_settings as sets
from lab.checks import rules_streams as streams
from lab.checks.cause import Cause, kinds_of
from lab.checks.remedies import nothing, put, times

STREAM_CAUSES: tuple[Cause, ...] = (
    Cause(
        "schedule_ends_early",
        "code",
        kinds_of("dead_lr"),
        (streams.rate_fell_to_nothing,),
        nothing,
        "the learning rate is above zero up to the last tenth of the steps",
    ),
    Cause(
        "rows_changed",
        "data",
        kinds_of("spike", "divergence"),
        (streams.loss_stepped, streams.gradient_calm, streams.rate_steady, sets.learning_rate_ordinary),
        nothing,
        "with the rows shuffled the loss has no step in it",
    ),
    Cause(
        "bad_rows",
        "data",
        kinds_of("spike", "nan"),
        (streams.came_back, streams.lost_at_once, sets.learning_rate_ordinary),
        nothing,
        "without the rows of that batch nothing happens at that step",
    ),
    Cause(
        "narrow_floats",
        "code",
        kinds_of("nan"),
        (streams.half_precision,),
        put("bf16", True),
        "the gradient norm is finite throughout",
        armed=True,
    ),
    Cause(
        "overfitting",
        "data",
        kinds_of("overfit"),
        (streams.held_out_rose, streams.rows_repeated),
        nothing,
        "the held-out loss turns later, or lower",
    ),
    Cause(
        "chosen_pushed_down",
        "dynamics",
        kinds_of("likelihood_displacement"),
        (streams.chosen_fell, streams.chosen_unanchored, sets.learning_rate_ordinary),
        put("rpo_alpha", 1.0),
        "logps/chosen holds while the margin grows",
        armed=True,
    ),
    Cause(
        "pairs_trivial",
        "data",
        kinds_of("zero_signal"),
        (streams.pairs_told_apart,),
        nothing,
        "harder pairs leave some to be told apart",
    ),
    Cause(
        "task_too_easy",
        "data",
        kinds_of("zero_signal", "weak_signal"),
        (streams.reward_full,),
        nothing,
        "without the questions that are always right, groups differ again",
    ),
    Cause(
        "length_paid",
        "code",
        kinds_of("length_blowup", "reward_hacking"),
        (streams.reward_follows_length,),
        nothing,
        "with the reward per answer, not per token, the length of finished answers stays level",
    ),
    Cause(
        "room_too_short",
        "dynamics",
        kinds_of("length_blowup"),
        (streams.cut_short, streams.length_unpaid),
        times("max_completion_length", 2.0),
        "with twice the room few answers are cut off and their length levels off",
        cost=1.5,
        armed=True,
    ),
    Cause(
        "reward_noisy",
        "data",
        kinds_of("plateau", "weak_signal", "kl_blowup"),
        (streams.wandering, outside.gold_paid),
        nothing,
        "the same answer scored twice gets the same reward",
    ),
    Cause(
        "sampler_differs",
        "infrastructure",
        kinds_of("infer_mismatch"),
        (streams.sampler_apart, streams.separate_sampler),
        put("use_vllm", False),
        "without the separate sampler the ratio is 1 and nothing else changes",
    ),
    Cause(
        "change_without_effect",
        "code",
        kinds_of("cloned_curve"),
        (streams.curve_equal,),
        nothing,
        "with another seed the curve differs, and with the change in effect too",
    ),
)
