"""A training that crashed deep in a library: the line of the script that led there is told."""

from __future__ import annotations

import json
from pathlib import Path

from lab.ledger.journal import history
from lab.model.helm import Helm
from lab.model.mind import ChatMind
from lab.model.prices import Price
from nodes.diagnosis import diagnosis
from tests.nodes.example_run import collapsed_run
from tests.nodes.tool_desk import desk_at

WRONG = "TypeError: train() got an unexpected keyword argument 'x'"


def test_a_traceback_longer_than_the_tail_is_read_from_its_beginning(home: Path) -> None:
    run = collapsed_run(home / "runs" / "adding")
    lines = list(history(run.workspace / "journal.jsonl"))
    batch = next(line["batch"] for line in lines if line["kind"] == "batch" and line["batch"]["id"] == "b2")
    batch["experiments"] = [{**plan, "recipe": "grpo_tiny", "config": {"beta": 0.0}} for plan in batch["experiments"]]
    signal = next(line["signal"] for line in lines if line["kind"] == "signal")
    folder = run.workspace / "experiments" / "e02"
    (folder / "train.py").write_text("def train():\n    trainer.train(x=1)\n", encoding="utf-8")
    own = '  File "/x/train.py", line 2, in train\n    trainer.train(x=1)\n'
    deep = "".join(
        f'  File "/x/site-packages/lib/a.py", line {i}, in call\n    return go({"x" * 60})\n' for i in range(99)
    )
    text = f"step 1\nTraceback (most recent call last):\n{own}{deep}{WRONG}\n"
    (folder / "attempts" / "1" / "log.txt").write_text(text, encoding="utf-8")
    ended = {"state": "failed", "why": f"exit code 1: {WRONG}", "rc": 1}
    (folder / "attempts" / "1" / "status.json").write_text(json.dumps(ended), encoding="utf-8")
    desk = desk_at(home, "diagnosis", "adding")
    desk.helm = Helm("openai/scripted", base_url="http://127.0.0.1:9/v1", prices={"*": Price(0.0, 0.0)})
    desk.mind = ChatMind("openai/scripted", lambda: desk.chat("judging"))  # one cause alone: nobody is asked
    state = {
        **run.values, "batch": batch, "patient": "e02", "signals": [{**signal, "kind": "crash"}],
        "jobs": {"e02": {"attempt": "1", "seconds": 60.0}},
    }  # fmt: skip
    steps = diagnosis(state, desk)  # type: ignore[arg-type]
    try:
        while True:
            next(steps)
    except StopIteration as done:
        made = done.value
    assert made["diagnoses"][0]["cause"] == "script_error"
    failure = made["mend"]["failure"]
    assert failure["where"] == 2
    assert failure["lines"].startswith("train.py line 2, in train: trainer.train(x=1)")
