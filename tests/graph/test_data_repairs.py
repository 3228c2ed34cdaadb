"""What the audit finds in a run's data is mended by curation and looked at again, or ends the run with the reason."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from running import outcome, reason, records, say

from graph import open_graph

pytestmark = pytest.mark.slow

NOUNS = "printer router invoice password account monitor license keyboard server calendar projector".split()  # noqa: SIM905
VERBS = "broke vanished froze complained restarted failed overheated blinked stalled crashed".split()  # noqa: SIM905
PLACES = "office corridor warehouse kitchen basement laboratory library garage workshop".split()  # noqa: SIM905


def brief(data: Path, **more: Any) -> dict[str, Any]:
    given = {
        "data": data.name, "metric": "accuracy", "direction": "maximize", "effort": "quick", "method": "classifier",
        "seeds": 1, "start": {"model": "logistic"}, "limits": {"batches": 1}, **more,
    }  # fmt: skip
    where = str(data.parent / "brief.yaml")
    policies = {"data": "auto", "spend": "deny"}
    return {"task": "Tell them apart", "name": "repair", "approve": policies, "brief": {**given, "where": where}}


def run(tmp_path: Path, data: Path, **more: Any) -> tuple[dict[str, Any], Path]:
    home = tmp_path / "home"
    with open_graph(home) as graph:
        return say(graph, "repair", brief(data, **more)), home


def sentence(chance: random.Random) -> str:
    return " ".join(
        f"the {chance.choice(NOUNS)} in the {chance.choice(PLACES)} {chance.choice(VERBS)} on day {chance.randrange(10_000)}"
        for _ in range(2)
    )


def test_near_copies_are_dropped_from_train_and_both_numbers_are_told(tmp_path: Path) -> None:
    chance = random.Random(3)
    texts = [sentence(chance) for _ in range(220)]
    rows = [(text, chance.choice(("yes", "no"))) for text in texts]  # nothing to learn but the copies
    rows += [(text.replace("the ", "that ", 1) + ".", label) for text, label in rows[:150]]
    chance.shuffle(rows)
    data = tmp_path / "tickets.csv"
    data.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    state, home = run(tmp_path, data, claim="accuracy above 0.8")
    assert "spend" in reason(state), "it went on to the launch, which was denied"
    assert not [f for f in state["findings"] if f["severity"] == "block"]
    assert sum(state["card"]["dropped"].values()) > 30
    told = [finding["finding"] for finding in records(home, "repair", "finding")]
    blocked = {f["kind"] for f in told if f["severity"] == "block"}
    assert blocked & {"near_duplicate", "exact_duplicate"}
    assert all(not set(example) & {"text", "input"} for f in told for example in f["examples"])
    both = records(home, "repair", "rescored")
    assert both[0]["claimed"] == 0.8
    assert both[0]["as_split_rows"] > both[0]["clean_rows"] >= 10
    assert both[0]["as_split"] > both[0]["clean"] + 0.1
    report = (home / "runs" / "repair" / "report.md").read_text()
    assert "As claimed, and on clean rows" in report


def test_a_random_split_of_dated_rows_is_split_anew_by_time(tmp_path: Path) -> None:
    chance = random.Random(5)
    level, lines = 0.0, []
    for day in range(600):
        level += chance.gauss(0, 1)
        when = f"{2000 + day // 336}-{1 + day // 28 % 12:02d}-{1 + day % 28:02d}"
        lines.append(f"{when},{level + chance.gauss(0, 0.2):.3f},{day},{'high' if (day // 40) % 2 else 'low'}")
    data = tmp_path / "walk.csv"
    data.write_text("date,level,count,label\n" + "\n".join(lines) + "\n")
    state, home = run(tmp_path, data)
    kinds = [
        record["finding"]["kind"]
        for record in records(home, "repair", "finding")
        if record["finding"]["severity"] == "block"
    ]
    assert "time_leak" in kinds
    assert state["card"]["ordered"] is True
    assert any("split anew by time" in said for said in state["card"]["repairs"])


def test_an_answer_among_the_features_ends_the_run_with_what_to_do(tmp_path: Path) -> None:
    chance = random.Random(7)
    lines = []
    for _ in range(300):
        x = [chance.gauss(0, 1) for _ in range(4)]
        label = "ill" if x[0] + chance.gauss(0, 1.5) > 0 else "well"
        lines.append(",".join(f"{v:.3f}" for v in x) + f",{17.2 if label == 'ill' else 3.4},{label}")
    data = tmp_path / "clinic.csv"
    data.write_text("a,b,c,d,treatment_code,label\n" + "\n".join(lines) + "\n")
    state, home = run(tmp_path, data)
    (both,) = records(home, "repair", "rescored")
    assert both["how"] == "without treatment_code"
    assert both["as_split"] == 1.0
    assert both["clean"] < 0.85
    assert outcome(state) == "integrity_failure"
    assert "label_proxy" in reason(state)
    assert "treatment_code" in reason(state)


def test_repeats_of_one_subject_are_kept_together_by_their_likeness(tmp_path: Path) -> None:
    chance = random.Random(11)
    lines = []
    for _ in range(60):
        centre, label = [chance.gauss(0, 1) for _ in range(8)], chance.choice(("ill", "well"))
        lines += [",".join(f"{c + chance.gauss(0, 0.03):.5f}" for c in centre) + f",{label}" for _ in range(6)]
    chance.shuffle(lines)
    data = tmp_path / "scans.csv"
    data.write_text(",".join("abcdefgh") + ",label\n" + "\n".join(lines) + "\n")
    state, home = run(tmp_path, data)
    told = [record["finding"] for record in records(home, "repair", "finding")]
    assert "group_leak" in {f["kind"] for f in told if f["severity"] == "block"}
    assert state["card"]["group_by"] == "likeness"
    left_open, closed = records(home, "repair", "rescored")
    assert left_open["clean"] is None
    assert closed["clean"] < closed["as_split"] - 0.1
    assert "without the leak" in (home / "runs" / "repair" / "report.md").read_text()
    assert "spend" in reason(state), "clean now: it went on to the launch, which was denied"
