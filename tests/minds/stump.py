# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-learn==1.9.1", "numpy==2.4.6"]
# ///
"""Bagged stumps: many shallow trees, each on rows drawn anew."""

import argparse
import json
import pickle
import time
from pathlib import Path


def rows_of(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def features_of(rows, names):
    return [[float(row["input"][name]) for name in names] for row in rows]


def train(config):
    import numpy as np
    from sklearn.tree import DecisionTreeClassifier

    rows = rows_of("data/train.jsonl")
    names = sorted(rows[0]["input"])
    features, labels = np.array(features_of(rows, names)), np.array([row["answer"] for row in rows])
    chance = np.random.default_rng(config["seed"])
    trees = []
    for step in range(1, config["trees"] + 1):
        drawn = chance.integers(0, len(rows), len(rows))
        tree = DecisionTreeClassifier(max_depth=config["depth"], random_state=config["seed"] + step)
        trees.append(tree.fit(features[drawn], labels[drawn]))
        right = float(np.mean(tree.predict(features) == labels))
        line = {"step": step, "loss": 1.0 - right, "accuracy": right, "time": round(time.time(), 3)}
        with Path("metrics.jsonl").open("a") as out:
            out.write(json.dumps(line) + "\n")
    Path("model").mkdir(exist_ok=True)
    Path("model/trees.pickle").write_bytes(pickle.dumps((names, trees)))


def predict(config, inputs, out):
    names, trees = pickle.loads(Path("model/trees.pickle").read_bytes())
    rows = rows_of(inputs)
    votes = [tree.predict(features_of(rows, names)) for tree in trees]
    lines = []
    for at, row in enumerate(rows):
        said = [str(vote[at]) for vote in votes]
        labels = sorted(set(said))
        shares = {label: said.count(label) / len(said) for label in labels}
        lines.append(json.dumps({"id": row["id"], "prediction": max(labels, key=said.count), "scores": shares}))
    Path(out).write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("train", "predict"):
        command = commands.add_parser(name)
        command.add_argument("--config", required=True)
        if name == "train":
            command.add_argument("--resume", action="store_true")
        else:
            command.add_argument("--inputs", required=True)
            command.add_argument("--out", required=True)
    asked = parser.parse_args()
    config = json.loads(Path(asked.config).read_text())
    if asked.command == "train":
        train(config)
    else:
        predict(config, asked.inputs, asked.out)


if __name__ == "__main__":
    main()
