"""How a number came about: prompts, the mode of the model, what the training cost and opened."""

from __future__ import annotations

from dataclasses import replace

from test_smell_battery import found, labels, numbers


def test_prompt_leak() -> None:
    result = labels()
    asked = {k: f"Which tree is row {k}? Options: ash, birch, cedar.\nAnswer:" for k in result.answers}
    told = {k: f"{asked[k]} {a}" for k, a in result.answers.items()}
    shown = {k: f"Row 1: leaves. Answer: ash\nRow 2: bark. Answer: birch\n{asked[k]}" for k in result.answers}
    passage = {k: f"In the garden stands a {a}. Which tree stands there?" for k, a in result.answers.items()}
    for prompts, wanted in ((asked, "PASS"), (told, "FAIL"), (shown, "PASS"), (passage, "PASS")):
        assert found(replace(result, prompts=prompts), "prompt_leak").result == wanted
    assert found(replace(result, examples=frozenset({"r00003", "x"})), "prompt_leak").result == "FAIL"
    assert found(replace(result, examples=frozenset({"x"})), "prompt_leak").result == "PASS"


def test_eval_mode() -> None:
    result = labels()
    keys = list(result.answers)
    once = {**result.predictions, keys[0]: "oak"}
    often = {**result.predictions, **dict.fromkeys(keys[:40], "oak")}
    assert found(replace(result, again=dict(result.predictions)), "eval_mode").result == "PASS"
    assert found(replace(result, again=once), "eval_mode").result == "SUSPECT"
    assert found(replace(result, alone=often), "eval_mode").result == "FAIL"
    assert found(replace(result, again=often, sampled=True), "eval_mode").result == "NOT_RUN"
    assert found(replace(result, training_mode=True), "eval_mode").result == "FAIL"
    twice = dict.fromkeys(keys, "<|im_start|>user\n<|im_start|>user\nWhich tree?")
    assert found(replace(result, prompts=twice), "eval_mode").result == "FAIL"
    close = {k: f"{float(p) + 1e-7}" for k, p in numbers().predictions.items()}
    assert found(replace(numbers(), again=close), "eval_mode").result == "PASS"


def test_cost_and_file_access() -> None:
    result = labels()
    assert found(replace(result, trainable_tokens=0), "cost").result == "FAIL"
    assert found(replace(result, planned_seconds=600.0, actual_seconds=20.0), "cost").result == "SUSPECT"
    assert found(replace(result, planned_seconds=600.0, actual_seconds=300.0), "cost").result == "PASS"
    assert found(replace(result, planned_seconds=3.0, actual_seconds=0.1), "cost").result == "NOT_RUN"
    sealed = frozenset({"/run/sealed"})
    assert (
        found(replace(result, opened=frozenset({"/run/sealed/answers"}), forbidden=sealed), "file_access").result
        == "FAIL"
    )
    assert (
        found(replace(result, opened=frozenset({"/run/sealed2/x"}), forbidden=sealed), "file_access").result == "PASS"
    )
    assert found(replace(result, opened=frozenset({"/run/x"})), "file_access").result == "NOT_RUN"
