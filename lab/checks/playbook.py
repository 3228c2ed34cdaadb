"""What to try, as data: for each symptom its likely causes, the arms in their order, and what would confirm each.

Order of arms: what needs no training comes first, then the cheapest single change that tells two causes apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lab.checks import thresholds as t
from lab.checks.evidence import Evidence
from lab.checks.remedies import Remedy, anchor, bonus, gentler, half_batch, nothing, once, put, times, to_known
from state.words import SignalKind


@dataclass(frozen=True)
class Arm:
    """One thing to try against one cause; where it is a change of settings, the change follows from them."""

    do: str
    cause: str
    confirms: str
    change: Remedy = nothing


@dataclass(frozen=True)
class Symptom:
    """What is seen, what it may come from (likeliest first), and what to try in order."""

    name: str
    seen: str
    kinds: frozenset[SignalKind]
    causes: tuple[str, ...]
    arms: tuple[Arm, ...]
    confirms: str
    fits: Callable[[Evidence], bool] = lambda ev: True


def _kinds(*kinds: SignalKind) -> frozenset[SignalKind]:
    return frozenset(kinds)


def _level(ev: Evidence) -> float:
    """The last running mean of the reward as a share of what a right answer is paid."""
    reward = ev.series("reward")
    return reward.smooth[-1] / (ev.probe("reward_gold") or 1.0) if len(reward) else 0.0


RATE = Arm("train with a tenth of the learning rate", "learning_rate_too_high",
           "the reward or the loss no longer falls apart", gentler)  # fmt: skip

PLAYBOOK: tuple[Symptom, ...] = (
    Symptom(
        "nothing_is_paid", "the reward is about nothing and hardly a group differs, from the first steps on",
        _kinds("zero_signal", "weak_signal"),
        ("reward_dead", "start_too_weak", "group_too_small"),
        (
            Arm("score gold answers and junk with the reward function", "reward_dead", "gold is paid in full, junk is not"),
            Arm("read twenty answers as the reward function gets them", "reward_dead",
                "right answers stand there in a form that is not recognised"),
            Arm("put the reward known to work in its place", "reward_dead", "groups differ", to_known("reward")),
            Arm("sample each question sixteen times from the start model", "start_too_weak", "some answers are right"),
            Arm("take an easier part of the questions", "start_too_weak", "fewer than half of the groups are silent"),
            Arm("train longer on examples first", "start_too_weak", "some answers are right from the first step",
                to_known("supervised_steps", lambda n: 2 * n)),
            Arm("sample more answers per question", "group_too_small", "fewer groups are silent",
                times("num_generations", 2)),
        ),
        "gold is paid 1, some of sixteen tries are right, and fewer than half of the groups are silent",
        lambda ev: ev.policy and _level(ev) < t.HACK_RISE,
    ),
    Symptom(
        "all_is_paid", "the reward is about full and hardly a group differs, early on",
        _kinds("zero_signal", "weak_signal"),
        ("task_too_easy", "reward_misspecified"),
        (
            Arm("measure the true metric on held-out questions", "reward_misspecified", "it is far below the reward"),
            Arm("read the best-paid answers", "reward_misspecified", "they are not answers"),
            Arm("drop the questions that are right nine times in ten", "task_too_easy", "groups differ again"),
            Arm("look for the questions in what the model was trained on", "task_too_easy", "they are there"),
        ),
        "the true metric agrees with the reward",
        lambda ev: ev.policy and _level(ev) >= t.WEAK_REWARD,
    ),
    Symptom(
        "rose_then_fell", "the reward was there and went; entropy, then gradients, go to nothing or burst",
        _kinds("reward_collapse", "entropy_collapse", "entropy_explosion", "zero_signal"),
        ("learning_rate_too_high", "samples_reused", "entropy_exhausted", "no_kl_anchor", "group_too_small"),
        (
            RATE,
            Arm("train with three tenths of the learning rate", "learning_rate_too_high", "the reward holds",
                times("learning_rate", 0.3)),
            Arm("use each sample once", "samples_reused", "clip ratios fall and the reward holds", once),
            Arm("clip higher on the side of rare tokens", "entropy_exhausted", "entropy stays above a third of its start",
                put("epsilon_high", 0.28)),
            Arm("tie the policy to its start", "no_kl_anchor", "the KL stays bounded and the reward holds", anchor),
            Arm("pay for entropy", "entropy_exhausted", "entropy stays above a third of its start", bonus),
            Arm("sample more answers per question", "group_too_small", "the reward rises more evenly",
                times("num_generations", 2)),
        ),
        "entropy stays above a third of its start and the running mean of the reward does not fall",
    ),
    Symptom(
        "entropy_ebbs", "entropy falls steadily while the reward stands still and ratios are clipped from above",
        _kinds("entropy_collapse", "plateau"),
        ("entropy_exhausted", "learning_rate_too_low"),
        (
            Arm("clip higher on the side of rare tokens", "entropy_exhausted", "entropy levels off", put("epsilon_high", 0.28)),
            Arm("learn from the fifth of tokens with most entropy", "entropy_exhausted", "entropy levels off",
                put("top_entropy_quantile", 0.2)),
            Arm("pay for entropy", "entropy_exhausted", "entropy levels off", bonus),
            Arm("sample at a temperature of 1.1", "entropy_exhausted", "sampling often finds more than before",
                put("temperature", 1.1)),
            Arm("train with ten times the learning rate", "learning_rate_too_low", "the reward begins to move",
                to_known("learning_rate", lambda v: 10 * v)),
        ),
        "entropy levels off and what many tries find does not shrink",
        lambda ev: ev.policy,
    ),
    Symptom(
        "drifts_for_nothing", "the KL to the start climbs and the reward is level",
        _kinds("kl_blowup"),
        ("learning_rate_too_high", "no_kl_anchor", "reward_noisy"),
        (
            Arm("train with three tenths of the learning rate", "learning_rate_too_high", "the KL climbs more slowly",
                times("learning_rate", 0.3)),
            Arm("weigh the KL more", "no_kl_anchor", "the KL stays bounded and the true metric is no worse", anchor),
            Arm("turn the synchronising of the reference off, or on", "no_kl_anchor", "the KL stops climbing",
                lambda config, facts: {"sync_ref_model": not config["sync_ref_model"]} if "sync_ref_model" in config else {}),
            Arm("score the same answers twice", "reward_noisy", "they get two rewards"),
        ),
        "the KL climbs less and the true metric is no worse",
    ),
    Symptom(
        "grows_longer", "answers grow, or are cut off, and are right no more often",
        _kinds("length_blowup"),
        ("length_paid", "reward_misspecified", "room_too_short", "learning_rate_too_high"),
        (
            Arm("take out of the reward what goes with length", "length_paid", "the length of finished answers is level"),
            Arm("average the loss over all tokens, not per answer", "length_paid", "right answers per token go up",
                put("loss_type", "dr_grpo")),
            Arm("leave cut-off answers out of the loss", "room_too_short", "the share of cut-off answers falls",
                put("mask_truncated_completions", True)),
            Arm("fine answers that come near the limit", "length_paid", "the length of finished answers is level"),
            Arm("put the reward known to work in its place", "reward_misspecified", "reward and true metric move together",
                to_known("reward")),
            Arm("give answers twice the room, once", "room_too_short", "few are cut off", times("max_completion_length", 2)),
            RATE,
        ),
        "the length of finished answers is level and more are right per token",
    ),
    Symptom(
        "paid_not_right", "the reward goes up and what it stands for goes down",
        _kinds("reward_hacking"),
        ("reward_misspecified", "length_paid", "no_kl_anchor"),
        (
            Arm("stop, and keep the fifty best-paid answers", "reward_misspecified", "they share a trick"),
            Arm("name the trick, mend the reward, score the same answers again", "reward_misspecified", "they lose their pay"),
            Arm("put the reward known to work in its place", "reward_misspecified", "reward and true metric move together",
                to_known("reward")),
            Arm("take out of the reward what goes with length", "length_paid", "the length of finished answers is level"),
            Arm("weigh the KL more", "no_kl_anchor", "the true metric holds", anchor),
            Arm("go back to a checkpoint from before; never go on from here", "reward_misspecified",
                "reward and true metric rank answers alike"),
        ),
        "the mended reward ranks answers as the true metric does",
    ),
    Symptom(
        "sampler_apart", "gradients burst after a calm stretch, and answers were drawn by another engine",
        _kinds("infer_mismatch", "spike"),
        ("sampler_differs", "learning_rate_too_high"),
        (
            Arm("compare the log-probabilities of both engines for the same answers", "sampler_differs", "they differ"),
            Arm("keep the head of the model in 32 bits, or both engines in the same 16", "sampler_differs", "they agree"),
            Arm("leave out answers whose ratio is far from 1", "sampler_differs", "gradients stay calm",
                put("vllm_importance_sampling_mode", "sequence_mask")),
            RATE,
            Arm("train fifty steps without the separate sampler", "sampler_differs", "gradients stay calm",
                put("use_vllm", False)),
            Arm("take the ratio over whole answers", "sampler_differs", "gradients stay calm",
                put("importance_sampling_level", "sequence")),
        ),
        "the mean ratio is about 1 and the lowest above a tenth",
        lambda ev: ev.policy or "infer_mismatch" in ev.kinds,
    ),
    Symptom(
        "learns_slowly", "the reward jumps about and gains little",
        _kinds("weak_signal", "plateau"),
        ("group_too_small", "reward_noisy", "start_too_weak"),
        (
            Arm("sample more answers per question", "group_too_small", "the reward rises more evenly",
                to_known("num_generations", lambda n: 2 * n)),
            Arm("take more questions per step", "reward_noisy", "the reward rises more evenly",
                times("gradient_accumulation_steps", 2)),
            Arm("do not divide by the spread of each group", "reward_noisy", "mean advantages grow", put("scale_rewards", "none")),
            Arm("divide by the spread of the batch", "reward_noisy", "mean advantages grow", put("scale_rewards", "batch")),
            Arm("begin with the questions that are right half of the time", "start_too_weak", "the reward rises"),
        ),
        "the mean absolute advantage grows",
        lambda ev: ev.policy,
    ),
    Symptom(
        "gains_vanish", "what was gained is not there on another benchmark or in another family of models",
        _kinds("cloned_curve"),
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
        _kinds("overfit"),
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
        _kinds("nan"),
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
        _kinds("divergence", "spike"),
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
        _kinds("likelihood_displacement"),
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
        _kinds("zero_signal"),
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
        _kinds("dead_lr", "plateau"),
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
        _kinds("out_of_memory", "stall", "crash"),
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
