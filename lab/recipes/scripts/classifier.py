# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-learn~=1.9", "numpy>=2"]
# ///
"""A classifier of table rows or texts with scikit-learn: majority, logistic, sgd, forest or mlp."""

import argparse
import json
import math
import os
import pickle
import random
import sys
import time
from collections import Counter
from pathlib import Path

KEYS: dict[str, tuple[type, ...]] = {
    "seed": (int,),
    "model": (str,),
    "learning_rate": (float, int),
    "steps": (int,),
    "batch_size": (int,),
    "alpha": (float, int),
    "hidden": (int,),
    "trees": (int,),
    "max_depth": (int, type(None)),
    "vocabulary": (int,),
    "ngrams": (int,),
    "holdout": (float, int),
    "checkpoint_every": (int,),
}
MODELS = ("majority", "logistic", "sgd", "forest", "mlp")
SAVED, CHECKPOINT = Path("model/model.pickle"), Path("checkpoints/state.pickle")


class Columns:
    """Table rows to numbers: numbers standardised, words one-hot; a gap is the mean, or no level at all."""

    def fit(self, inputs):
        import numpy as np

        names = sorted({name for row in inputs for name in row})
        self.numeric, self.levels = {}, {}
        for name in names:
            values = [row[name] for row in inputs if row.get(name) is not None]
            if all(is_number(v) for v in values):
                known = np.array(values or [0.0], dtype=float)
                self.numeric[name] = (known.mean(), known.std() or 1.0)
            else:
                self.levels[name] = [level for level, _ in Counter(map(str, values)).most_common(50)]
        return self

    def transform(self, inputs):
        import numpy as np

        columns = []
        for name, (mean, spread) in self.numeric.items():
            values = [row.get(name) for row in inputs]
            columns.append([(v - mean) / spread if is_number(v) else 0.0 for v in values])
        for name, levels in self.levels.items():
            columns += [[float(str(row.get(name)) == level) for row in inputs] for level in levels]
        return np.array(columns, dtype=float).reshape(len(columns), len(inputs)).T


class Majority:
    """Always the most frequent label, with the labels' shares as scores."""

    def fit(self, features, labels):
        counts = Counter(labels)
        self.classes_ = sorted(counts)
        self.shares = [counts[label] / len(labels) for label in self.classes_]
        return self

    def predict_proba(self, features):
        return [self.shares] * features.shape[0]


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def encoder(config: dict, inputs: list):
    """TF-IDF for texts, columns for tables."""
    if isinstance(inputs[0], str):
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(max_features=config["vocabulary"], ngram_range=(1, config["ngrams"])).fit(inputs)
    return Columns().fit(inputs)


def build(config: dict, rows: int):
    """The model named in the config; `alpha` is its L2 strength."""
    name, seed = config["model"], config["seed"]
    if name == "majority":
        return Majority()
    if name == "forest":
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(config["trees"], max_depth=config["max_depth"], random_state=seed)
    if name == "mlp":
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier(
            (config["hidden"],),
            solver="sgd",
            alpha=config["alpha"],
            learning_rate_init=config["learning_rate"],
            batch_size=config["batch_size"],
            random_state=seed,
        )
    from sklearn.linear_model import LogisticRegression, SGDClassifier

    if name == "logistic":
        return LogisticRegression(C=1 / (config["alpha"] * rows), max_iter=1000, random_state=seed)
    rate = {"learning_rate": "constant", "eta0": config["learning_rate"]}
    return SGDClassifier(loss="log_loss", alpha=config["alpha"], random_state=seed, **rate)


def train(config: dict, resume: bool) -> None:
    import numpy as np

    rows = read_rows(Path("data/train.jsonl"), "answer")
    chance = random.Random(config["seed"])
    chance.shuffle(rows)
    held = int(len(rows) * config["holdout"])
    encode = encoder(config, [row["input"] for row in rows[held:]])
    features = encode.transform([row["input"] for row in rows])
    labels = np.array([row["answer"] for row in rows])
    if len(set(labels[held:])) < 2 and config["model"] != "majority":
        stop("data/train.jsonl: only one label to learn; a classifier needs two")
    kept, start = CHECKPOINT.is_file() and resume and pickle.loads(CHECKPOINT.read_bytes()), 0
    model = build(config, len(rows) - held)
    if kept:
        model, start, state = kept
        chance.setstate(state)
    else:
        log_metrics({"step": 0, "probe/train_rows": len(rows) - held, "probe/features": features.shape[1]})
    train_part, held_part = (features[held:], labels[held:]), (features[:held], labels[:held])
    if config["model"] in ("sgd", "mlp"):
        walk(model, config, train_part, held_part, chance, start)
    else:
        model.fit(*train_part)
        log_metrics({"step": 1} | measures(model, train_part, held_part))
    SAVED.parent.mkdir(exist_ok=True)
    SAVED.write_bytes(pickle.dumps((encode, model)))


def walk(model, config: dict, train_part, held_part, chance: random.Random, start: int) -> None:
    """One partial fit a step, each on a batch drawn anew; a checkpoint now and then."""
    features, labels = train_part
    classes, everything = sorted(set(labels)), range(len(labels))
    CHECKPOINT.parent.mkdir(exist_ok=True)
    for step in range(start + 1, config["steps"] + 1):
        batch = chance.sample(everything, min(config["batch_size"], len(labels)))
        try:
            model.partial_fit(features[batch], labels[batch], classes=classes)
        except ValueError as trouble:
            if "non-finite" not in str(trouble) and "infinite" not in str(trouble):
                raise
            log_metrics({"step": step, "loss": math.nan})
            print(f"step {step}: the weights are no longer numbers; lower learning_rate", file=sys.stderr)
            raise SystemExit(1) from trouble
        log_metrics({"step": step, "learning_rate": config["learning_rate"]} | measures(model, train_part, held_part))
        if step % config["checkpoint_every"] == 0:
            partial = CHECKPOINT.with_suffix(".partial")
            partial.write_bytes(pickle.dumps((model, step, chance.getstate())))
            partial.replace(CHECKPOINT)


def measures(model, train_part, held_part, most: int = 1000) -> dict[str, float]:
    """Loss and accuracy on rows trained on, accuracy on the inner hold-out."""
    features, labels = train_part[0][:most], train_part[1][:most]
    found = {"loss": loss(model, features, labels), "accuracy": accuracy(model, features, labels)}
    if len(held_part[1]):
        found["inner/accuracy"] = accuracy(model, *held_part)
    return found


def loss(model, features, labels) -> float:
    """Mean log-loss. From the margins where there are any: probabilities are clipped and would hide a divergence."""
    import numpy as np

    classes = np.array(model.classes_)
    truth = labels[:, None] == classes[None, :]
    if hasattr(model, "decision_function"):
        margins = model.decision_function(features)
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], axis=1) / 2
        top = margins.max(axis=1, keepdims=True)
        return float(np.mean(top[:, 0] + np.log(np.exp(margins - top).sum(axis=1)) - (margins * truth).sum(axis=1)))
    shares = (np.array(model.predict_proba(features)) * truth).sum(axis=1)
    return float(-np.mean(np.log(np.maximum(shares, 1e-12))))


def accuracy(model, features, labels) -> float:
    import numpy as np

    best = np.array(model.classes_)[np.array(model.predict_proba(features)).argmax(axis=1)]
    return float(np.mean(best == labels))


def predict(config: dict, inputs: Path, out: Path) -> None:
    """The likeliest label of each row, with the score of every label."""
    if not SAVED.is_file():
        stop(f"there is no {SAVED}; train first")
    encode, model = pickle.loads(SAVED.read_bytes())
    rows = read_rows(inputs)
    scores = model.predict_proba(encode.transform([row["input"] for row in rows]))
    labels = [str(label) for label in model.classes_]
    lines = []
    for row, line in zip(rows, scores, strict=True):
        shares = dict(zip(labels, map(float, line), strict=True))
        lines.append(json.dumps({"id": row["id"], "prediction": max(shares, key=shares.get), "scores": shares}))
    partial = out.with_name(out.name + ".partial")
    partial.write_text("".join(line + "\n" for line in lines))
    partial.replace(out)


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


def stop(message: str) -> None:
    print(message, file=sys.stderr)
    raise SystemExit(2)


def read_rows(path: Path, *also: str) -> list[dict]:
    """JSON lines with a string id and an input that is a text or an object, all of one sort."""
    if not path.is_file():
        stop(f"{path} is missing")
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError:
            stop(f"{path}:{number} is not JSON")
        if not isinstance(row, dict) or any(not isinstance(row.get(k), str) for k in ("id", *also)):
            stop(f"{path}:{number} needs the strings {', '.join(('id', *also))}")
        if not isinstance(row.get("input"), str | dict) or (rows and type(row["input"]) is not type(rows[0]["input"])):
            stop(f"{path}:{number}: input must be a text, or an object of columns, like the rows before it")
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
    if config["model"] not in MODELS:
        stop(f"{path}: model is {config['model']!r}, not one of {', '.join(MODELS)}")
    return config


def main() -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
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
