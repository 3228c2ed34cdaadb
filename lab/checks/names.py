"""One name for each metric, whoever logged it: TRL, transformers, trackio, wandb, veRL, Keras and our own recipes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

Line = Mapping[str, Any]

PREFIXES = (
    ("train/", ""), ("training/", ""), ("eval/", "eval_"), ("val/", "eval_"), ("validation/", "eval_"),
    ("valid/", "eval_"), ("test/", "eval_"), ("val_", "eval_"), ("valid_", "eval_"), ("validation_", "eval_"),
    ("test_", "eval_"), ("evaluation/", "eval_"),
)  # fmt: skip
"""What loggers put before the name of a metric, and what it means here."""

ALIASES: dict[str, str] = {
    "train_loss": "loss", "training_loss": "loss", "loss/train": "loss", "loss/eval": "eval_loss",
    "loss/val": "eval_loss", "actor/pg_loss": "loss", "policy_loss": "loss", "eval_loss/mean": "eval_loss",
    "lr": "learning_rate", "actor/lr": "learning_rate", "optimizer/lr": "learning_rate",
    "gradient_norm": "grad_norm", "grad_norm/total": "grad_norm", "actor/grad_norm": "grad_norm",
    "total_grad_norm": "grad_norm", "gradnorm": "grad_norm", "global_grad_norm": "grad_norm",
    "rewards/mean": "reward", "reward/mean": "reward", "reward_mean": "reward", "critic/rewards/mean": "reward",
    "critic/score/mean": "reward", "objective/scores": "reward", "env/reward_mean": "reward", "train_reward": "reward",
    "reward/std": "reward_std", "rewards/std": "reward_std", "env/reward_std": "reward_std",
    "policy/entropy": "entropy", "objective/entropy": "entropy", "policy/entropy_avg": "entropy",
    "actor/entropy": "entropy", "actor/entropy_loss": "entropy", "entropy/mean": "entropy",
    "kl/mean": "kl", "mean_kl": "kl", "kl_mean": "kl", "actor/kl_loss": "kl", "kl_div": "kl",
    "actor/ppo_kl": "ppo_kl", "objective/kl": "kl_sequence", "objective/kl_sum": "kl_sequence",
    "completion_length": "completions/mean_length", "response_length/mean": "completions/mean_length",
    "response_length": "completions/mean_length", "completions/length": "completions/mean_length",
    "response_length/clip_ratio": "completions/clipped_ratio", "clipped_ratio": "completions/clipped_ratio",
    "truncated_ratio": "completions/clipped_ratio", "completions/truncated_ratio": "completions/clipped_ratio",
    "sampling_logp_difference/mean": "sampling/sampling_logp_difference/mean",
    "sampling_logp_difference/max": "sampling/sampling_logp_difference/max",
    "importance_sampling_ratio/min": "sampling/importance_sampling_ratio/min",
    "importance_sampling_ratio/mean": "sampling/importance_sampling_ratio/mean",
    "importance_sampling_ratio/max": "sampling/importance_sampling_ratio/max",
    "reward_accuracy": "rewards/accuracies", "rewards/accuracy": "rewards/accuracies",
    "rewards/margin": "rewards/margins", "margins": "rewards/margins",
    "token_accuracy": "mean_token_accuracy", "time/step": "step_time", "timing_s/step": "step_time",
    "step_time_s": "step_time", "time_per_step": "step_time", "sec_per_step": "step_time", "seconds_per_step": "step_time",
}  # fmt: skip

STEP_NAMES = ("step", "global_step", "train/global_step", "_step", "steps", "iteration", "iter", "training_step")
"""Where a line may say which step it is; the first that is there counts."""

SUMMARY = ("train_runtime", "train/train_runtime", "train_samples_per_second", "train/train_samples_per_second")
"""Marks the line that transformers writes at the end, whose `train_loss` is the mean over the whole training."""


@lru_cache(maxsize=4096)
def name_of(key: str) -> str:
    """The one name of a metric."""
    for prefix, means in PREFIXES:
        if key.startswith(prefix):
            key = means + key[len(prefix) :]
            break
    return ALIASES.get(key, key)


def canonical(line: Line) -> Line:
    """The line under the names used here; where two keys mean one metric, the one that has the name itself wins."""
    summary = any(key in line for key in SUMMARY)
    names = [(key, name_of(key)) for key in line if isinstance(key, str)]
    if not summary and "step" in line and all(key == name for key, name in names):
        return line
    out: dict[str, Any] = {}
    for key, name in names:
        if summary and name == "loss" and key != "loss":
            continue
        if key == name or name not in line:
            out[name] = line[key]
    if "step" not in out:
        step = next((line[key] for key in STEP_NAMES if line.get(key) is not None), None)
        if step is not None:
            out["step"] = step
    return out
