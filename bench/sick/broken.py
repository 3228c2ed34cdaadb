"""Trainings that fall sick at a known step, each in one way."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from bench.sick import faults, toy
from bench.sick.cases import Case, share_right
from bench.sick.healthy import exact, rows
from bench.sick.proof import Shows
from bench.sick.record import Lines, Plan
from bench.sick.trainers import Score, classify, dpo, grpo, pairs_of, sft, warm_start

STEADY: dict[str, Any] = {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 5}
ANY, LATER = (0.0, 0.2, 0.4, 0.6), (0.2, 0.4, 0.6)


def task_of(plan: Plan) -> str:
    return ("addition", "reversal", "counting")[plan.seed % 3]


# --- supervised ---


def sft_rate_jump(plan: Plan) -> Lines:
    return sft(plan, rows(plan, task_of(plan)), at_onset=faults.rate_times(100), **STEADY)


def sft_uphill(plan: Plan) -> Lines:
    return sft(plan, rows(plan, task_of(plan)), at_onset=faults.climb, **STEADY)


def sft_shaken(plan: Plan) -> Lines:
    return sft(plan, rows(plan, task_of(plan)), every=faults.shake(0.5), **STEADY)


def sft_nan(filtered: bool) -> Callable[[Plan], Lines]:
    def make(plan: Plan) -> Lines:
        value = float("inf") if plan.seed % 3 == 2 else float("nan")
        poisoned = faults.poison(value, plan.seed)
        return sft(plan, rows(plan, task_of(plan)), at_onset=poisoned, logging_nan_inf_filter=filtered, **STEADY)

    return make


def sft_masked(plan: Plan) -> Lines:
    """From the onset every label of every row is -100."""
    first = None if plan.onset is None else 32 * plan.onset
    return sft(plan, rows(plan, task_of(plan)), masked_from=first, **STEADY)


def sft_rate_zero(plan: Plan) -> Lines:
    return sft(plan, rows(plan, task_of(plan)), at_onset=faults.rate_times(0), **STEADY)


def sft_overfit(plan: Plan) -> Lines:
    """Sixteen rows over and over; held-out loss turns up."""
    few = toy.rows_of("addition", 48, plan.seed)
    held = toy.rows_of("addition", 128, plan.seed + 7000)
    return sft(plan, few, held_out=held, eval_steps=5, per_device_train_batch_size=16, learning_rate=4e-3, **STEADY)


def sft_frozen(plan: Plan) -> Lines:
    """The weights stay what they were; gradients and rate look as ever."""
    keep, put_back = faults.freeze()
    return sft(plan, rows(plan, "reversal"), at_onset=keep, every=put_back, **STEADY)


def sft_rate_tiny(plan: Plan) -> Lines:
    return sft(plan, rows(plan, "reversal"), at_onset=faults.rate_times(1e-5), **STEADY)


def sft_jolts(plan: Plan) -> Lines:
    return sft(plan, rows(plan, task_of(plan)), at_onset=faults.jolt(300.0, 9), **STEADY)


def sft_plain(plan: Plan) -> Lines:
    return sft(plan, rows(plan, "reversal"), **STEADY)


def classifier_rate_jump(plan: Plan) -> Lines:
    made = toy.counted_letters(32 * plan.steps, plan.seed)
    return classify(plan, made, at_onset=faults.rate_times(100), **STEADY)


def classifier_uphill(plan: Plan) -> Lines:
    made = toy.counted_letters(32 * plan.steps, plan.seed)
    return classify(plan, made, at_onset=faults.climb, **STEADY)


# --- preferences ---


def dpo_displaced(plan: Plan) -> Lines:
    """Near pairs, a tiny beta and a large rate: both answers become unlikely."""
    start = warm_start(plan, "addition", 250)
    pairs = pairs_of(rows(plan, "addition", 16), plan.seed, far=False)
    change = faults.both(faults.rate_times(60), faults.setting(beta=0.01))
    return dpo(plan, start, pairs, at_onset=change, learning_rate=1e-4, **STEADY)


def dpo_rate_jump(plan: Plan) -> Lines:
    start = warm_start(plan, "addition", 250)
    pairs = pairs_of(rows(plan, "addition", 16), plan.seed, far=True)
    return dpo(plan, start, pairs, at_onset=faults.rate_times(300), learning_rate=1e-4, **STEADY)


def dpo_nan(plan: Plan) -> Lines:
    start = warm_start(plan, "addition", 150)
    pairs = pairs_of(rows(plan, "addition", 16), plan.seed, far=True)
    return dpo(plan, start, pairs, at_onset=faults.poison(float("nan"), plan.seed), **STEADY)


# --- reinforcement ---


def reinforced(plan: Plan, reward: Score, true: Score | None = exact, **settings: Any) -> Lines:
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(plan, start, rows(plan, "addition", 16), reward, true, **settings)


def grpo_rate_high(plan: Plan) -> Lines:
    return reinforced(plan, share_right, at_onset=faults.rate_times(50))


def constant(value: float) -> Callable[[Plan], Lines]:
    """A grader that gives every answer the same."""

    def make(plan: Plan) -> Lines:
        return reinforced(
            plan, lambda text, answer, step: value if plan.sick(step) else share_right(text, answer, step)
        )

    return make


def nines(text: str) -> float:
    return text.count("9") / max(len(text), 1)


def grpo_hack_switched(plan: Plan) -> Lines:
    """The grader pays for nines instead of the answer."""
    return reinforced(
        plan,
        lambda text, answer, step: nines(text) if plan.sick(step) else share_right(text, answer, step),
        learning_rate=6e-4,
    )


def grpo_hack_added(plan: Plan) -> Lines:
    """The grader pays for the answer, and from the onset more for nines: training reward never falls."""

    def paid(text: str, answer: str, step: int) -> float:
        return share_right(text, answer, step) + (5 * nines(text) if plan.sick(step) else 0.0)

    return reinforced(plan, paid, learning_rate=1e-3)


def grpo_length(plan: Plan) -> Lines:
    """The grader also pays by length: completions run into the limit."""
    start = warm_start(plan, "rambling", 300)

    def paid(text: str, answer: str, step: int) -> float:
        return share_right(text, answer, step) + (len(text) / 3 if plan.sick(step) else 0.0)

    return grpo(plan, start, rows(plan, "addition", 16), paid, exact, learning_rate=6e-4, max_completion_length=20)


def grpo_entropy_paid(plan: Plan) -> Lines:
    """The entropy bonus is far too large."""
    change = faults.both(faults.setting(entropy_coef=1.0), faults.rate_times(10))
    return reinforced(plan, share_right, at_onset=change, entropy_coef=1e-6)


def grpo_entropy_punished(plan: Plan) -> Lines:
    """The entropy bonus has the wrong sign."""
    change = faults.both(faults.setting(entropy_coef=-10.0), faults.rate_times(10))
    return reinforced(plan, share_right, at_onset=change, entropy_coef=1e-6)


def grpo_drift(plan: Plan) -> Lines:
    """The grader is noise and the rate large: the policy walks away from its reference for nothing."""
    chance = random.Random(plan.seed)
    return reinforced(
        plan,
        lambda text, answer, step: chance.random() if plan.sick(step) else share_right(text, answer, step),
        at_onset=faults.rate_times(15),
        beta=0.005,
    )


DIVERGED = ("divergence", "spike", "nan")
COLLAPSED = ("reward_collapse", "entropy_collapse", "zero_signal", "divergence", "kl_blowup", "entropy_explosion")
NAN = Shows("grad_norm", "nan")
UP = Shows("loss", "rises", 0.3)
TRUE_DOWN = Shows("rewards/true_score/mean", "falls", 0.05)

BROKEN = [
    Case("sft_rate_jump", "sft", sft_rate_jump, 120, [UP], DIVERGED, "stop", LATER),
    Case("sft_uphill", "sft", sft_uphill, 120, [UP], DIVERGED, "stop", ANY),
    Case("sft_shaken", "sft", sft_shaken, 120, [UP], DIVERGED, "stop", LATER),
    Case("sft_nan_masked", "sft", sft_nan(True), 120, [NAN], ("nan",), "stop", ANY),
    Case("sft_nan_plain", "sft", sft_nan(False), 120, [NAN], ("nan",), "stop", ANY),
    Case("sft_labels_masked", "sft", sft_masked, 120, [Shows("loss", "under", 1e-6)],
         ("nan", "zero_signal", "weak_signal", "dead_lr", "plateau"), "stop", ANY),
    Case("sft_rate_zero", "sft", sft_rate_zero, 120, [Shows("learning_rate", "under", 0.0)], ("dead_lr",), "stop", ANY),
    Case("sft_overfit", "sft", sft_overfit, 150, [Shows("eval_loss", "rises", 0.1), Shows("loss", "falls", 0.05)],
         ("overfit",), "warn", (0.3,)),
    Case("sft_frozen", "sft", sft_frozen, 150, [Shows("loss", "over", 0.3)], ("plateau",), "warn", (0.3, 0.4, 0.2)),
    Case("sft_rate_tiny", "sft", sft_rate_tiny, 150, [Shows("loss", "over", 0.3)], ("plateau", "dead_lr"), "warn",
         (0.0, 0.3, 0.5)),
    Case("sft_jolts", "sft", sft_jolts, 120, [Shows("grad_norm", "rises", 5.0)], ("spike",), "warn", LATER),
    Case("sft_stalled", "sft", sft_plain, 120, [Shows("step_seconds", "over", 30)], ("stall",), "warn", LATER, True,
         "from the onset each step is said to have taken 40 to 90 s longer"),
    Case("sft_cloned", "sft", sft_plain, 120, [], ("cloned_curve",), "warn", (0.0,), True,
         "recorded a second time under another name and learning rate"),
    Case("classifier_rate_jump", "transformers", classifier_rate_jump, 120, [Shows("loss", "rises", 0.1)], DIVERGED,
         "stop", LATER),
    Case("classifier_uphill", "transformers", classifier_uphill, 120, [UP], DIVERGED, "stop", LATER),
    Case("dpo_displaced", "dpo", dpo_displaced, 120, [Shows("logps/chosen", "falls", 3.0)],
         ("likelihood_displacement", "divergence"), "stop", ANY),
    Case("dpo_rate_jump", "dpo", dpo_rate_jump, 120, [Shows("logps/chosen", "falls", 3.0)],
         ("likelihood_displacement", *DIVERGED), "stop", LATER),
    Case("dpo_nan", "dpo", dpo_nan, 100, [NAN], ("nan",), "stop", ANY),
    Case("grpo_rate_high", "grpo", grpo_rate_high, 100, [Shows("reward", "falls", 0.15)], COLLAPSED, "stop", ANY),
    Case("grpo_zero", "grpo", constant(0.0), 100, [Shows("reward", "under", 0.0)], ("zero_signal", "reward_collapse"),
         "stop", ANY),
    Case("grpo_constant", "grpo", constant(0.5), 100, [Shows("reward_std", "under", 1e-6)], ("zero_signal",), "stop", ANY),
    Case("grpo_hack_switched", "grpo", grpo_hack_switched, 100, [TRUE_DOWN, Shows("reward", "over", 0.2)],
         ("reward_hacking", "reward_collapse"), "stop", ANY),
    Case("grpo_hack_added", "grpo", grpo_hack_added, 100, [TRUE_DOWN, Shows("reward", "rises", 0.3)], ("reward_hacking",),
         "stop", ANY),
    Case("grpo_length", "grpo", grpo_length, 100, [Shows("completions/mean_length", "rises", 4.0)],
         ("length_blowup", "reward_hacking"), "stop", ANY),
    Case("grpo_entropy_paid", "grpo", grpo_entropy_paid, 100, [Shows("entropy", "rises", 0.7)],
         ("entropy_explosion", "reward_collapse"), "stop", ANY),
    Case("grpo_entropy_punished", "grpo", grpo_entropy_punished, 100, [Shows("entropy", "falls", 0.35)],
         ("entropy_collapse", "zero_signal", "reward_collapse"), "stop", ANY),
    Case("grpo_drift", "grpo", grpo_drift, 100, [Shows("kl", "rises", 0.5)],
         ("kl_blowup", "reward_collapse", "reward_hacking"), "stop", ANY),
]  # fmt: skip
