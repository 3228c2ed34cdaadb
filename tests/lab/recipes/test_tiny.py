"""The two scripts on a tiny transformer, through their command line: real trainings, a few steps long."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.lab.recipes.folder import Folder, Row

SMALL: dict[str, Any] = {"width": 16, "layers": 1, "heads": 2, "checkpoint_every": 2}
UNTIMED = ("step_time",)


def sums() -> list[Row]:
    pairs = [(a, b) for a in range(10, 100, 3) for b in range(10, 100, 7)]
    return [{"id": f"{a}+{b}", "input": f"{a}+{b}=", "answer": str(a + b)} for a, b in pairs]


def untimed(line: Row) -> Row:
    return {key: value for key, value in line.items() if key not in UNTIMED}


@pytest.mark.train
@pytest.mark.slow
def test_from_demonstrations_to_reinforcement_to_answers(tmp_path: Path) -> None:
    start = Folder(tmp_path / "start", "sft_tiny", sums(), **SMALL, steps=30, batch_size=32)
    metrics = start.train()
    assert [line["step"] for line in metrics] == list(range(31))
    assert metrics[30]["loss"] < metrics[1]["loss"]
    asked = [row["input"] for row in sums()[:20]] + ["5+5=", "what?"]
    assert [row["prediction"] for row in start.predict(asked)] == by_transformers(start.path / "model", asked)

    small = {**SMALL, "steps": 4, "prompts_per_step": 4, "num_generations": 4, "beta": 0.1}
    rl = Folder(tmp_path / "rl", "grpo_tiny", sums(), **small, start_model="data/start")
    shutil.copytree(start.path / "model", rl.path / "data/start")
    metrics = rl.train()
    assert [line["step"] for line in metrics] == list(range(5))
    assert metrics[0]["probe/reward_gold"] == 1 > metrics[0]["probe/reward_junk"]
    needed = {"reward", "reward_std", "rewards/true_exact/mean", "frac_reward_zero_std", "entropy", "kl", "grad_norm"}
    assert needed <= metrics[4].keys()
    assert len(rl.predict(asked)) == 22

    cut = Folder(tmp_path / "cut", "grpo_tiny", sums(), **small, start_model="data/start")
    shutil.copytree(start.path / "model", cut.path / "data/start")
    shutil.copytree(rl.path / "checkpoints/checkpoint-2", cut.path / "checkpoints/checkpoint-2")
    (cut.path / "checkpoints/checkpoint-3").mkdir()  # one that a kill cut short
    assert list(map(untimed, cut.train("--resume"))) == list(map(untimed, metrics[3:]))


@pytest.mark.train
@pytest.mark.slow
def test_a_start_of_its_own_and_a_reward_that_is_never_paid(tmp_path: Path) -> None:
    small = {**SMALL, "steps": 2, "prompts_per_step": 4, "num_generations": 2, "supervised_steps": 3}
    metrics = Folder(tmp_path / "x", "grpo_tiny", sums(), **small, reward="zero").train()
    assert [line["step"] for line in metrics] == [-3, -2, -1, 0, 1, 2]
    assert "supervised/loss" in metrics[0]
    assert metrics[3]["probe/reward_gold"] == metrics[3]["probe/reward_junk"] == 0
    assert metrics[5]["frac_reward_zero_std"] == 1


@pytest.mark.train
@pytest.mark.slow
def test_a_loss_that_is_no_number_is_logged_as_such(tmp_path: Path) -> None:
    metrics = Folder(tmp_path / "x", "sft_tiny", sums(), **SMALL, steps=6, learning_rate=1e30).train()
    assert metrics[1]["loss"] > 0
    assert metrics[6]["loss"] == "NaN"


def test_a_wrong_config_or_row_is_one_line_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "x", "grpo_tiny", [*sums()[:3], {"id": "4", "input": {"a": 1}, "answer": "1"}])
    assert said(folder) == "data/train.jsonl:4 needs the strings id, input, answer\n"
    folder.configure({**folder.config, "reward": "praise"})
    assert said(folder) == "reward is 'praise', not one of digits, exact, zero, nines\n"
    folder.configure({k: v for k, v in folder.config.items() if k != "beta"})
    assert said(folder) == "config.json: unknown keys [], missing keys ['beta']\n"


def said(folder: Folder) -> str:
    done = folder.run("train")
    assert done.returncode == 2
    return done.stderr


def by_transformers(model: Path, asked: list[str]) -> list[str]:
    """The same greedy answers by the library that trained the model, asked in another process: it warns on import."""
    import json
    import subprocess
    import sys

    code = """
import json, sys
from transformers import AutoModelForCausalLM, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModelForCausalLM.from_pretrained(sys.argv[1])
for text in json.loads(sys.argv[2]):
    ids = tokenizer(text, return_tensors="pt")
    out = model.generate(**ids, do_sample=False, max_new_tokens=5)[0, ids["input_ids"].shape[1]:]
    print(json.dumps(tokenizer.decode(out, skip_special_tokens=True)[::-1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(model), json.dumps(asked)], capture_output=True, text=True, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
