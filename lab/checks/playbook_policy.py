"""Rows of the playbook for trainings that learn from a reward."""

from __future__ import annotations

from lab.checks import thresholds as t
from lab.checks.evidence import Evidence
from lab.checks.remedies import anchor, bonus, once, put, times, to_known
from lab.checks.symptom import RATE, Arm, Symptom, kinds_of


def _level(ev: Evidence) -> float:
    """The last running mean of the reward as a share of what a right answer is paid."""
    reward = ev.series("reward")
    return reward.smooth[-1] / (ev.probe("reward_gold") or 1.0) if len(reward) else 0.0


POLICY_ROWS: tuple[Symptom, ...] = (
    Symptom(
        "nothing_is_paid", "the reward is about nothing and hardly a group differs, from the first steps on",
        kinds_of("zero_signal", "weak_signal"),
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
        kinds_of("zero_signal", "weak_signal"),
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
        kinds_of("reward_collapse", "entropy_collapse", "entropy_explosion", "zero_signal"),
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
        kinds_of("entropy_collapse", "plateau"),
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
        kinds_of("kl_blowup"),
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
        kinds_of("length_blowup"),
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
        kinds_of("reward_hacking"),
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
        kinds_of("infer_mismatch", "spike"),
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
        kinds_of("weak_signal", "plateau"),
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
)  # fmt: skip
