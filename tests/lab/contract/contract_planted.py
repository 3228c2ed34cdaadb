"""One fault at a time, planted in an honest script: the script, the plant, the kind, and what must be said."""

from __future__ import annotations

from collections.abc import Callable

from contract_scripts import Honest

Plant = Callable[[Honest], Honest]


def put(old: str, new: str) -> Plant:
    return lambda script: script.planted(old, new)


def add(line: str) -> Plant:
    """A line at the beginning of train()."""
    return lambda script: script.planted("def train(config, resume):\n", f"def train(config, resume):\n    {line}\n")


PLANTED: dict[str, tuple[str, Plant, str, str]] = {
    # imports
    "renamed class": (
        "trl",
        put("import SFTConfig, SFTTrainer", "import SFTConfig, PPOTrainer as SFTTrainer"),
        "imports",
        "PPOTrainer; near to it: DPOTrainer, GRPOTrainer",
    ),
    "module": (
        "sklearn",
        put("from sklearn.linear_model", "from sklearn.linear_modle"),
        "imports",
        "no linear_modle; near to it: linear_model",
    ),
    "no such package": (
        "sklearn",
        put("import numpy as np", "import numpy as np\nimport nonesuch"),
        "imports",
        "no module nonesuch here",
    ),
    "attribute": (
        "torch",
        put("nn.Linear(2, width)", "nn.Linnear(2, width)"),
        "imports",
        "torch.nn has no Linnear; near to it: Linear",
    ),
    "function": ("sklearn", put("np.mean(", "np.meaan("), "imports", "numpy has no meaan; near to it: "),
    "helper": (
        "sklearn",
        put("import numpy as np", "import numpy as np\nfrom .features import scale"),
        "imports",
        "one script",
    ),
    "name in a branch": (
        "sklearn",
        add("if config['alpha'] > 3:\n        from sklearn.svm import SVCC"),
        "imports",
        "sklearn.svm has no SVCC; near to it: SVC",
    ),
    # arguments
    "removed argument": (
        "trainer",
        put("logging_steps=1,", "logging_steps=1, evaluation_strategy='no',"),
        "arguments",
        "TrainingArguments takes no argument evaluation_strategy; near to it: eval_strategy",
    ),
    "argument in the config": (
        "trainer",
        lambda s: s.set_to(trainer={"max_steps": 3, "max_seq_length": 9}),
        "arguments",
        "takes no argument max_seq_length",
    ),
    "argument in a dictionary": (
        "trl",
        put("common = dict(", "common = dict(max_seq_length=1, "),
        "arguments",
        "SFTConfig takes no argument max_seq_length; near to it: max_length",
    ),
    "dataclass": ("trl", put("LoraConfig(r=", "LoraConfig(rank="), "arguments", "LoraConfig takes no argument rank"),
    "trainer": (
        "trainer",
        put("model=model,\n        args=args", "model=model,\n        tokenizer=tokenizer,\n        args=args"),
        "arguments",
        "Trainer takes no argument tokenizer",
    ),
    "method": (
        "trainer",
        put("trainer.train(resume_from_checkpoint=", "trainer.train(from_checkpoint="),
        "arguments",
        "train takes no argument from_checkpoint",
    ),
    "sklearn": (
        "sklearn",
        put("Ridge(alpha=", "Ridge(alhpa="),
        "arguments",
        "Ridge takes no argument alhpa; near to it: alpha",
    ),
    "too few": ("torch", put("nn.Linear(2, width)", "nn.Linear(2)"), "arguments", "without out_features"),
    "too many": (
        "sklearn",
        put("pickle.loads(Path", "json.loads('', 1) or pickle.loads(Path"),
        "arguments",
        "json.loads takes 1 arguments by place and is given 2",
    ),
    # commands
    "no predict": (
        "sklearn",
        put('add_parser("predict")', 'add_parser("answer")'),
        "commands",
        "no subcommand predict",
    ),
    "no resume": (
        "sklearn",
        put('"--resume", action="store_true"', '"--again", action="store_true"'),
        "commands",
        "does not take --resume",
    ),
    "nobody calls": ("sklearn", put('if __name__ == "__main__":\n    main()', ""), "commands", "nobody calls main()"),
    # seeds
    "literal": (
        "sklearn",
        put('random_state=config["seed"]', "random_state=42"),
        "seeds",
        "train_test_split is seeded with 42",
    ),
    "literal setter": (
        "trainer",
        put('set_seed(config["seed"])', "set_seed(42)"),
        "seeds",
        "set_seed is seeded with 42",
    ),
    "constant": (
        "torch",
        put("torch.manual_seed(hp.seed)", "SEED = 1; torch.manual_seed(SEED)"),
        "seeds",
        "manual_seed is seeded with 1",
    ),
    "dictionary": ("trainer", put("**config[", "**{'data_seed': 1}, **config["), "seeds", "data_seed is 1"),
    "the trainer's own": ("trainer", put('        seed=config["seed"],\n', ""), "seeds", "seeds everything with 42"),
    "unseeded": ("sklearn", add("np.random.default_rng().normal()"), "seeds", "default_rng is given no seed"),
    "clock": ("sklearn", add("np.random.seed(int(time.time()))"), "seeds", "seeded by the clock"),
    "system": ("sklearn", add("import secrets; secrets.randbelow(3)"), "seeds", "can't be repeated"),
    "no seed": ("sklearn", lambda s: s.less("seed"), "seeds", "the config has no seed"),
    # config
    "missing key": ("sklearn", put('config["alpha"]', 'config["alhpa"]'), "config", "no key alhpa; near to it: alpha"),
    "key never read": ("sklearn", lambda s: s.set_to(depth=3), "config", "depth is never read"),
    "attribute of a namespace": (
        "torch",
        put("Net(hp.width)", "Net(hp.widht)"),
        "config",
        "no key widht; near to it: width",
    ),
    "never read in a namespace": ("torch", lambda s: s.set_to(dropout=0.1), "config", "dropout is never read"),
    "part": ("trainer", add('config["trainer"]["warmup"]'), "config", "this part of the config has no key warmup"),
    "hard-coded": ("torch", put("batch_size=hp.batch_size", "batch_size=32"), "config", "batch_size is never read"),
    # columns
    "inside the input": ("sklearn", put('["age"]', '["ages"]'), "columns", "no column ages; near to it: age"),
    "row": ("torch", put('float(r["answer"])', 'float(r["target"])'), "columns", "no column target"),
    "table": ("trainer", put("data = data.map(", 'data["label"]; data = data.map('), "columns", "no column label"),
    "frame": ("flat", put('table["answer"]', 'table["y"]'), "columns", "no column y"),
    "mapped": (
        "trainer",
        put(
            'tokenizer(row["input"], truncation=True, max_length=config["max_length"]))\n    data = data.add',
            'tokenizer(row["text"], truncation=True, max_length=config["max_length"]))\n    data = data.add',
        ),
        "columns",
        "no column text",
    ),
    "copied under its own name": (
        "trl",
        put('{"prompt": row["input"],', '{"question": row["question"], "prompt": row["input"],'),
        "columns",
        "no column question",
    ),
    # files
    "validation": (
        "sklearn",
        add('rows_of("data/validation_inputs.jsonl")'),
        "files",
        "rows that a result is measured on",
    ),
    "test": ("sklearn", put("data/train.jsonl", "data/test.jsonl"), "files", "data/test.jsonl is read"),
    "joined": ("torch", put('DATA / "train.jsonl"', 'DATA / "test.jsonl"'), "files", "data/test.jsonl is read"),
    "data set's files": (
        "trainer",
        put('{"train": "data/train.jsonl"}', '{"train": "data/train.jsonl", "test": "data/test.jsonl"}'),
        "files",
        "data/test.jsonl is read",
    ),
    "sealed": ("sklearn", add('open("../../sealed/validation_answers.jsonl")'), "files", "sealed answers"),
    "up": ("sklearn", add('Path("../other/train.jsonl").read_text()'), "files", "outside the experiment's folder"),
    "home": ("sklearn", add('(Path.home() / ".cache").read_text()'), "files", "outside the experiment's folder"),
    "not there": ("sklearn", put("data/train.jsonl", "data/train.csv"), "files", "there is no data/train.csv"),
    # dependencies
    "no header": ("sklearn", put("# /// script", "# script"), "dependencies", "no header"),
    "not pinned": (
        "flat",
        lambda s: Honest(s.source.replace(s.source.split("[")[1].split("]")[0], '"pandas"'), s.config),
        "dependencies",
        "pandas is not pinned; write pandas==",
    ),
    "other version": (
        "flat",
        lambda s: Honest(s.source.replace(s.source.split("[")[1].split("]")[0], '"pandas==0.25.3"'), s.config),
        "dependencies",
        "pandas==0.25.3 is asked for",
    ),
    "not installed": (
        "flat",
        lambda s: Honest(s.source.replace('["pandas', '["nonesuch==1.0", "pandas'), s.config),
        "dependencies",
        "nonesuch is not installed",
    ),
    "not named": (
        "sklearn",
        put("import pickle", "import pickle\nimport pandas"),
        "dependencies",
        "pandas is imported and pandas is not in the header",
    ),
    "no TOML": ("flat", put("dependencies = [", "dependencies = [["), "dependencies", "not TOML"),
    # network
    "urllib": (
        "sklearn",
        add("import urllib.request; urllib.request.urlopen('http://x')"),
        "network",
        "urllib.request.urlopen reaches the network",
    ),
    "socket": ("sklearn", add("import socket; socket.create_connection(('x', 1))"), "network", "reaches the network"),
    "hub model": (
        "trainer",
        lambda s: s.set_to(base_model="distilbert-base-uncased"),
        "network",
        "distilbert-base-uncased is a model on the Hub",
    ),
    "hub data": (
        "trainer",
        put('load_dataset("json", data_files={"train": "data/train.jsonl"})', 'load_dataset("imdb")'),
        "network",
        "imdb is a data set on the Hub",
    ),
    "push": ("trainer", put("report_to=", "push_to_hub=True, report_to="), "network", "publishes from inside"),
    "report": ("trainer", put('report_to="none"', 'report_to="wandb"'), "network", "reports to a service"),
    "pip": (
        "sklearn",
        add('import subprocess; subprocess.run(["pip", "install", "x"])'),
        "network",
        "starts another program, which reaches the network",
    ),
    "sklearn fetches": (
        "sklearn",
        add("from sklearn.datasets import fetch_openml; fetch_openml('adult')"),
        "network",
        "downloads",
    ),
    # writes
    "absolute": (
        "sklearn",
        put('open("metrics.jsonl", "a")', 'open("/var/metrics.jsonl", "a")'),
        "writes",
        "/var/metrics.jsonl is written, outside",
    ),
    "above": ("torch", put('os.makedirs("model"', 'os.makedirs("../model"'), "writes", "../model is written, outside"),
    "into data": ("sklearn", add('Path("data/train.jsonl").write_text("")'), "writes", "not the script's to write"),
    "harness": ("sklearn", add('open("run.py", "w")'), "writes", "run.py is written"),
    "saved elsewhere": (
        "trainer",
        put('trainer.save_model("model")', 'trainer.save_model("/models/x")'),
        "writes",
        "/models/x is written, outside",
    ),
    "output_dir": (
        "trainer",
        put('output_dir="checkpoints"', 'output_dir="/scratch/run"'),
        "writes",
        "/scratch/run is written, outside",
    ),
    # what it leaves behind
    "no metrics": ("sklearn", put('"metrics.jsonl"', '"log.jsonl"'), "metrics", "nothing is written to metrics.jsonl"),
    "no step": ("sklearn", put('"step": 1', '"epoch": 1'), "metrics", 'says its "step"'),
    "no prediction": (
        "sklearn",
        put('"prediction": str(value)', '"answer": str(value)'),
        "predictions",
        'gets a "prediction"',
    ),
    # the reader of leaks
    "columns chosen by all rows": (
        "sklearn",
        put(
            "    fitted, held",
            '    from sklearn.feature_selection import SelectKBest\n    y = [row["answer"] for row in rows]\n'
            "    rows = SelectKBest(k=2).fit_transform(rows, y)\n    fitted, held",
        ),
        "leak",
        "SelectKBest is chosen with the labels",
    ),
}
