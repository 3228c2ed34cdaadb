# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "torch==2.13.0",
#     "transformers~=5.23",
#     "trl~=1.16",
#     "accelerate~=1.15",
#     "datasets~=5.2",
#     "tokenizers>=0.23",
#     "safetensors>=0.6",
#     "numpy>=2",
# ]
# ///
"""Supervised fine-tuning of a tiny GPT-2 on short text questions, with TRL's SFTTrainer and a character tokenizer."""

import argparse
import json
import math
import os
import random
import sys
import time
import warnings
from pathlib import Path

KEYS: dict[str, tuple[type, ...]] = {
    "seed": (int,),
    "learning_rate": (float, int),
    "steps": (int,),
    "batch_size": (int,),
    "gradient_accumulation_steps": (int,),
    "activation_checkpointing": (bool,),
    "supervised_rows": (int, type(None)),
    "careless_share": (float, int),
    "careless_errors": (float, int),
    "width": (int,),
    "layers": (int,),
    "heads": (int,),
    "reverse_answer": (bool,),
    "max_new_tokens": (int,),
    "checkpoint_every": (int,),
}


def train(config: dict, resume: bool) -> None:
    rows = read_rows(Path("data/train.jsonl"), "answer")
    tokenizer = build_tokenizer(rows)
    quiet_torch(config["seed"])
    model = build_model(config, rows, len(tokenizer))
    last = last_checkpoint() if resume else None
    if last is None:
        log_metrics({"step": 0, "probe/train_rows": len(rows), "probe/parameters": model.num_parameters()})
    steps, rate, batch = config["steps"], config["learning_rate"], config["batch_size"]
    again = config["gradient_accumulation_steps"]
    supervise(model, tokenizer, rows, config, (steps, rate, batch, again), resume_from=last)
    save_model(model, tokenizer, Path("model"))


# --- the same lines stand in sft_tiny.py and grpo_tiny.py: one file must be enough to run an experiment ---


def build_tokenizer(rows: list[dict]):
    """One token a character of the training rows; what was never seen becomes a character no answer holds."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    characters = sorted({c for row in rows for c in row["input"] + row["answer"]} | set("0123456789"))
    vocabulary = {token: i for i, token in enumerate(["<pad>", "<eos>", "\ufffd", *characters])}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="\ufffd"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    core.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def build_model(config: dict, rows: list[dict], vocabulary: int):
    """A GPT-2 of a hundred thousand parameters; learned positions learn to add with far fewer tokens than rotary."""
    from transformers import GPT2Config, GPT2LMHeadModel

    longest = max(len(row["input"]) for row in rows) + config["max_new_tokens"]
    shape = GPT2Config(
        vocab_size=vocabulary,
        n_positions=32 * math.ceil((longest + 1) / 32),
        n_embd=config["width"],
        n_layer=config["layers"],
        n_head=config["heads"],
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
    )
    return GPT2LMHeadModel(shape)


JUDGED = ("loss", "mean_token_accuracy", "entropy")
"""Measured against the answers shown, right or wrong."""


def supervise(model, tokenizer, rows, config, plan, *, resume_from=None, prefix="", offset=0) -> None:
    """Next-token training on the answers alone; logs each step, shifted by `offset`, its keys prefixed."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    steps, rate, batch, again = plan
    rows = lessons(rows, config, steps * batch * again)
    prompts = tokenizer([row["input"] for row in rows])["input_ids"]
    answers = tokenizer([written(row["answer"], config) for row in rows])["input_ids"]
    eos = tokenizer.eos_token_id
    data = Dataset.from_dict(
        {
            "input_ids": [[*p, *a, eos] for p, a in zip(prompts, answers, strict=True)],
            "labels": [[*[-100] * len(p), *a, eos] for p, a in zip(prompts, answers, strict=True)],
        }
    )
    args = SFTConfig(
        **trainer_arguments(config, save=not prefix),
        max_steps=steps,
        learning_rate=rate,
        per_device_train_batch_size=batch,
        gradient_accumulation_steps=again,
        lr_scheduler_type="linear",
        warmup_steps=min(20, steps // 5),
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    trainer = SFTTrainer(model=model, args=args, train_dataset=data, processing_class=tokenizer)
    listen(trainer, prefix, offset, careful=round(steps * (1 - config["careless_share"])))
    trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)


def lessons(rows: list[dict], config: dict, count: int) -> list[dict]:
    """The demonstrations in the order they are shown; a careless teacher gives the last of them, so that reinforcement
    finds something left to win."""
    few = rows
    if config["supervised_rows"] is not None:  # the same rows whatever the seed
        few = random.Random(0).sample(rows, min(config["supervised_rows"], len(rows)))
    chance = random.Random(config["seed"])
    shown: list[dict] = []
    while len(shown) < count:
        shown += chance.sample(few, len(few))
    careful = round(count * (1 - config["careless_share"]))
    return [
        {**row, "answer": chance.choice(few)["answer"]}
        if i >= careful and chance.random() < config["careless_errors"]
        else row
        for i, row in enumerate(shown[:count])
    ]


def trainer_arguments(config: dict, save: bool) -> dict:
    """What every trainer here shares; the NaN filter is off because it would log a dead run's loss as 0.0."""
    return {
        "output_dir": "checkpoints",
        "seed": config["seed"],
        "logging_steps": 1,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps" if save else "no",
        "save_steps": config["checkpoint_every"],
        "save_total_limit": 2,
        "activation_checkpointing": config["activation_checkpointing"],
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def listen(trainer, prefix: str, offset: int, careful: int) -> None:
    """Send what the trainer logs to metrics.jsonl instead of the terminal. Against wrong answers a good model has a high
    loss, so what is measured under the careless teacher has names of its own."""
    from transformers import PrinterCallback, TrainerCallback

    class Listener(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **kwargs):
            if "loss" in logs:  # the closing summary has none
                taught = "careless/" if state.global_step > careful else ""
                named = {f"{taught if k in JUDGED else ''}{prefix}{k}": v for k, v in logs.items()}
                log_metrics({"step": state.global_step + offset} | named)

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Listener())


def quiet_torch(seed: int) -> None:
    import torch
    from transformers import set_seed
    from transformers.utils import logging

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    set_seed(seed)


def last_checkpoint() -> Path | None:
    """The newest checkpoint that was written to its end: the trainer's state is its last file."""
    found = [p for p in Path("checkpoints").glob("checkpoint-*") if (p / "trainer_state.json").is_file()]
    for folder in sorted(found, key=lambda p: int(p.name.rpartition("-")[2]), reverse=True):
        try:
            json.loads((folder / "trainer_state.json").read_text())
        except ValueError:
            continue
        return folder
    return None


def save_model(model, tokenizer, folder: Path) -> None:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def log_metrics(row: dict) -> None:
    """Append one line; what JSON has no number for is written as a word."""
    plain = {}
    for key, value in row.items():
        if isinstance(value, float) and not math.isfinite(value):
            value = "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
        plain[key] = value
    plain["time"] = round(time.time(), 3)  # the pace of a step, for forecasts
    with Path("metrics.jsonl").open("a") as file:
        file.write(json.dumps(plain) + "\n")


def written(answer: str, config: dict) -> str:
    """The answer as the model writes it, and back: units first lets a carry be worked out before it is needed."""
    return answer[::-1] if config["reverse_answer"] else answer


def predict(config: dict, inputs: Path, out: Path) -> None:
    """Greedy answers by a plain numpy forward pass: torch and transformers take ten times longer to import."""
    import numpy as np
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    if not Path("model/model.safetensors").is_file():
        stop("there is no model/model.safetensors; train first")
    rows = read_rows(inputs)
    tokenizer = Tokenizer.from_file("model/tokenizer.json")
    shape = json.loads(Path("model/config.json").read_text())
    weights = {k.removeprefix("transformer."): v for k, v in load_file("model/model.safetensors").items()}
    by_length: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        by_length.setdefault(len(row["input"]), []).append(i)
    answers = [""] * len(rows)
    for length, members in by_length.items():
        if length + config["max_new_tokens"] > shape["n_positions"]:
            stop(f"{inputs}: an input of {length} characters is longer than the model's {shape['n_positions']}")
        ids = np.array([tokenizer.encode(rows[i]["input"]).ids for i in members])
        for _ in range(config["max_new_tokens"]):
            ids = np.concatenate([ids, next_logits(weights, shape, ids).argmax(-1)[:, None]], axis=1)
        for i, line in zip(members, ids[:, length:].tolist(), strict=True):
            text = line[: line.index(shape["eos_token_id"])] if shape["eos_token_id"] in line else line
            answers[i] = written(tokenizer.decode(text), config)
    lines = [json.dumps({"id": row["id"], "prediction": a}) for row, a in zip(rows, answers, strict=True)]
    partial = out.with_name(out.name + ".partial")
    partial.write_text("".join(line + "\n" for line in lines))
    partial.replace(out)


def next_logits(weights: dict, shape: dict, ids):
    """GPT-2's scores for the next token."""
    import numpy as np

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((x * x).mean(-1, keepdims=True) + shape["layer_norm_epsilon"])
        return x / scale * weights[name + ".weight"] + weights[name + ".bias"]

    def linear(x, name):
        return x @ weights[name + ".weight"] + weights[name + ".bias"]

    n, length = ids.shape
    heads, width = shape["n_head"], shape["n_embd"]
    future = np.triu(np.full((length, length), -1e9, dtype=np.float32), 1)
    x = weights["wte.weight"][ids] + weights["wpe.weight"][:length]
    for layer in range(shape["n_layer"]):
        block = f"h.{layer}."
        mixed = linear(norm(x, block + "ln_1"), block + "attn.c_attn").reshape(n, length, 3, heads, width // heads)
        q, k, v = mixed.transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2) / np.float32(math.sqrt(width // heads)) + future
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True)) @ v
        x = x + linear(seen.swapaxes(1, 2).reshape(n, length, width), block + "attn.c_proj")
        h = linear(norm(x, block + "ln_2"), block + "mlp.c_fc")
        h = 0.5 * h * (1 + np.tanh(np.float32(math.sqrt(2 / math.pi)) * (h + 0.044715 * h * h * h)))
        x = x + linear(h, block + "mlp.c_proj")
    return norm(x[:, -1], "ln_f") @ weights["wte.weight"].T


def stop(message: str) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(2)


def read_rows(path: Path, *also: str) -> list[dict]:
    """JSON lines whose id, input (and what else is named) are strings."""
    if not path.is_file():
        stop(f"{path} is missing")
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            stop(f"{path}:{number} is not JSON")
        if not isinstance(row, dict) or any(not isinstance(row.get(k), str) for k in ("id", "input", *also)):
            stop(f"{path}:{number} needs the strings {', '.join(('id', 'input', *also))}")
        rows.append(row)
    if not rows:
        stop(f"{path} is empty")
    return rows


def read_config(path: Path) -> dict:
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as trouble:
        stop(f"{path} is not readable JSON: {trouble}")
    unknown, missing = sorted(config.keys() - KEYS.keys()), sorted(KEYS.keys() - config.keys())
    if unknown or missing:
        stop(f"{path}: unknown keys {unknown}, missing keys {missing}")
    for key, kinds in KEYS.items():
        if not isinstance(config[key], kinds) or (isinstance(config[key], bool) and bool not in kinds):
            stop(f"{path}: {key} is {config[key]!r}, not {' or '.join(kind.__name__ for kind in kinds)}")
    return config


def main() -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("train", "predict"):
        command = commands.add_parser(name)
        command.add_argument("--config", type=Path, required=True)
        if name == "train":
            command.add_argument("--resume", action="store_true")
        else:
            command.add_argument("--inputs", type=Path, required=True)
            command.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    config = read_config(asked.config)
    if asked.command == "train":
        train(config, asked.resume)
    else:
        predict(config, asked.inputs, asked.out)


if __name__ == "__main__":
    main()
