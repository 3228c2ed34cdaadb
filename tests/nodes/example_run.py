"""A run's folder as the stages leave it: a collapse, its arms, seeds, an examination. Built in a moment."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.ledger.files import write_json
from lab.ledger.journal import Journal
from lab.ledger.ledger import Ledger

Json = dict[str, Any]


def plan(name: str, parent: str | None, purpose: str, seed: int, change: Json, steps: int = 100) -> Json:
    return {
        "id": name, "parent": parent, "purpose": purpose, "hypothesis": "h", "change": change, "recipe": "grpo-tiny",
        "seed": seed, "config": {"learning_rate": 3e-4, **change}, "steps": steps, "start_from": None, "predicts": "",
        "paired_seed": 0,
    }  # fmt: skip


def score(value: float, n: int, split: str = "validation") -> Json:
    half = 1.96 * math.sqrt(max(value * (1 - value), 1e-6) / n)
    return {"metric": "exact", "direction": "maximize", "value": value, "interval": [value - half, value + half],
            "n": n, "unparsed": 0, "split": split}  # fmt: skip


@dataclass
class ExampleRun:
    """Writes what stages, jobs and trainings write, through the same doors where there is one."""

    workspace: Path
    values: Json = field(default_factory=dict)
    stages: int = 0

    def __post_init__(self) -> None:
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(self.workspace / "journal.jsonl")
        goal = {
            "task": "Teach a tiny transformer to add two numbers with GRPO.", "data": "addition", "method": "grpo",
            "metric": "exact", "direction": "maximize", "target": 0.85, "start": {"learning_rate": 0.015, "beta": 0.0},
            "effort": "quick", "seed": 0, "seeds": 3, "limits": {"time": 1800.0, "budget": 5.0},
        }  # fmt: skip
        self.values |= {"run": "adding", "task": goal["task"], "goal": goal, "clock": 212.4, "bounds": {}, "trail": []}
        write_json(self.workspace / "run.json", {"run": "adding", "created": "2026-11-21T09:00:00Z"})

    def stage(self, name: str, *records: tuple[str, Json], leaves: bool = True) -> None:
        self.stages += 1
        self.journal.step = self.stages
        self.journal.enter(name)
        for kind, record in records:
            self.journal.write(kind, **record)
        if leaves:
            self.journal.write("leave", stage=name, label="on", to="next", why="done", seconds=3.2)
            self.values |= {"stage": name, "step": self.stages}

    def decide(self, stage: str, why: str) -> tuple[str, Json]:
        return "decision", {"stage": stage, "by": "playbook", "why": why, "choice": {}}

    def experiment(
        self, made: Json, batch: str, rewards: list[float], state: str = "finished", trainings: int = 1
    ) -> None:
        folder = self.workspace / "experiments" / made["id"]
        place = folder / "attempts" / "1"
        place.mkdir(parents=True)
        write_json(folder / "experiment.json", {**made, "batch": batch})
        write_json(place / "job.json", {"engine": "local", "job": {"kind": "train"}})
        write_json(place / "status.json", {"state": state, "why": ""})
        rows: list[Json] = [{"step": -3, "supervised/loss": 2.1}, {"step": 0, "probe/zero": 0.2}]
        rows += [
            {
                "step": i + 1,
                "reward": r,
                "rewards/true_exact/mean": r * r,
                "entropy": 0.02 + 0.5 * r,
                "grad_norm": "NaN",
            }
            for i, r in enumerate(rewards)
        ]
        (place / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "metrics.jsonl").symlink_to("attempts/1/metrics.jsonl")
        starts = [{"kind": "rehearsal"}, *[{"kind": "train"}] * trainings, {"kind": "predict"}]
        (folder / "starts.jsonl").write_text("".join(json.dumps(s) + "\n" for s in starts))


def wave(start: float, end: float, steps: int, seed: int, pace: float = 30) -> list[float]:
    noise = random.Random(seed)
    return [end + (start - end) * math.exp(-i / pace) + noise.gauss(0, 0.03) for i in range(steps)]


def collapsed_run(workspace: Path) -> ExampleRun:
    """The study as it ought to go."""
    run = ExampleRun(workspace)
    run.stage("intake", run.decide("intake", "the brief names everything"))
    run.stage("literature", ("source", {"name": "offline library", "answered": True, "why": "24 entries"}),
              ("source", {"name": "arxiv.org", "answered": False, "why": "no network"}))  # fmt: skip
    run.stage("curation")
    run.stage("audit", ("finding", {"finding": {"kind": "duplicate", "severity": "warn", "count": 4, "share": 0.002,
              "why": "4 training rows occur twice", "remedy": "drop them", "ids": ["t3"]}}))  # fmt: skip
    _sick(run)
    _arms(run)
    _winner(run)
    _examined(run)
    run.stage("report", ("outcome", {"outcome": "target_met", "reason": run.values["ending"]["reason"]}), leaves=False)
    return run


def _batch(run: ExampleRun, name: str, purpose: str, why: str, plans: list[Json]) -> None:
    batch = {"id": name, "purpose": purpose, "why": why, "experiments": plans, "symptom": ""}
    run.stage("planning", ("batch", {"batch": batch}), run.decide("planning", why))


def _sick(run: ExampleRun) -> None:
    base, trial = plan("e01", None, "baseline", 11, {}, 0), plan("e02", "e01", "trial", 12, {"learning_rate": 0.015})
    _batch(run, "b1", "baseline", "what is there before anything is trained", [base])
    run.experiment(base, "b1", [])
    run.stage("evaluation", ("score", {"experiment": "e01", "score": score(0.705, 400)}))
    _batch(run, "b2", "trial", "the person's own setting comes first", [trial])
    run.experiment(trial, "b2", [*wave(0.47, 0.5, 6, 2), *wave(0.5, 0.12, 13, 3, 3)], "stopped")
    signal = {"experiment": "e02", "kind": "reward_collapse", "step": 13, "severity": "stop",
              "evidence": {"best": 0.5, "now": 0.17}, "why": "reward fell from .500 to .170 and stayed there for 3 logs"}  # fmt: skip
    run.stage("monitoring", ("signal", {"signal": signal}))
    clues = [{"rule": "lr_far_above", "says": "the learning rate is 50 times the recipe's"},
             {"rule": "grad_norm", "says": "gradients vanish after step 12"}]  # fmt: skip
    against = [{"rule": "kl", "says": "without beta no KL was measured"}]
    first = {"experiment": "e02", "cause": "learning_rate_too_high", "family": "dynamics", "score": 0.75,
             "fired": 3, "applicable": 4,
             "evidence_for": clues, "evidence_against": against, "goes_to": "ablation", "remedy": {"learning_rate": 3e-4}}  # fmt: skip
    second = {
        **first,
        "cause": "missing_kl",
        "score": 0.4,
        "fired": 2,
        "applicable": 5,
        "evidence_for": against,
        "evidence_against": [],
    }
    run.stage("diagnosis", ("diagnosis", {"diagnosis": first}), ("diagnosis", {"diagnosis": second}))


ARMS: list[tuple[str, Json, bool, str]] = [
    ("e03", {"learning_rate": 0.0003}, True, "no alarm, and the reward rose from .470 to .790"),
    ("e04", {"beta": 0.1}, False, "collapsed again at step 17"),
    ("e05", {"entropy_coef": 0.01}, False, "collapsed again at step 15"),
    ("e06", {"num_generations": 16}, False, "stayed at its start"),
]


def _arms(run: ExampleRun) -> None:
    plans = [plan(name, "e02", "arms", 12, change, 40) for name, change, _, _ in ARMS]
    _batch(run, "b3", "arms", "one arm a cause, the same seed, so that only the change differs", plans)
    for at, (made, (_, _, cured, _)) in enumerate(zip(plans, ARMS, strict=True)):
        rewards = (
            wave(0.47, 0.82, 40, at) if cured else [*wave(0.47, 0.5, 8, at), *wave(0.5, 0.15 + 0.1 * at, 14, at, 4)]
        )
        run.experiment(made, "b3", rewards, "finished" if cured else "stopped")
    arms = [
        {"experiment": name, "cause": next(iter(change)), "change": change, "cured": cured,
         "gained": 0.41 if cured else -0.2,
         "signals": [] if cured else ["reward_collapse"], "why": why} for name, change, cured, why in ARMS
    ]  # fmt: skip
    table = {"symptom": "reward_collapse", "parent": "e02", "arms": arms, "winner": "e03",
             "cause": "learning_rate_too_high", "overturned": False, "why": "only the lower learning rate stayed healthy"}  # fmt: skip
    run.stage("ablation", ("arms", table))
    run.values["bounds"] = {"monitoring→diagnosis": 1, "diagnosis→ablation": 1}


def _winner(run: ExampleRun) -> None:
    plans = [plan(f"e{7 + i:02d}", "e03", "seeds", 20 + i, {"seed": 20 + i}) for i in range(3)]
    _batch(run, "b4", "seeds", "the winner at full length with three seeds", plans)
    for at, made in enumerate(plans):
        run.experiment(made, "b4", wave(0.5, 0.9, 100, 40 + at))
    run.stage(
        "evaluation",
        *[("score", {"experiment": p["id"], "score": score(0.88 + 0.003 * i, 400)}) for i, p in enumerate(plans)],
    )
    run.stage("verdict", run.decide("verdict", "the gain is beyond noise and the target in reach"))
    run.values["best"] = {
        "batch": "b4",
        "experiments": [p["id"] for p in plans],
        "score": score(0.883, 400),
        "seeds": [20, 21, 22],
    }
    run.values["baseline"] = {"experiments": ["e01"], "score": score(0.705, 400)}


def _examined(run: ExampleRun) -> None:
    checks = [
        {"name": "overlap_train_sealed", "result": "PASS", "why": "no sealed row occurs in training", "evidence": {}},
        {"name": "label_shuffle_control", "result": "NOT_RUN", "why": "the effort is quick", "evidence": {}},
        {"name": "constant_output", "result": "SUSPECT", "why": "one answer makes up 9 % of all", "evidence": {}},
    ]
    run.values |= {
        "examination": {
            "finalist": ["e07", "e08", "e09"], "baseline": ["e01"], "score": score(0.882, 600, "sealed"),
            "baseline_score": score(0.702, 600, "sealed"), "gain": 0.18, "gain_interval": [0.141, 0.221],
            "per_seed": {"e07": 0.879, "e08": 0.886, "e09": 0.881}, "baseline_per_seed": {"e01": 0.702},
            "looks": 1, "protected": True, "checks": checks, "method": "Paired bootstrap over rows, 10 000 resamples, seeds averaged.",
        },
        "reproduction": {"experiment": "e07", "result": "identical",
                         "original": 0.879, "again": 0.879, "tolerance": 0.0, "why": "same bytes"},
        "ending": {"outcome": "target_met", "reason": "exact .882 on 600 sealed rows, target .850"},
        "card": {"name": "addition", "kind": "generation", "rows": 3000, "columns": ["input", "answer"], "labels": [],
                 "splits": {"train": {"rows": 2000, "sha256": "ab" * 32, "file": "data/train.jsonl"},
                            "validation": {"rows": 400, "sha256": "cd" * 32, "file": "data/validation.inputs.jsonl"},
                            "sealed": {"rows": 600, "sha256": "ef" * 32, "file": "sealed/inputs.jsonl"}},
                 "seal": "f00d" * 16, "split_seed": 7, "group_by": "", "dropped": {"duplicate": 4},
                 "repairs": [], "source": "built in"},
        "reading": {"query": "grpo", "papers": [{"id": "arxiv:2402.03300", "title": "DeepSeekMath",
                    "why": "where GRPO comes from", "looked_up": "https://arxiv.org/abs/2402.03300"}],
                    "recipes": [], "sources": [], "lessons": []},
        "audited": {"passes": 1, "sent_by": "curation"},
    }  # fmt: skip
    gate = {"gate": "spend", "answer": "approve", "by": "limits", "why": "free and short", "args": {}, "hash": "x"}
    job = {
        "id": "j",
        "job_kind": "train",
        "experiment": "e07",
        "attempt": "1",
        "state": "finished",
        "why": "",
        "seconds": 12.1,
        "sandbox": "bwrap",
    }
    run.stage(
        "approve_launch",
        ("gate", gate),
        ("fallback", {"what": "LaTeX source of a paper", "why": "no network, abstract used"}),
    )
    run.stage("examination", ("job", job), *[("check", {"check": c}) for c in checks])
    ledger = Ledger(run.workspace / "ledger.jsonl", 5.0)
    ledger.reserve("e07-1", "train", 60, 0.0)
    ledger.settle("e07-1", 12.1, 0.0)
