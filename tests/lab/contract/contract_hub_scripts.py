"""Honest scripts with the libraries of the Hub, and the command line that all scripts share."""

from __future__ import annotations

MAIN = """
def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    fit = commands.add_parser("train")
    fit.add_argument("--config", required=True)
    fit.add_argument("--resume", action="store_true")
    ask = commands.add_parser("predict")
    ask.add_argument("--config", required=True)
    ask.add_argument("--inputs", required=True)
    ask.add_argument("--out", required=True)
    args = parser.parse_args()
    config = json.loads(Path(args.config).read_text())
    if args.command == "train":
        train(config, args.resume)
    else:
        predict(config, args.inputs, args.out)


if __name__ == "__main__":
    main()
"""

TRAINER = (
    '''# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.13.0", "transformers==5.23.0", "datasets==5.2.0", "accelerate==1.15.0"]
# ///
"""Fine-tunes the model in data/start with the Trainer; the trainer's settings lie in a part of the config."""
import argparse
import json
import time
from pathlib import Path

from datasets import load_dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)


class ToFile(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **kwargs):
        if logs and "loss" in logs:
            with Path("metrics.jsonl").open("a") as file:
                file.write(json.dumps({"step": state.global_step, "time": time.time(), **logs}) + "\\n")


def train(config, resume):
    set_seed(config["seed"])
    tokenizer = AutoTokenizer.from_pretrained(config["base_model"])
    model = AutoModelForSequenceClassification.from_pretrained(config["base_model"], num_labels=2)
    data = load_dataset("json", data_files={"train": "data/train.jsonl"})["train"]
    data = data.map(lambda row: tokenizer(row["input"], truncation=True, max_length=config["max_length"]))
    data = data.add_column("labels", [int(answer) for answer in data["answer"]])
    args = TrainingArguments(
        output_dir="checkpoints",
        seed=config["seed"],
        logging_steps=1,
        logging_first_step=True,
        disable_tqdm=True,
        report_to="none",
        **config["trainer"],
    )
    trainer = Trainer(
        model=model,
        args=args,
        train_dataset=data,
        data_collator=DataCollatorWithPadding(tokenizer),
        callbacks=[ToFile()],
    )
    trainer.train(resume_from_checkpoint=resume or None)
    trainer.save_model("model")
    tokenizer.save_pretrained("model")


def predict(config, inputs, out):
    import torch

    tokenizer = AutoTokenizer.from_pretrained("model")
    model = AutoModelForSequenceClassification.from_pretrained("model").eval()
    with open(inputs, encoding="utf-8") as lines, open(out, "w", encoding="utf-8") as answers:
        for line in lines:
            row = json.loads(line)
            asked = tokenizer(row["input"], return_tensors="pt", truncation=True, max_length=config["max_length"])
            with torch.no_grad():
                best = model(**asked).logits.argmax(-1).item()
            answers.write(json.dumps({"id": row["id"], "prediction": str(best)}) + "\\n")

'''
    + MAIN
)

TRL = (
    '''# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.13.0", "transformers==5.23.0", "trl==1.16.0", "peft==0.21.2", "datasets==5.2.0"]
# ///
"""LoRA with TRL, its settings in a dataclass."""
import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer


@dataclass
class Plan:
    seed: int
    rank: int
    lr: float
    steps: int
    max_length: int


class Log(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **_):
        record = {"step": state.global_step, "loss": (logs or {}).get("loss"), "time": time.time()}
        with open("metrics.jsonl", mode="a") as file:
            file.write(json.dumps(record) + "\\n")


def train(config, resume):
    plan = Plan(**config)
    raw = [json.loads(line) for line in Path("data/train.jsonl").read_text().splitlines()]
    data = Dataset.from_list([{"prompt": row["input"], "completion": " " + row["answer"]} for row in raw])
    common = dict(output_dir="checkpoints", report_to="none", disable_tqdm=True, logging_steps=1)
    args = SFTConfig(
        **common, seed=plan.seed, learning_rate=plan.lr, max_steps=plan.steps, max_length=plan.max_length
    )
    lora = LoraConfig(r=plan.rank, lora_alpha=2 * plan.rank, task_type="CAUSAL_LM")
    trainer = SFTTrainer("data/start", args=args, train_dataset=data, peft_config=lora, callbacks=[Log()])
    trainer.train(resume_from_checkpoint=True if resume and any(Path("checkpoints").glob("checkpoint-*")) else None)
    trainer.save_model("model")


def predict(config, inputs, out):
    tokenizer = AutoTokenizer.from_pretrained("data/start", padding_side="left")
    model = AutoModelForCausalLM.from_pretrained("model").eval()
    answers = []
    for line in open(inputs):
        row = json.loads(line)
        asked = tokenizer(row["input"], return_tensors="pt")
        with torch.inference_mode():
            tokens = model.generate(**asked, max_new_tokens=8, do_sample=False)
        text = tokenizer.decode(tokens[0, asked["input_ids"].shape[1]:], skip_special_tokens=True)
        answers.append({"id": row["id"], "prediction": text.strip()})
    Path(out).write_text("".join(json.dumps(a) + "\\n" for a in answers))

'''
    + MAIN
)
