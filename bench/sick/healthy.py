"""Healthy trainings of many shapes: what a detector must leave alone."""

from __future__ import annotations

import random

from bench.sick import toy
from bench.sick.cases import Case, share_right
from bench.sick.proof import Shows
from bench.sick.record import Lines, Plan
from bench.sick.trainers import classify, dpo, grpo, pairs_of, sft, warm_start

LOSS = Shows("loss", "falls", 0.4)
REWARD = Shows("reward", "rises", 0.08)


def rows(plan: Plan, task: str, batch: int = 32) -> list[toy.Row]:
    return toy.rows_of(task, batch * plan.steps, plan.seed)


def sft_constant(plan: Plan) -> Lines:
    return sft(plan, rows(plan, "addition"), lr_scheduler_type="constant_with_warmup", warmup_steps=10)


def sft_cosine(plan: Plan) -> Lines:
    return sft(plan, rows(plan, "reversal"), lr_scheduler_type="cosine", warmup_steps=15, learning_rate=3e-3)


def sft_evals(plan: Plan) -> Lines:
    held = toy.rows_of("addition", 128, plan.seed + 7000)
    return sft(plan, rows(plan, "addition"), held_out=held, learning_rate=3e-3, warmup_steps=10)


def sft_to_zero(plan: Plan) -> Lines:
    """An easy task, learned to the end."""
    return sft(plan, rows(plan, "counting"), learning_rate=6e-3, warmup_steps=10)


def sft_curriculum(plan: Plan) -> Lines:
    """Half-way the task changes: the loss jumps and falls again."""
    half = 32 * (plan.steps // 2)
    shown = toy.rows_of("counting", half, plan.seed) + toy.rows_of("addition", half, plan.seed)
    return sft(plan, shown, learning_rate=3e-3, lr_scheduler_type="constant_with_warmup", warmup_steps=10)


def sft_tiny_batch(plan: Plan) -> Lines:
    """Two rows a step, a fifth of them wrong: noise everywhere."""
    shown = toy.careless(rows(plan, "counting", 2), 0.2, plan.seed)
    return sft(plan, shown, per_device_train_batch_size=2, learning_rate=2e-3, warmup_steps=5)


def sft_restarts(plan: Plan) -> Lines:
    return sft(
        plan,
        rows(plan, "addition"),
        learning_rate=4e-3,
        lr_scheduler_type="cosine_with_restarts",
        lr_scheduler_kwargs={"num_cycles": 3},
        warmup_steps=5,
    )


def sft_llama_accumulated(plan: Plan) -> Lines:
    return sft(
        plan,
        rows(plan, "counting", 32),
        kind="llama",
        per_device_train_batch_size=16,
        gradient_accumulation_steps=2,
        learning_rate=3e-3,
        weight_decay=0.1,
        lr_scheduler_type="linear",
        warmup_steps=10,
    )


def sft_seldom_logged(plan: Plan) -> Lines:
    return sft(plan, rows(plan, "addition"), logging_steps=5, learning_rate=3e-3, warmup_steps=10)


def sft_continued(plan: Plan) -> Lines:
    """A trained model goes on: a low loss from the first step that falls a little."""
    start = warm_start(plan, "addition", 150)
    return sft(plan, rows(plan, "addition"), start=start, learning_rate=5e-4, warmup_steps=10)


def sft_long(plan: Plan) -> Lines:
    held = toy.rows_of("reversal", 128, plan.seed + 7000)
    return sft(plan, rows(plan, "reversal", 16), per_device_train_batch_size=16, held_out=held, eval_steps=40,
               lr_scheduler_type="cosine", warmup_steps=20, learning_rate=3e-3)  # fmt: skip


def dpo_far(plan: Plan) -> Lines:
    """Any wrong answer against the right one: easy pairs."""
    start = warm_start(plan, "addition", 250)
    return dpo(plan, start, pairs_of(rows(plan, "addition", 16), plan.seed, far=True), learning_rate=1e-4)


def dpo_near(plan: Plan) -> Lines:
    """One digit changed: hard pairs, noisy accuracies."""
    start = warm_start(plan, "addition", 250)
    return dpo(plan, start, pairs_of(rows(plan, "addition", 16), plan.seed, far=False), learning_rate=1e-4,
               lr_scheduler_type="constant_with_warmup", warmup_steps=10)  # fmt: skip


def grpo_rising(plan: Plan) -> Lines:
    """Reward rises, entropy falls."""
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(plan, start, rows(plan, "addition", 16), share_right, exact, learning_rate=5e-4)


def grpo_beta(plan: Plan) -> Lines:
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(plan, start, rows(plan, "addition", 16), share_right, exact, learning_rate=5e-4, beta=0.04)


def grpo_full(plan: Plan) -> Lines:
    """An easy reward is won completely: groups agree, nothing is left to learn."""
    start = warm_start(plan, "counting", 120, 0.5)

    def begins_right(text: str, answer: str, step: int) -> float:
        return float(text[:1] == answer[:1] and 2 <= len(text) <= 10)

    return grpo(
        plan, start, rows(plan, "counting", 16), begins_right, None, learning_rate=1e-3, max_completion_length=12
    )


def grpo_slow(plan: Plan) -> Lines:
    """A noisy grader, few prompts, a small rate: progress that only shows over many steps."""
    start = warm_start(plan, "addition", 800, 0.5)
    chance = random.Random(plan.seed)

    def noisy(text: str, answer: str, step: int) -> float:
        return share_right(text, answer, step) + chance.gauss(0, 0.2)

    return grpo(plan, start, rows(plan, "addition", 16), noisy, exact, learning_rate=1e-4, prompts=4)


def grpo_sparse(plan: Plan) -> Lines:
    """Right or wrong and nothing between: many groups agree from the start."""
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(plan, start, rows(plan, "addition", 16), exact, None, learning_rate=5e-4, prompts=16)


def grpo_longer(plan: Plan) -> Lines:
    """Answers grow because longer answers are right ones."""
    start = warm_start(plan, "short_counting", 150)

    def as_many(text: str, answer: str, step: int) -> float:
        same = text.count(answer[0]) == len(text)
        return max(0.0, 1 - abs(len(text) - len(answer)) / len(answer)) if same else 0.0

    return grpo(plan, start, rows(plan, "counting", 16), as_many, exact, learning_rate=7e-4, max_completion_length=14)


def grpo_shorter(plan: Plan) -> Lines:
    """Answers ramble into the limit at first and learn to end."""
    start = warm_start(plan, "rambling", 300)
    return grpo(
        plan, start, rows(plan, "addition", 16), share_right, exact, learning_rate=5e-4, max_completion_length=10
    )


def grpo_penalties(plan: Plan) -> Lines:
    """Rewards are fines: from well below zero towards it."""
    start = warm_start(plan, "addition", 800, 0.5)

    def fined(text: str, answer: str, step: int) -> float:
        return 5 * share_right(text, answer, step) - 5

    return grpo(plan, start, rows(plan, "addition", 16), fined, exact, learning_rate=5e-4)


def grpo_free(plan: Plan) -> Lines:
    """Hardly held to its reference: KL grows because the policy gets better."""
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(
        plan, start, rows(plan, "addition", 16), share_right, exact, learning_rate=3e-4, beta=0.001, warmup_steps=20
    )


def grpo_pairs(plan: Plan) -> Lines:
    """Groups of two and a grader of right or wrong: most groups agree at first, and it learns all the same."""
    start = warm_start(plan, "addition", 800, 0.5)
    return grpo(plan, start, rows(plan, "addition", 32), exact, None, learning_rate=5e-4, prompts=32, num_generations=2)


def sft_noisy_evals(plan: Plan) -> Lines:
    """Eight held-out rows, judged every fifth step."""
    held = toy.rows_of("reversal", 8, plan.seed + 7000)
    return sft(plan, rows(plan, "reversal", 8), held_out=held, eval_steps=5, per_device_train_batch_size=8,
               learning_rate=4e-3, warmup_steps=10)  # fmt: skip


def dpo_ipo(plan: Plan) -> Lines:
    """Another loss, whose numbers are tens instead of tenths."""
    start = warm_start(plan, "addition", 250)
    pairs = pairs_of(rows(plan, "addition", 16), plan.seed, far=True)
    return dpo(plan, start, pairs, learning_rate=2e-4, loss_type=["ipo"], warmup_steps=10)


def classification(plan: Plan) -> Lines:
    made = toy.counted_letters(32 * plan.steps, plan.seed)
    return classify(plan, made, held_out=toy.counted_letters(128, plan.seed + 7000), warmup_steps=10)


def classification_noisy(plan: Plan) -> Lines:
    """A third of the labels are drawn blindly, eight rows a step: the loss has a floor and much noise."""
    made = toy.counted_letters(8 * plan.steps, plan.seed, noise=0.3)
    return classify(plan, made, per_device_train_batch_size=8, lr_scheduler_type="constant_with_warmup", warmup_steps=5)


def exact(text: str, answer: str, step: int) -> float:
    return float(text == answer)


HEALTHY = [
    Case("sft_constant", "sft", sft_constant, 120, [LOSS]),
    Case("sft_cosine", "sft", sft_cosine, 150, [LOSS]),
    Case("sft_evals", "sft", sft_evals, 120, [LOSS]),
    Case("sft_to_zero", "sft", sft_to_zero, 150, [Shows("loss", "falls", 1.0), Shows("loss", "under", 0.05)]),
    Case("sft_curriculum", "sft", sft_curriculum, 140, [LOSS]),
    Case("sft_tiny_batch", "sft", sft_tiny_batch, 150, [LOSS]),
    Case("sft_restarts", "sft", sft_restarts, 150, [LOSS]),
    Case("sft_llama_accumulated", "sft", sft_llama_accumulated, 120, [LOSS]),
    Case("sft_seldom_logged", "sft", sft_seldom_logged, 150, [LOSS]),
    Case("sft_continued", "sft", sft_continued, 100, [Shows("loss", "falls", 0.02)]),
    Case("sft_long", "sft", sft_long, 400, [LOSS]),
    Case("dpo_far", "dpo", dpo_far, 120, [Shows("rewards/margins", "rises", 0.1), Shows("loss", "falls", 0.03)]),
    Case("dpo_near", "dpo", dpo_near, 120, [Shows("rewards/margins", "rises", 0.03), Shows("loss", "falls", 0.01)]),
    Case("grpo_rising", "grpo", grpo_rising, 100, [REWARD, Shows("entropy", "falls", 0.05)]),
    Case("grpo_beta", "grpo", grpo_beta, 100, [REWARD]),
    Case(
        "grpo_full",
        "grpo",
        grpo_full,
        100,
        [REWARD, Shows("reward", "over", 0.97), Shows("completions/clipped_ratio", "under", 0.3)],
    ),
    Case("grpo_slow", "grpo", grpo_slow, 100, [Shows("rewards/true_score/mean", "rises", 0.03)]),
    Case("grpo_sparse", "grpo", grpo_sparse, 100, [REWARD]),
    Case("grpo_longer", "grpo", grpo_longer, 100, [REWARD, Shows("completions/mean_length", "rises", 1.0)]),
    Case("grpo_shorter", "grpo", grpo_shorter, 100, [REWARD, Shows("completions/mean_length", "falls", 1.0)]),
    Case("grpo_penalties", "grpo", grpo_penalties, 100, [Shows("reward", "rises", 0.4)]),
    Case("grpo_free", "grpo", grpo_free, 100, [REWARD, Shows("kl", "rises", 0.05)]),
    Case("grpo_pairs", "grpo", grpo_pairs, 100, [Shows("reward", "rises", 0.05)]),
    Case("sft_noisy_evals", "sft", sft_noisy_evals, 150, [LOSS, Shows("eval_loss", "falls", 0.2)]),
    Case("dpo_ipo", "dpo", dpo_ipo, 120, [Shows("rewards/margins", "rises", 0.1), Shows("loss", "falls", 1.0)]),
    Case("classification", "transformers", classification, 150, [Shows("loss", "falls", 0.2)]),
    Case("classification_noisy", "transformers", classification_noisy, 150, [Shows("loss", "falls", 0.06)]),
]
