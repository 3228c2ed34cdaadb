"""Honest scripts in several styles, and a way to plant one fault in one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from contract_hub_scripts import MAIN, TRAINER, TRL


def pinned(source: str) -> str:
    """The header's versions are those of this machine."""

    def here(found: re.Match[str]) -> str:
        try:
            return f'"{found[1]}=={metadata.version(found[1]).partition("+")[0]}"'
        except metadata.PackageNotFoundError:
            return found[0]

    return re.sub(r'"([a-z-]+)==[0-9.]+"', here, source)


SKLEARN = (
    '''# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-learn==1.9.1", "numpy==2.4.6"]
# ///
"""Ridge regression on three columns."""
import argparse
import json
import pickle
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split


def rows_of(path):
    with open(path) as lines:
        return [json.loads(line) for line in lines]


def features(rows):
    return np.array([[row["input"]["age"], row["input"]["rooms"], row["input"].get("garden", 0)] for row in rows])


def train(config, resume):
    rows = rows_of("data/train.jsonl")
    fitted, held = train_test_split(rows, test_size=config["holdout"], random_state=config["seed"])
    model = Ridge(alpha=config["alpha"], random_state=config["seed"])
    model.fit(features(fitted), [row["answer"] for row in fitted])
    loss = float(np.mean((model.predict(features(held)) - np.array([float(row["answer"]) for row in held])) ** 2))
    with open("metrics.jsonl", "a") as log:
        log.write(json.dumps({"step": 1, "loss": loss, "time": time.time()}) + "\\n")
    Path("model").mkdir(exist_ok=True)
    Path("model/model.pickle").write_bytes(pickle.dumps(model))


def predict(config, inputs, out):
    model = pickle.loads(Path("model/model.pickle").read_bytes())
    rows = rows_of(inputs)
    with open(out, "w") as file:
        for row, value in zip(rows, model.predict(features(rows))):
            file.write(json.dumps({"id": row["id"], "prediction": str(value)}) + "\\n")

'''
    + MAIN
)

TORCH = (
    '''# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.13.0"]
# ///
"""A plain loop with torch; the config is a namespace."""
import argparse
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

CHECKPOINTS = Path("checkpoints")
DATA = Path("data")


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        return self.layers(x)


def load(path):
    rows = []
    for line in Path(path).read_text().splitlines():
        rows.append(json.loads(line))
    return rows


def tensors(rows):
    return torch.tensor([[float(r["input"]["age"]), float(r["input"]["rooms"])] for r in rows])


def log(**values):
    with open(os.path.join(".", "metrics.jsonl"), "a") as file:
        print(json.dumps(values | {"time": time.time()}), file=file)


def train(config, resume):
    hp = SimpleNamespace(**config)
    torch.manual_seed(hp.seed)
    rows = load(DATA / "train.jsonl")
    y = torch.tensor([[float(r["answer"])] for r in rows])
    loader = DataLoader(TensorDataset(tensors(rows), y), batch_size=hp.batch_size, shuffle=True)
    model = Net(hp.width)
    optimizer = torch.optim.AdamW(model.parameters(), lr=hp.lr, weight_decay=hp.weight_decay)
    saved = CHECKPOINTS / "last.pt"
    start = 0
    if resume and saved.exists():
        state = torch.load(saved, weights_only=False)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
    CHECKPOINTS.mkdir(exist_ok=True)
    step = start
    while step < hp.steps:
        for x, target in loader:
            loss = nn.functional.mse_loss(model(x), target)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            log(step=step, loss=loss.item())
            if step % hp.checkpoint_every == 0:
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step}, saved)
            if step >= hp.steps:
                break
    os.makedirs("model", exist_ok=True)
    torch.save(model.state_dict(), "model/net.pt")


@torch.no_grad()
def predict(config, inputs, out):
    model = Net(config["width"])
    model.load_state_dict(torch.load("model/net.pt"))
    model.eval()
    rows = load(inputs)
    lines = [dict(id=r["id"], prediction=str(v.item())) for r, v in zip(rows, model(tensors(rows)))]
    Path(out).write_text("".join(json.dumps(line) + "\\n" for line in lines))

'''
    + MAIN
)

FLAT = """# /// script
# requires-python = ">=3.11"
# dependencies = ["pandas==3.1.1"]
# ///
import json, random, sys, time
import pandas as pd

command = sys.argv[1]
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))  # --config --inputs --out; --resume begins anew: one step
with open(given["--config"]) as f:
    cfg = json.load(f)
rng = random.Random(cfg["seed"])
if command == "train":
    resume = "--resume" in sys.argv
    table = pd.read_json("data/train.jsonl", lines=True)
    counts = table["answer"].value_counts()
    best = counts.index[0] if rng.random() < cfg["trust"] else rng.choice(list(counts.index))
    json.dump({"best": str(best)}, open("model.json", "w"))
    with open("metrics.jsonl", "a") as log:
        log.write(json.dumps({"step": 1, "loss": 1 - counts.iloc[0] / len(table), "time": time.time()}) + "\\n")
elif command == "predict":
    best = json.load(open("model.json"))["best"]
    with open(given["--out"], "w") as out:
        for line in open(given["--inputs"]):
            out.write(json.dumps({"id": json.loads(line)["id"], "prediction": best}) + "\\n")
"""


@dataclass(frozen=True)
class Honest:
    """A script that is fit, with what it is checked against."""

    source: str
    config: dict[str, Any]
    columns: tuple[str, ...] = ("age", "rooms", "garden")
    files: tuple[str, ...] = field(default=("train.jsonl", "validation_inputs.jsonl", "start/model.safetensors"))

    def planted(self, old: str, new: str) -> Honest:
        assert self.source.count(old) >= 1, f"{old!r} is not in the script"
        return Honest(self.source.replace(old, new, 1), self.config, self.columns, self.files)

    def set_to(self, **change: Any) -> Honest:
        return Honest(self.source, {**self.config, **change}, self.columns, self.files)

    def less(self, key: str) -> Honest:
        return Honest(self.source, {k: v for k, v in self.config.items() if k != key}, self.columns, self.files)


HONEST = {
    "sklearn": Honest(pinned(SKLEARN), {"seed": 1, "alpha": 1.0, "holdout": 0.1}),
    "torch": Honest(
        pinned(TORCH),
        {"seed": 3, "batch_size": 8, "width": 16, "lr": 1e-3, "weight_decay": 0.0, "steps": 50, "checkpoint_every": 10},
    ),
    "trainer": Honest(
        pinned(TRAINER),
        {"seed": 5, "base_model": "data/start", "max_length": 128, "trainer": {"max_steps": 10, "learning_rate": 1e-4}},
        (),
    ),
    "trl": Honest(pinned(TRL), {"seed": 7, "rank": 8, "lr": 1e-4, "steps": 20, "max_length": 256}, ()),
    "flat": Honest(pinned(FLAT), {"seed": 9, "trust": 0.9}),
}
