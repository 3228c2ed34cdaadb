"""The first study, for real: trained, collapsed, explained, cured, examined; and what other faults lead to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.train, pytest.mark.timeout(1200)]


def study(home: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Run `postgrad study reward-collapse ... --json` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "study", "reward-collapse", "--name", "it", "--json", *words],
        env={**os.environ, "POSTGRAD_HOME": str(home), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=1100,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def of_purpose(record: dict[str, Any], purpose: str) -> list[dict[str, Any]]:
    return [e for e in record["experiments"] if e["purpose"] == purpose]


def test_a_collapse_is_found_explained_cured_and_examined(tmp_path: Path) -> None:
    code, record = study(tmp_path)
    assert code == 0, record["reason"]
    assert record["outcome"] == "target_met"
    (trial,) = of_purpose(record, "trial")
    assert trial["status"] == "stopped"
    first = min(
        (s for s in record["signals"] if s["experiment"] == trial["id"] and s["severity"] == "stop"),
        key=lambda s: s["step"],
    )
    assert first["kind"] == "reward_collapse"
    assert first["step"] <= trial["steps_planned"] / 5
    assert trial["steps_run"] < trial["steps_planned"]
    assert record["diagnoses"][0]["cause"] == "learning_rate_too_high"
    assert all(d["for"] for d in record["diagnoses"][:1])
    (table,) = record["ablations"]
    changed = {next(iter(arm["change"])): arm["cured"] for arm in table["arms"]}
    assert {"learning_rate", "beta", "entropy_coef", "num_generations"} <= set(changed)
    assert changed["learning_rate"] is True
    assert sum(changed.values()) < len(changed), "an ablation in which everything cures tells nothing apart"
    seeds = of_purpose(record, "seeds")
    assert len(seeds) >= 3
    assert len({e["seed"] for e in seeds}) == len(seeds)
    assert all(e["status"] == "finished" and e["steps_run"] == e["steps_planned"] for e in seeds)
    assert all(e["starts"] == 1 for e in record["experiments"])
    metric = record["metric"]
    assert metric["split"] == "sealed"
    assert metric["n"] == 600
    assert metric["baseline"] < metric["interval"][0] <= metric["value"] <= metric["interval"][1]
    _the_report_says_so(tmp_path / "runs" / "it", record)


def _the_report_says_so(run: Path, record: dict[str, Any]) -> None:
    text = Path(record["report"]).read_text(encoding="utf-8")
    assert f"{record['metric']['value']:.3f}".removeprefix("0") in text
    for arm in record["ablations"][0]["arms"]:
        assert arm["experiment"] in text
    assert "arxiv:" in text
    assert {p.name for p in (run / "plots").iterdir()} >= {
        "curves-arms.svg",
        "curves-finalist.svg",
        "tree.svg",
        "intervals.svg",
    }


def test_a_sane_learning_rate_raises_no_alarm(tmp_path: Path) -> None:
    code, record = study(tmp_path, "--set", "start.learning_rate=3e-4")
    assert [s for s in record["signals"] if s["severity"] == "stop"] == []
    assert record["ablations"] == []
    assert record["diagnoses"] == []
    assert code in (0, 3), record["reason"]
    assert len(of_purpose(record, "trial") + of_purpose(record, "seeds")) >= 3


@pytest.mark.parametrize(
    ("fault", "signal", "cause", "cure"),
    [
        ("reward=zero", "zero_signal", "reward_dead", "reward"),
        ("reward=nines", "reward_hacking", "reward_misspecified", "reward"),
        ("num_generations=2", "weak_signal", "group_too_small", "num_generations"),
    ],
)
def test_another_fault_is_another_diagnosis(tmp_path: Path, fault: str, signal: str, cause: str, cure: str) -> None:
    settings = ["start.learning_rate=3e-4", f"start.{fault}", "seeds=1"]
    _, record = study(tmp_path, *[word for s in settings for word in ("--set", s)])
    (trial, *_) = of_purpose(record, "trial")
    kinds = {s["kind"] for s in record["signals"] if s["experiment"] == trial["id"] and s["severity"] == "stop"}
    assert signal in kinds
    assert "reward_collapse" not in kinds
    about = [d for d in record["diagnoses"] if d["experiment"] == trial["id"]]
    assert about[0]["cause"] == cause
    later = [e for e in record["experiments"] if cure in e["change"] and e["id"] != trial["id"]]
    assert later, "what was tried next does not follow from the diagnosis"
    assert record["metric"]["split"] == "sealed", record["reason"]
