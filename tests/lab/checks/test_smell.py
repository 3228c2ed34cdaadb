"""Results that smell, results that don't, and checks over nothing, through the doorway that needs no more than both."""

from __future__ import annotations

from lab.checks.smell import smell, too_good, worst
from lab.stats.scorers import score

ANSWERS = {f"r{i:03}": str(i % 10) for i in range(200)}
GOOD = {key: text if i % 5 else "7" for i, (key, text) in enumerate(ANSWERS.items())}


def results(
    metric: str, predictions: dict[str, str], answers: dict[str, str] = ANSWERS, **more: object
) -> dict[str, str]:
    claimed = more.get("claimed", score(metric, predictions, answers).value)
    assert isinstance(claimed, float)
    others = {"e2": predictions} if more.get("copied") else {"e2": {**predictions, "r000": "x"}}
    return {c.name: c.result for c in smell(metric, predictions, answers, claimed, others)}


def test_an_ordinary_result_passes_every_check() -> None:
    assert set(results("accuracy", GOOD).values()) == {"PASS"}
    assert set(results("macro_f1", GOOD).values()) == {"PASS"}


def test_each_fault_is_smelt_by_its_check() -> None:
    keys = list(ANSWERS)
    moved = {keys[i]: GOOD[keys[i - 1]] for i in range(1, 200)} | {keys[0]: "0"}
    assert results("accuracy", moved)["alignment"] == "FAIL"
    assert results("accuracy", dict.fromkeys(ANSWERS, "3"))["variety"] == "FAIL"
    assert results("accuracy", dict.fromkeys(ANSWERS, "3"))["beats_trivial"] == "FAIL"
    assert results("accuracy", dict(ANSWERS))["too_good"] == "SUSPECT"
    assert results("accuracy", GOOD, copied=True)["cloned"] == "FAIL"
    assert results("accuracy", GOOD, claimed=0.99)["second_reading"] == "FAIL"
    assert results("accuracy", GOOD, claimed=1.2)["possible_value"] == "FAIL"
    partial = {key: text for key, text in GOOD.items() if key > "r004"}
    assert results("accuracy", partial)["denominator"] == "SUSPECT"
    assert results("accuracy", {key: text for key, text in GOOD.items() if key > "r050"})["denominator"] == "FAIL"
    assert results("accuracy", GOOD | {"other": "1"})["denominator"] == "FAIL"


def test_numbers_are_held_against_their_mean() -> None:
    answers = {str(i): str(i / 10) for i in range(100)}
    close = {key: str(float(text) + 0.01 * (int(key) % 3)) for key, text in answers.items()}
    assert results("mse", close, answers)["beats_trivial"] == "PASS"
    assert results("mse", dict.fromkeys(answers, "99"), answers)["beats_trivial"] == "FAIL"


def test_over_nothing_no_check_passes() -> None:
    ran = {c.name: c.result for c in smell("accuracy", {}, ANSWERS, 0.0)}
    assert ran["denominator"] == "FAIL"
    assert {ran[n] for n in ("variety", "beats_trivial", "alignment", "cloned")} == {"NOT_RUN"}
    empty = {c.name: c.result for c in smell("accuracy", {}, {}, 0.0)}
    assert {empty[n] for n in empty if n != "possible_value"} == {"NOT_RUN"}
    assert worst([]) == "NOT_RUN"


def test_a_value_and_a_count_are_enough_to_be_too_good() -> None:
    assert too_good("accuracy", 1.0, 200).result == "SUSPECT"
    assert too_good("accuracy", 1.0, 5).result == "PASS"
    assert too_good("mse", 0.0, 200).result == "SUSPECT"
    assert too_good("r2", 0.4, 200).result == "PASS"
    assert too_good("accuracy", 1.0, 0).result == "NOT_RUN"


def test_no_evidence_holds_the_text_of_a_sealed_answer() -> None:
    secret = {str(i): "swordfish" if i % 3 else "kipper" for i in range(60)}
    for given in ("trout", "kipper"):
        for check in smell("accuracy", dict.fromkeys(secret, given), secret, 0.0):
            assert "swordfish" not in check.model_dump_json()
            assert "kipper" not in check.model_dump_json()
