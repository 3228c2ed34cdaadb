"""The four trainers, each as a function from a plan to the lines it logged."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.sick import toy
from bench.sick.record import Lines, Plan, common, told, watch

Change = Callable[[Any], None]
Score = Callable[[str, str, int], float]
"""Text, right answer and step to a reward."""


def sft(
    plan: Plan,
    rows: list[toy.Row],
    *,
    kind: str = "gpt2",
    held_out: list[toy.Row] | None = None,
    start: Path | None = None,
    masked_from: int | None = None,
    at_onset: Change | None = None,
    every: Change | None = None,
    **settings: Any,
) -> Lines:
    """TRL's SFTTrainer; rows are shown in their order, again from the first when they are used up."""
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    reader = toy.tokenizer()
    model = AutoModelForCausalLM.from_pretrained(start) if start else toy.language_model(plan.seed, kind)
    data = toy.supervised(rows, reader)
    if masked_from is not None:
        data = data.map(
            lambda row, i: {"labels": [-100] * len(row["labels"])} if i >= masked_from else row,
            with_indices=True,
        )
    with tempfile.TemporaryDirectory() as folder:
        args = SFTConfig(
            **common(plan, Path(folder))
            | {
                "learning_rate": 2e-3,
                "per_device_train_batch_size": 32,
                "activation_checkpointing": False,
                "train_sampling_strategy": "sequential",
                "dataset_kwargs": {"skip_prepare_dataset": True},
            }
            | ({"eval_strategy": "steps", "eval_steps": 10} if held_out else {})
            | settings
        )
        trainer = SFTTrainer(
            model=model,
            args=args,
            train_dataset=data,
            eval_dataset=toy.supervised(held_out, reader) if held_out else None,
            processing_class=reader,
        )
        lines = watch(trainer, plan, at_onset, every)
        plan.config = told(args)
        trainer.train()
    return lines


def warm_start(plan: Plan, task: str, steps: int, spoiled: float = 0.0) -> Path:
    """A model that half knows its task, trained once a folder and a pair of seeds."""
    from trl import SFTConfig, SFTTrainer

    seed = 1000 + plan.seed // 50 * 10 + plan.seed % 2
    folder = plan.starts / f"{task}-{steps}-{spoiled}-{seed}"
    if not (folder / "model.safetensors").exists():
        reader = toy.tokenizer()
        model = toy.language_model(seed)
        rows = toy.rows_of(task, 64 * steps, seed)
        tail = len(rows) * 17 // 20
        rows = rows[:tail] + toy.careless(rows[tail:], spoiled, seed)
        alone = Plan(seed, steps, None, plan.starts)
        args = SFTConfig(
            **common(alone, folder) | {"logging_steps": 50},
            learning_rate=3e-3,
            per_device_train_batch_size=64,
            activation_checkpointing=False,
            train_sampling_strategy="sequential",
            dataset_kwargs={"skip_prepare_dataset": True},
        )
        trainer = SFTTrainer(
            model=model, args=args, train_dataset=toy.supervised(rows, reader), processing_class=reader
        )
        lines = watch(trainer, alone, None, None)
        trainer.train()
        print(f"  start {folder.name}: loss {lines[-1]['loss']}, token accuracy {lines[-1]['mean_token_accuracy']}")
        toy.saved(model, reader, folder)
    return folder


def grpo(
    plan: Plan,
    start: Path,
    rows: list[toy.Row],
    reward: Score,
    true: Score | None = None,
    *,
    at_onset: Change | None = None,
    every: Change | None = None,
    **settings: Any,
) -> Lines:
    """TRL's GRPOTrainer; the true score, where there is one, is a second reward function of weight zero."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, set_seed
    from trl import GRPOConfig, GRPOTrainer

    reader = toy.tokenizer()
    model = AutoModelForCausalLM.from_pretrained(start)
    set_seed(plan.seed)
    holder: list[Any] = []

    def graded(name: str, score: Score) -> Callable[..., list[float]]:
        def function(completions: list[str], answer: list[str], **_: Any) -> list[float]:
            step = holder[0].state.global_step
            return [float(score(text, gold, step)) for text, gold in zip(completions, answer, strict=True)]

        function.__name__ = name
        return function

    graders = [graded("train_reward", reward)] + ([graded("true_score", true)] if true else [])
    with tempfile.TemporaryDirectory() as folder:
        group = settings.pop("num_generations", 8)
        args = GRPOConfig(
            **common(plan, Path(folder))
            | {
                "learning_rate": 3e-4,
                "lr_scheduler_type": "constant_with_warmup",
                "warmup_steps": 5,
                "per_device_train_batch_size": settings.pop("prompts", 16) * group,
                "num_generations": group,
                "max_completion_length": 6,
                "temperature": 1.0,
                "beta": 0.0,
                "activation_checkpointing": False,
            }
            | ({"reward_weights": [1.0, 0.0]} if true else {})
            | settings
        )
        trainer = GRPOTrainer(
            model=model,
            args=args,
            reward_funcs=graders,
            train_dataset=Dataset.from_list([{"prompt": p, "answer": a} for p, a in rows]),
            processing_class=reader,
        )
        holder.append(trainer)
        lines = watch(trainer, plan, at_onset, every)
        plan.config = told(args)
        trainer.train()
    return lines


def dpo(
    plan: Plan,
    start: Path,
    pairs: list[dict[str, str]],
    *,
    at_onset: Change | None = None,
    every: Change | None = None,
    **settings: Any,
) -> Lines:
    """TRL's DPOTrainer on rows with prompt, chosen and rejected."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, set_seed
    from trl import DPOConfig, DPOTrainer

    reader = toy.tokenizer()
    model = AutoModelForCausalLM.from_pretrained(start)
    set_seed(plan.seed)
    with tempfile.TemporaryDirectory() as folder:
        args = DPOConfig(
            **common(plan, Path(folder))
            | {
                "learning_rate": 1e-4,
                "per_device_train_batch_size": 16,
                "beta": 0.1,
                "activation_checkpointing": False,
            }
            | settings
        )
        trainer = DPOTrainer(model=model, args=args, train_dataset=Dataset.from_list(pairs), processing_class=reader)
        lines = watch(trainer, plan, at_onset, every)
        plan.config = told(args)
        trainer.train()
    return lines


def pairs_of(rows: list[toy.Row], seed: int, far: bool) -> list[dict[str, str]]:
    """A right answer and a wrong one: another row's (far), or the right one with one character changed (near)."""
    chance = random.Random(seed)
    made = []
    for prompt, answer in rows:
        wrong = chance.choice(rows)[1]
        if not far:
            at = chance.randrange(len(answer))
            wrong = answer[:at] + chance.choice([c for c in "0123456789" if c != answer[at]]) + answer[at + 1 :]
        if wrong != answer:
            made.append({"prompt": prompt, "chosen": answer, "rejected": wrong})
    return made


def classify(
    plan: Plan,
    rows: list[tuple[str, int]],
    *,
    held_out: list[tuple[str, int]] | None = None,
    at_onset: Change | None = None,
    every: Change | None = None,
    **settings: Any,
) -> Lines:
    """The plain transformers Trainer on a tiny BERT."""
    from datasets import Dataset
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    reader = toy.tokenizer()

    def table(some: list[tuple[str, int]]) -> Any:
        ids = reader([word for word, _ in some])["input_ids"]
        return Dataset.from_dict({"input_ids": ids, "labels": [label for _, label in some]})

    with tempfile.TemporaryDirectory() as folder:
        args = TrainingArguments(
            **common(plan, Path(folder))
            | {"learning_rate": 2e-3, "per_device_train_batch_size": 32}
            | ({"eval_strategy": "steps", "eval_steps": 10} if held_out else {})
            | settings
        )
        trainer = Trainer(
            model=toy.classifier(plan.seed),
            args=args,
            train_dataset=table(rows),
            eval_dataset=table(held_out) if held_out else None,
            data_collator=DataCollatorWithPadding(reader),
            compute_metrics=lambda seen: {"accuracy": float((seen.predictions.argmax(-1) == seen.label_ids).mean())},
        )
        lines = watch(trainer, plan, at_onset, every)
        plan.config = told(args)
        trainer.train()
    return lines
