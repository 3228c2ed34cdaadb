"""Ways out of an error that change the task, and honest mends that do not."""

from __future__ import annotations

import pytest

from lab.checks.contract.same_task import Draft, objections, same_task
from lab.checks.failures import Failure

MEMORY = Failure("memory", "the GPU's memory is full", (), 12, "")
CODE = Failure("code", "TypeError: unexpected keyword argument 'max_seq_length'", (), 12, "")
LATE = Failure("environment", "it was not done in time: time limit 30 s", (), None, "")
NO_FILE = Failure("data", "a data file is not there: FileNotFoundError", (), 3, "")
NAN = Failure("config", "the numbers are lost: NaN or infinite", (), 9, "")

SOURCE = """
import json
from trl import SFTConfig, SFTTrainer
from transformers import AutoModelForCausalLM

def train(config, resume):
    rows = [json.loads(line) for line in open("data/train.jsonl")]
    model = AutoModelForCausalLM.from_pretrained(config["base_model"])
    args = SFTConfig(
        output_dir="checkpoints", seed=config["seed"], max_length=config["max_length"],
        per_device_train_batch_size=config["batch_size"],
        gradient_accumulation_steps=config["gradient_accumulation_steps"],
    )
    trainer = SFTTrainer(model=model, args=args, train_dataset=rows)
    loss = trainer.train().training_loss
    assert loss == loss, "the loss is nan"
"""
CONFIG = {
    "seed": 1, "base_model": "data/start", "max_length": 512, "batch_size": 32, "gradient_accumulation_steps": 1,
    "steps": 1000, "learning_rate": 1e-4,
}  # fmt: skip
BEFORE = Draft(SOURCE, CONFIG)


def changed(old: str = "", new: str = "", **config: object) -> Draft:
    assert old in SOURCE
    return Draft(SOURCE.replace(old, new, 1) if old else SOURCE, {**CONFIG, **config})


ESCAPES: dict[str, tuple[Draft, Failure | None, str]] = {
    "shorter": (
        changed(max_length=128),
        MEMORY,
        "changes the sequence length (max_length) from 512 to 128 to escape a memory error; that needs a person",
    ),
    "shorter in the code": (
        changed('max_length=config["max_length"]', "max_length=128"),
        MEMORY,
        "sets the sequence length (max_length) to 128",
    ),
    "shorter by a factor": (
        changed('max_length=config["max_length"]', 'max_length=config["max_length"] // 4'),
        MEMORY,
        "sequence length",
    ),
    "cut where it was not": (
        changed('seed=config["seed"],', 'seed=config["seed"], max_prompt_length=64,'),
        MEMORY,
        "sets the sequence length (max_prompt_length) to 64",
    ),
    "another model": (
        changed(base_model="data/smaller"),
        MEMORY,
        "changes the model (base_model) from 'data/start' to 'data/smaller'",
    ),
    "a smaller one": (Draft(SOURCE, {**CONFIG, "layers": 2}), MEMORY, "sets the model (layers) to 2"),
    "LoRA": (
        changed("import json", "import json\nfrom peft import LoraConfig"),
        MEMORY,
        "brings in LoRA, which was not there",
    ),
    "LoRA in the config": (changed(use_peft=True), MEMORY, "sets the method (use_peft) to True"),
    "four bits": (
        changed('config["base_model"])', 'config["base_model"], load_in_4bit=True)'),
        MEMORY,
        "sets the method (load_in_4bit) to True",
    ),
    "frozen": (
        changed("    args = SFT", "    model.base_model.requires_grad_(False)\n    args = SFT"),
        MEMORY,
        "brings in freezing",
    ),
    "fewer rows": (
        changed("    model = Auto", "    rows = rows[:1000]\n    model = Auto"),
        MEMORY,
        "leaves out rows of the data (rows[:1000])",
    ),
    "fewer rows of a set": (
        changed("train_dataset=rows", "train_dataset=rows.select(range(9))"),
        MEMORY,
        "leaves out rows",
    ),
    "fewer rows in the config": (changed(max_train_samples=100), MEMORY, "sets the data (max_train_samples) to 100"),
    "other data": (
        changed("data/train.jsonl", "data/small.jsonl"),
        MEMORY,
        "changes the data from data/train.jsonl to data/small.jsonl",
    ),
    "another method": (
        Draft(SOURCE.replace("SFTTrainer", "RewardTrainer"), CONFIG),
        CODE,
        "changes the method from SFTTrainer to RewardTrainer to escape an error",
    ),
    "less training": (
        changed(steps=50),
        LATE,
        "cuts the length of the training from 1000 to 50 to escape a time limit",
    ),
    "the check": (
        changed('    assert loss == loss, "the loss is nan"\n', ""),
        NAN,
        "takes out a check (assert loss == loss, 'the loss is nan')",
    ),
    "the batch alone": (
        changed(batch_size=8),
        MEMORY,
        "changes the effective batch from 32 to 8; set the accumulation so that it stays 32",
    ),
    "the optimiser": (changed(optim="adafactor"), MEMORY, "sets the optimiser (optim) to 'adafactor'"),
    "no failure": (
        changed(max_length=128),
        None,
        "changes the sequence length (max_length) from 512 to 128; that needs a person",
    ),
}

MENDS: dict[str, tuple[Draft, Failure]] = {
    "nothing": (BEFORE, MEMORY),
    "smaller batch, more accumulation": (changed(batch_size=8, gradient_accumulation_steps=4), MEMORY),
    "checkpointed activations": (
        changed('seed=config["seed"],', 'seed=config["seed"], gradient_checkpointing=True,'),
        MEMORY,
    ),
    "checkpointed in the config": (changed(gradient_checkpointing=True), MEMORY),
    "dtype": (changed('config["base_model"])', 'config["base_model"], dtype=torch.bfloat16)'), MEMORY),
    "eval batch": (changed(per_device_eval_batch_size=2), MEMORY),
    "no cache": (changed("    args = SFT", "    model.config.use_cache = False\n    args = SFT"), MEMORY),
    "renamed argument": (Draft(SOURCE.replace("max_length=", "max_seq_length="), CONFIG), CODE),
    "renamed key": (
        Draft(
            SOURCE.replace('"max_length"', '"max_len"'),
            {k if k != "max_length" else "max_len": v for k, v in CONFIG.items()},
        ),
        CODE,
    ),
    "shape": (changed("    loss = ", "    model.resize_token_embeddings(8)\n    loss = "), CODE),
    "a file's name": (changed("data/train.jsonl", "data/train2.jsonl"), NO_FILE),
    "learning rate": (changed(learning_rate=1e-5), NAN),
    "more checks": (changed('"the loss is nan"', '"the loss is nan"\n    assert rows'), NAN),
    "more steps": (changed(steps=2000), CODE),
    "a number made plain": (
        changed("    loss = ", '    log = {"loss": float(1), "model": model.state_dict()}\n    loss = '),
        CODE,
    ),
    "import": (Draft(SOURCE.replace("AutoModelForCausalLM", "AutoModelWithLMHead"), CONFIG), CODE),
    "does not parse": (Draft("def f(:", CONFIG), CODE),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_way_out_that_changes_the_task_is_objected_to(name: str) -> None:
    after, failure, says = ESCAPES[name]
    found = objections(BEFORE, after, failure)
    assert any(says in line for line in found), found
    assert same_task(BEFORE, after, failure) == found[0]
    assert len(found) == 1, found


@pytest.mark.parametrize("name", MENDS)
def test_an_honest_mend_is_not(name: str) -> None:
    after, failure = MENDS[name]
    assert objections(BEFORE, after, failure) == ()
    assert same_task(BEFORE, after, failure) is None
