"""What is known of the two recipes on a tiny transformer: settings that work, their risks, what to try next."""

from __future__ import annotations

from typing import Any

from lab.recipes.spec import SCRIPTS, Baseline, Knob, Parameter, RecipeSpec, Rung

SHAPE: dict[str, Any] = {"width": 64, "layers": 2, "heads": 4, "reverse_answer": True, "max_new_tokens": 5}
TEACHING: dict[str, Any] = {"supervised_rows": 800, "careless_share": 0.15, "careless_errors": 0.6}
MEMORY: dict[str, Any] = {"gradient_accumulation_steps": 1, "activation_checkpointing": False}

COMMON = {
    "seed": Parameter(kind="int", low=0, high=2**32 - 1, meaning="of the weights, the order of rows and the sampling"),
    "width": Parameter(kind="int", low=8, high=512, sane=(32, 256), meaning="size of a hidden state", risk="slow"),
    "layers": Parameter(kind="int", low=1, high=12, sane=(1, 6), meaning="transformer blocks", risk="slow"),
    "heads": Parameter(kind="int", low=1, high=16, meaning="attention heads; they divide the width"),
    "reverse_answer": Parameter(kind="bool", meaning="write answers backwards, so that a carry comes before it is needed"),
    "max_new_tokens": Parameter(
        kind="int", low=1, high=64, sane=(4, 32), meaning="longest answer, its end included", risk="answers are cut off"
    ),
    "checkpoint_every": Parameter(kind="int", low=1, high=100_000, meaning="steps between checkpoints"),
    "gradient_accumulation_steps": Parameter(
        kind="int", low=1, high=1024, meaning="batches added up before a step; the effective batch is their product"
    ),
    "activation_checkpointing": Parameter(kind="bool", meaning="compute activations twice to hold fewer"),
    "supervised_rows": Parameter(
        kind="int", low=1, high=10_000_000, optional=True, sane=(500, 1e7), meaning="demonstrations shown; empty: all",
        risk="under some 400 rows the tiny model learns them by heart and adds no others",
    ),
    "careless_share": Parameter(
        kind="float", low=0, high=1, sane=(0, 0.3), meaning="last part of the demonstrations, with wrong answers in it",
        risk="the start forgets what it knew",
    ),
    "careless_errors": Parameter(
        kind="float", low=0, high=1, sane=(0, 0.8), meaning="share of wrong answers in that part", risk="nothing right is left"
    ),
}  # fmt: skip

SFT_TINY = RecipeSpec(
    name="sft_tiny",
    method="sft",
    script=SCRIPTS / "sft_tiny.py",
    fits=("generation",),
    needs=("train",),
    default={
        "seed": 0, "learning_rate": 3e-3, "steps": 400, "batch_size": 64,
        **TEACHING, "careless_share": 0.0, "careless_errors": 0.0, **SHAPE, **MEMORY, "checkpoint_every": 100,
    },
    parameters={
        **COMMON,
        "learning_rate": Parameter(
            kind="float", low=1e-8, high=10, sane=(3e-4, 5e-3), meaning="peak step size of AdamW; rises, then falls to zero",
            risk="above, the model never learns to carry; below, it has not begun when the steps are over",
        ),
        "steps": Parameter(
            kind="int", low=1, high=1_000_000, sane=(350, 5000), meaning="optimiser steps",
            risk="addition is learnt abruptly, mostly between step 250 and 380; before that little is right",
        ),
        "batch_size": Parameter(kind="int", low=1, high=4096, sane=(32, 256), meaning="rows a batch", risk="noisy or slow"),
    },
    baseline=Baseline(recipe="sft_tiny", what="the same recipe as it stands", carried={"seed": "seed"}),
    ladder=(
        Rung(change={"supervised_rows": None}, why="all demonstrations instead of a part of them"),
        Rung(change={"steps": 800}, why="twice the steps: the last carries are learnt late"),
        Rung(change={"learning_rate": 1.5e-3}, why="half the step size, for a start that is still restless"),
        Rung(change={"width": 96}, why="a wider model, if more steps no longer help"),
    ),
    arms=(Knob(key="learning_rate", to=3e-3, why="the step size known to work"),),
    arm_share=0.35,
    rehearsal={"steps": 4, "checkpoint_every": 4},
    steps_key="steps",
    warmup_key=None,
    start_key=None,
    health_metric="loss",
    true_metric="mean_token_accuracy",
    memory_mb=4096,
    import_seconds=5.0,
    sources=("arxiv:2307.03381", "arxiv:2203.02155", "postgrad:recipe-sft-tiny"),
)  # fmt: skip

GRPO_TINY = RecipeSpec(
    name="grpo_tiny",
    method="grpo",
    script=SCRIPTS / "grpo_tiny.py",
    fits=("generation",),
    needs=("train",),
    default={
        "seed": 0, "start_model": None, "supervised_steps": 400, "supervised_learning_rate": 3e-3,
        "supervised_batch_size": 64, **TEACHING, **SHAPE,
        "learning_rate": 3e-4, "warmup_steps": 10, "steps": 100, "beta": 0.0, "num_generations": 8,
        "prompts_per_step": 16, **MEMORY, "max_grad_norm": 1.0, "entropy_coef": 0.0, "epsilon_high": None,
        "temperature": 0.6, "reward": "exact", "checkpoint_every": 25,
    },
    parameters={
        **COMMON,
        "start_model": Parameter(kind="text", optional=True, meaning="folder of a trained start; empty: make one first"),
        "supervised_steps": Parameter(
            kind="int", low=0, high=1_000_000, sane=(300, 2000), meaning="steps of the start, where it is made here",
            risk="a start that is never right earns no reward to learn from",
        ),
        "supervised_learning_rate": Parameter(
            kind="float", low=1e-8, high=10, sane=(3e-4, 5e-3), meaning="peak step size of the start", risk="no start"
        ),
        "supervised_batch_size": Parameter(kind="int", low=1, high=4096, meaning="rows a batch of the start"),
        "learning_rate": Parameter(
            kind="float", low=1e-9, high=10, sane=(3e-5, 6e-4), meaning="step size of AdamW, constant after the warm-up",
            risk="above, the policy unlearns to add within a dozen steps; below, it does not move",
        ),
        "warmup_steps": Parameter(
            kind="int", low=0, high=100_000, sane=(0, 50), meaning="steps in which the step size rises", risk="few steps are left"
        ),
        "steps": Parameter(kind="int", low=1, high=1_000_000, sane=(60, 1000), meaning="GRPO steps", risk="noise hides the gain"),
        "beta": Parameter(
            kind="float", low=0, high=100, sane=(0, 0.2), meaning="weight of the KL to the start",
            risk="the policy is tied to its start",
        ),
        "num_generations": Parameter(
            kind="int", low=2, high=128, sane=(6, 32), meaning="answers drawn for each question",
            risk="in a small group all answers often earn alike, and nothing is learnt from them",
        ),
        "prompts_per_step": Parameter(kind="int", low=1, high=1024, sane=(8, 128), meaning="questions a batch", risk="noisy steps"),
        "max_grad_norm": Parameter(
            kind="float", low=1e-6, high=1e6, sane=(0.1, 5), meaning="gradients longer than this are shortened",
            risk="one batch can throw the policy off",
        ),
        "entropy_coef": Parameter(
            kind="float", low=0, high=10, sane=(0, 0.02), meaning="weight of an entropy bonus", risk="the policy dissolves into noise"
        ),
        "epsilon_high": Parameter(
            kind="float", low=0, high=10, optional=True, sane=(0.2, 0.4), meaning="upper clip of the ratio; empty: 0.2",
            risk="has an effect only where samples are used more than once",
        ),
        "temperature": Parameter(
            kind="float", low=0.05, high=5, sane=(0.5, 1.2), meaning="of the sampling", risk="too uniform or too wild a group"
        ),
        "reward": Parameter(
            kind="text", choices=("digits", "exact", "zero", "nines"),
            meaning="digits: share of right digits; exact: all or nothing; zero and nines are planted faults",
        ),
    },
    baseline=Baseline(
        recipe="sft_tiny",
        what="the supervised start itself, with the same rows, steps and seed",
        carried={
            "seed": "seed", "steps": "supervised_steps", "learning_rate": "supervised_learning_rate",
            "batch_size": "supervised_batch_size", **{key: key for key in (*TEACHING, *SHAPE)},
        },
    ),
    ladder=(
        Rung(change={"steps": 200}, why="twice the steps: the reward was still rising at the end"),
        Rung(change={"prompts_per_step": 32}, why="twice the questions a step, for a steadier gradient"),
        Rung(change={"num_generations": 16}, why="larger groups, where many are silent"),
        Rung(change={"learning_rate": 5e-4}, why="somewhat larger steps, if the reward rises without a tremor"),
        Rung(change={"reward": "digits"}, why="pay for each right digit, if whole answers are rarely right"),
    ),
    arms=(
        Knob(key="learning_rate", to=3e-4, why="the step size known to work"),
        Knob(key="beta", to=0.1, why="a KL term holds the policy to its start"),
        Knob(key="entropy_coef", to=0.05, why="an entropy bonus keeps answers varied"),
        Knob(key="num_generations", times=2, why="larger groups give a less noisy advantage"),
        Knob(key="supervised_steps", times=2, why="a better start is right more often"),
        Knob(key="reward", to="exact", why="the reward known to pay right answers"),
    ),
    arm_share=0.35,
    rehearsal={"steps": 2, "supervised_steps": 4, "prompts_per_step": 4, "checkpoint_every": 2},
    steps_key="steps",
    warmup_key="supervised_steps",
    start_key="start_model",
    health_metric="reward",
    true_metric="rewards/true_exact/mean",
    memory_mb=4096,
    import_seconds=5.0,
    sources=(
        "arxiv:2402.03300", "arxiv:2503.14476", "arxiv:2503.20783", "arxiv:2505.22617",
        "postgrad:recipe-grpo-tiny-arithmetic", "postgrad:recipe-grpo-learning-rate",
    ),
)  # fmt: skip
