"""What to try, as data: for each symptom its likely causes, the arms in their order, and what would confirm each.

Order of arms: what needs no training comes first, then the cheapest single change that tells two causes apart.
"""

from __future__ import annotations

from lab.checks.playbook_policy import POLICY_ROWS
from lab.checks.remedies import gentler, half_batch, put, times, to_known
from lab.checks.symptom import RATE, Arm, Symptom, kinds_of

__all__ = ["PLAYBOOK", "Arm", "Symptom"]

ANY_ROWS: tuple[Symptom, ...] = (
    Symptom(
        "gains_vanish", "what was gained is not there on another benchmark or in another family of models",
        kinds_of("cloned_curve"),
        ("change_without_effect", "reward_misspecified"),
        (
            Arm("train with a reward drawn at random", "reward_misspecified", "only the true reward gains"),
            Arm("train a model of another family", "reward_misspecified", "it gains too"),
            Arm("measure on questions written after the model was made", "reward_misspecified", "the gain is there"),
            Arm("train once with another seed", "change_without_effect", "the curve differs"),
            Arm("print the setting from inside the trainer", "change_without_effect", "it is the old one"),
        ),
        "only the true reward gains, and it gains elsewhere too",
    ),
    Symptom(
        "learns_by_heart", "the training loss falls and the held-out loss rises",
        kinds_of("overfit"),
        ("overfitting",),
        (
            Arm("keep the checkpoint with the lowest held-out loss", "overfitting", "it is the better one"),
            Arm("pass over the rows fewer times", "overfitting", "the held-out loss is lower at the end",
                times("num_train_epochs", 0.5)),
            Arm("take out duplicate rows", "overfitting", "the held-out loss turns later"),
            Arm("train with half the learning rate", "overfitting", "the held-out loss turns later, or lower",
                times("learning_rate", 0.5)),
            Arm("add weight decay", "overfitting", "the held-out loss turns later, or lower", put("weight_decay", 0.1)),
        ),
        "the held-out loss turns later, or lower",
    ),
    Symptom(
        "numbers_lost", "the loss is NaN, or exactly zero",
        kinds_of("nan"),
        ("data_broken", "narrow_floats", "bad_rows", "learning_rate_too_high", "loss_divergence"),
        (
            Arm("count the tokens of each row that are trained on", "data_broken", "some rows, or all, have none"),
            Arm("train in bf16, or in 32 bits", "narrow_floats", "the gradient norm is finite", put("bf16", True)),
            Arm("halve the batch at that step until one row is left", "bad_rows", "one row alone does it"),
            RATE,
            Arm("clip gradients at 1", "loss_divergence", "no update throws the loss off", put("max_grad_norm", 1.0)),
        ),
        "the gradient norm is finite throughout",
    ),
    Symptom(
        "runs_away", "the loss climbs away from its best, or jumps",
        kinds_of("divergence", "spike"),
        ("learning_rate_too_high", "loss_divergence", "rows_changed", "bad_rows", "labels_broken"),
        (
            Arm("read the rows of the batches around that step", "rows_changed", "they are of another kind, or mislabelled"),
            RATE,
            Arm("clip gradients at 1", "loss_divergence", "no update throws the loss off", put("max_grad_norm", 1.0)),
            Arm("shuffle the rows with another seed", "rows_changed", "the step in the loss is gone", times("seed", 2)),
            Arm("train without the rows of that batch", "bad_rows", "nothing happens at that step"),
            Arm("train on shuffled labels", "labels_broken", "it does as well: the labels say nothing"),
        ),
        "the loss falls and stays down",
        lambda ev: not ev.policy,
    ),
    Symptom(
        "chosen_sinks", "both answers of a pair lose probability and only the margin grows",
        kinds_of("likelihood_displacement"),
        ("chosen_pushed_down", "learning_rate_too_high"),
        (
            Arm("add the loss of the better answer", "chosen_pushed_down", "logps/chosen holds", put("rpo_alpha", 1.0)),
            Arm("train with a tenth of the learning rate", "learning_rate_too_high", "logps/chosen holds", gentler),
            Arm("weigh the KL more", "chosen_pushed_down", "logps/chosen holds", times("beta", 3)),
            Arm("leave out pairs whose answers are nearly alike", "chosen_pushed_down", "logps/chosen holds"),
        ),
        "logps/chosen holds while the margin grows",
    ),
    Symptom(
        "nothing_to_tell_apart", "pairs are told apart from the first steps on",
        kinds_of("zero_signal"),
        ("pairs_trivial",),
        (
            Arm("read twenty pairs", "pairs_trivial", "length or form alone tells them apart"),
            Arm("look for the pairs in what the model was trained on", "pairs_trivial", "they are there"),
            Arm("draw both answers from the same model", "pairs_trivial", "some are told apart wrongly"),
        ),
        "with harder pairs some are told apart wrongly at first",
        lambda ev: not ev.policy,
    ),
    Symptom(
        "stands_still", "the learning rate is zero, or nothing moves",
        kinds_of("dead_lr", "plateau"),
        ("schedule_ends_early", "learning_rate_too_low", "labels_broken"),
        (
            Arm("compare the steps of the schedule with those of the training", "schedule_ends_early", "they differ"),
            Arm("train with ten times the learning rate", "learning_rate_too_low", "the loss begins to move",
                to_known("learning_rate", lambda v: 10 * v)),
            Arm("train on shuffled labels", "labels_broken", "it does as well: the labels say nothing"),
        ),
        "the loss or the reward begins to move",
    ),
    Symptom(
        "machine_gives_way", "memory runs out, a step hangs, or the job ends by itself",
        kinds_of("out_of_memory", "stall", "crash"),
        ("out_of_memory", "machine_lost", "script_error", "data_broken"),
        (
            Arm("halve the rows at a time and double the accumulation", "out_of_memory", "the same batch fits", half_batch),
            Arm("look for tensors that are kept from step to step", "out_of_memory", "memory is level"),
            Arm("look at the load of the machine and of its disk at that time", "machine_lost", "something else ran"),
            Arm("go on from the last checkpoint", "machine_lost", "it does not happen again"),
            Arm("run the script on ten rows", "script_error", "it fails at once"),
            Arm("load every row once without training", "data_broken", "one row does not load"),
        ),
        "it runs through",
    ),
)  # fmt: skip

PLAYBOOK: tuple[Symptom, ...] = (*POLICY_ROWS, *ANY_ROWS)
