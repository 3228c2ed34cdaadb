"""The battery: what each of the sixteen finds, what it leaves alone, and what may be published."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from lab.checks.smells.battery import battery, publishable, verdict
from lab.checks.smells.names import REQUIRED, SIXTEEN
from lab.checks.smells.result import Result
from state.errors import UserError
from state.products import Check

KINDS = ("ash", "birch", "cedar")


def labels(n: int = 200, kinds: tuple[str, ...] = KINDS, right: float = 0.85, seed: int = 1) -> Result:
    """A healthy result of a classifier."""
    rng = random.Random(seed)
    answers = {f"r{i:05}": rng.choice(kinds) for i in range(n)}
    said = {k: a if rng.random() < right else rng.choice([x for x in kinds if x != a]) for k, a in answers.items()}
    return Result("accuracy", said, answers)


def numbers(n: int = 200, noise: float = 0.4, seed: int = 1) -> Result:
    rng = random.Random(seed)
    true = [rng.gauss(0, 1) for _ in range(n)]
    said = {f"r{i:05}": f"{x + rng.gauss(0, noise):.4f}" for i, x in enumerate(true)}
    return Result("r2", said, {f"r{i:05}": f"{x:.4f}" for i, x in enumerate(true)})


def found(result: Result, name: str) -> Check:
    return {c.name: c for c in battery(result)}[name]


def moved(result: Result, shift: int) -> Result:
    keys, texts = list(result.answers), list(result.predictions.values())
    return replace(result, predictions=dict(zip(keys, texts[shift:] + texts[:shift], strict=True)))


def test_all_sixteen_always_answer_in_order_and_what_has_nothing_to_read_says_so() -> None:
    for result in (labels(), labels(1), numbers(), Result("accuracy", {}, labels().answers), Result("mse", {}, {})):
        checks = battery(result)
        assert tuple(c.name for c in checks) == SIXTEEN
        assert all(c.why for c in checks)
    assert {c.name for c in battery(labels()) if c.result == "NOT_RUN"} == {
        "train_gap", "shuffled_control", "slices", "cloned", "direction", "prompt_leak", "eval_mode", "cost", "file_access",
    }  # fmt: skip
    assert {c.result for c in battery(Result("mse", {}, {}))} == {"NOT_RUN"}


def test_a_verdict_needs_a_check_that_ran() -> None:
    assert verdict(battery(labels())) == "PASS"
    with pytest.raises(UserError, match="no check could be run"):
        verdict(battery(Result("mse", {}, {})))


def whole(result: Result) -> Result:
    """With all that the required checks read."""
    rng = random.Random(9)
    guesses = {k: rng.choice(KINDS) for k in result.answers}
    return replace(result, controls={"shuffled_labels": guesses, "input_blind": guesses}, walled=True)


def test_a_failed_check_or_a_required_one_that_did_not_run_can_not_be_published() -> None:
    assert publishable(battery(whole(labels()))).result == "PASS"
    lacking = publishable(battery(labels()))
    assert (lacking.result, lacking.evidence["not_run"]) == ("FAIL", ["shuffled_control", "file_access"])
    failed = publishable(battery(moved(whole(labels()), 1)))
    assert failed.result == "FAIL"
    assert "alignment" in failed.evidence["failed"]
    assert set(publishable([]).evidence["not_run"]) == REQUIRED


@pytest.mark.parametrize(
    ("claimed", "decimals", "n", "result"),
    [(0.874, 3, 150, "FAIL"), (0.873, 3, 150, "PASS"), (0.88, 3, 150, "PASS"), (0.874, 3, 5000, "PASS"), (1.2, 1, 150, "FAIL"),
     (float("nan"), None, 150, "FAIL"), (2 / 3, None, 150, "PASS"), (0.67, None, 150, "FAIL")],
)  # fmt: skip
def test_possible_value(claimed: float, decimals: int | None, n: int, result: str) -> None:
    assert found(replace(labels(n), claimed=claimed, decimals=decimals), "possible_value").result == result


def test_a_mean_over_seeds_has_more_values_to_take() -> None:
    base = replace(labels(10), claimed=0.825, decimals=3)
    assert found(base, "possible_value").result == "FAIL"
    assert found(replace(base, seeds=4), "possible_value").result == "PASS"


def test_beats_trivial() -> None:
    rng = random.Random(2)
    result = labels()
    guessed = replace(result, predictions={k: rng.choice(KINDS) for k in result.answers})
    assert found(result, "beats_trivial").result == "PASS"
    assert found(guessed, "beats_trivial").result == "FAIL"
    assert (
        found(replace(labels(10), predictions=dict.fromkeys(labels(10).answers, "ash")), "beats_trivial").result
        == "SUSPECT"
    )
    rare = {f"r{i}": "yes" if i % 25 == 0 else "no" for i in range(100)}
    assert (
        found(Result("accuracy", dict.fromkeys(rare, "no"), rare), "beats_trivial").result == "SUSPECT"
    )  # 4 rows to win
    weak = replace(numbers(), predictions={k: f"{rng.gauss(0, 1):.3f}" for k in numbers().answers})
    assert [found(r, "beats_trivial").result for r in (numbers(), weak)] == ["PASS", "FAIL"]


def test_the_commonest_answer_is_that_of_the_training_part() -> None:
    result = replace(labels(), train_answers=("oak",) * 5)
    assert found(result, "beats_trivial").evidence["trivial"] == 0.0


def test_a_model_that_does_not_look_at_the_input_or_a_simpler_one_does_as_well() -> None:
    result = labels()
    assert (
        found(replace(result, controls={"input_blind": labels(right=0.84, seed=1).predictions}), "beats_trivial").result
        == "FAIL"
    )
    assert found(replace(result, controls={"simplest_model": 0.86}), "beats_trivial").result == "SUSPECT"
    assert (
        found(replace(result, controls={"simplest_model": 0.6, "input_blind": 0.34}), "beats_trivial").result == "PASS"
    )


def test_too_good() -> None:
    result, perfect = labels(), labels(right=1.0)
    assert found(perfect, "too_good").result == "SUSPECT"
    assert found(replace(result, ceilings={"label_noise": 0.7}), "too_good").result == "FAIL"
    assert found(replace(result, ceilings={"published": 0.7}), "too_good").result == "SUSPECT"
    assert (
        found(replace(result, ceilings={"label_noise": result.value - 0.01, "human": 0.99}), "too_good").result
        == "SUSPECT"
    )
    assert found(replace(result, before=0.3), "too_good").result == "SUSPECT"
    assert found(replace(result, before=0.8), "too_good").result == "PASS"
    assert found(replace(numbers(), ceilings={"given": 0.2}), "too_good").result == "FAIL"


def noisy_training(noise: float, copies: int = 4, seed: int = 3) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rng = random.Random(seed)
    inputs, answers = [], []
    for i in range(150):
        own = rng.choice(KINDS)
        for _ in range(copies):
            inputs.append(f"tree {i}")
            answers.append(own if rng.random() > noise else rng.choice([x for x in KINDS if x != own]))
    return tuple(inputs), tuple(answers)


def test_conflicting_labels_bound_the_score() -> None:
    inputs, answers = noisy_training(0.25)
    above = replace(labels(right=0.98), train_inputs=inputs, train_answers=answers)
    within = replace(labels(right=0.7), train_inputs=inputs, train_answers=answers)
    clean = replace(labels(right=0.98), train_inputs=noisy_training(0)[0], train_answers=noisy_training(0)[1])
    assert [found(r, "too_good").result for r in (above, within, clean)] == ["FAIL", "PASS", "PASS"]
    few = replace(
        labels(right=0.98),
        train_inputs=(*inputs[:40], *map(str, range(5000))),
        train_answers=(*answers[:40], *["ash"] * 5000),
    )
    assert found(few, "too_good").result == "PASS"  # a few odd copies say nothing of the rest


def test_rows_with_one_input_and_two_answers_can_not_all_be_right() -> None:
    answers = {str(i): KINDS[i % 2] for i in range(40)}
    result = Result("accuracy", dict(answers), answers, inputs={key: f"tree {int(key) // 2}" for key in answers})
    assert found(result, "too_good").result == "FAIL"
    assert found(replace(result, inputs={key: f"tree {key}" for key in answers}), "too_good").result == "SUSPECT"


def test_train_gap() -> None:
    assert found(replace(labels(), train_score=0.6), "train_gap").result == "SUSPECT"
    assert found(replace(labels(), train_score=0.85, train_rows=400), "train_gap").result == "PASS"
    assert found(replace(labels(), train_score=1.0), "train_gap").result == "PASS"


def test_variety() -> None:
    constant = replace(labels(), predictions=dict.fromkeys(labels().answers, "ash"))
    assert found(constant, "variety").result == "FAIL"
    rare = {f"r{i}": "yes" if i == 7 else "no" for i in range(30)}
    assert found(Result("accuracy", dict.fromkeys(rare, "no"), rare), "variety").result == "SUSPECT"
    assert found(Result("accuracy", rare, dict.fromkeys(rare, "no")), "variety").result == "NOT_RUN"
    nearly = replace(labels(), predictions={k: "ash" if i else "birch" for i, k in enumerate(labels().answers)})
    assert found(nearly, "variety").result == "SUSPECT"


@pytest.mark.parametrize("shift", [-1, 1])
@pytest.mark.parametrize("make", [labels, numbers])
def test_rows_one_off(make: object, shift: int) -> None:
    result = make()  # type: ignore[operator]
    assert found(result, "alignment").result == "PASS"
    assert found(moved(result, shift), "alignment").result == "FAIL"


def test_a_row_lost_on_the_way_shifts_those_after_it() -> None:
    result = labels(400)
    keys, texts = list(result.answers), list(result.predictions.values())
    lost = replace(result, predictions=dict(zip(keys, [*texts[:230], *texts[231:], "ash"], strict=True)))
    assert found(lost, "alignment").result == "FAIL"


def test_a_forecast_of_the_last_value_is_no_mistake_of_reading() -> None:
    rng = random.Random(5)
    walk = [0.0]
    for _ in range(300):
        walk.append(walk[-1] + rng.gauss(0, 1))
    answers = {str(i): f"{x:.3f}" for i, x in enumerate(walk)}
    last = {str(i): f"{walk[max(0, i - 1)]:.3f}" for i in range(len(walk))}
    assert found(Result("mse", last, answers), "alignment").result == "SUSPECT"
    state, states = "up", {}
    for i in range(300):
        state = state if rng.random() < 0.7 else rng.choice(["up", "down", "flat"])
        states[str(i)] = state
    behind = {key: states[str(max(0, int(key) - 1))] for key in states}
    assert found(Result("accuracy", behind, states), "alignment").result in ("PASS", "SUSPECT")


def test_a_permuted_or_renamed_map_of_labels() -> None:
    result = labels()
    turned = dict(zip(KINDS, (*KINDS[1:], KINDS[0]), strict=True))
    renamed = dict(zip(KINDS, "012", strict=True))
    for names in (turned, renamed):
        other = replace(result, predictions={k: names[p] for k, p in result.predictions.items()})
        assert found(other, "alignment").result == "FAIL"
    hard = labels(right=0.45)
    assert found(hard, "alignment").result == "PASS"


def test_denominator() -> None:
    result = labels()
    keys = list(result.answers)
    most = {k: result.predictions[k] for k in keys[1:]}
    some = {k: result.predictions[k] for k in keys[60:]}
    assert found(result, "denominator").result == "PASS"
    assert found(replace(result, predictions=most), "denominator").result == "SUSPECT"
    assert found(replace(result, predictions=some), "denominator").result == "FAIL"
    assert found(replace(result, predictions={**result.predictions, "new": "ash"}), "denominator").result == "FAIL"
    assert found(replace(result, repeated=3), "denominator").result == "SUSPECT"
    assert found(replace(result, repeated=3, contradicted=1), "denominator").result == "FAIL"
    assert found(replace(result, apart=-1), "denominator").result == "FAIL"


@pytest.mark.parametrize("unread", ["", "[NO ANSWER]", None])
def test_a_claim_over_the_rows_that_could_be_read(unread: str | None) -> None:
    result = labels()
    left = [k for i, k in enumerate(result.answers) if i % 4]
    texts = {k: result.predictions[k] if k in left else unread for k in result.answers}
    said = {k: t for k, t in texts.items() if t is not None}
    claimed = sum(said[k] == result.answers[k] for k in left) / len(left)
    dropped = found(replace(result, predictions=said, claimed=round(claimed, 3), decimals=3), "denominator")
    assert dropped.result == "FAIL"
    assert "over all 200" in dropped.why
    honest = replace(result, predictions={k: t or "" for k, t in texts.items()})
    assert found(honest, "denominator").result == "SUSPECT"  # a quarter unread, and counted as wrong


def test_second_reading() -> None:
    result = labels(seed=4)
    value = result.scored.value
    assert found(replace(result, claimed=round(value, 2), decimals=2), "second_reading").result == "PASS"
    assert found(replace(result, claimed=value), "second_reading").result == "PASS"
    assert found(replace(result, claimed=value + 0.02), "second_reading").result == "FAIL"
    other = replace(result, metric="macro_f1").scored.value
    swapped = found(replace(result, claimed=round(other, 4), decimals=4), "second_reading")
    assert (swapped.result, "macro_f1" in swapped.why) == ("FAIL", True)
    assert (
        found(replace(result, claimed=round(other, 4), decimals=4, guessed=True), "second_reading").result == "SUSPECT"
    )


def test_shuffled_control() -> None:
    rng = random.Random(6)
    result = labels()
    chance = {k: rng.choice(KINDS) for k in result.answers}
    assert found(replace(result, controls={"shuffled_labels": chance}), "shuffled_control").result == "PASS"
    assert found(replace(result, controls={"shuffled_labels": 0.36}), "shuffled_control").result == "PASS"
    assert found(replace(result, controls={"shuffled_labels": 0.8}), "shuffled_control").result == "FAIL"
    leaky = labels(right=0.7, seed=1).predictions
    assert found(replace(result, controls={"shuffled_inputs": leaky}), "shuffled_control").result == "FAIL"


def test_slices() -> None:
    result = labels(400)
    even = {k: str(i % 3) for i, k in enumerate(result.answers)}
    assert found(replace(result, slices={"source": even}), "slices").result == "PASS"
    first = dict.fromkeys(list(result.answers)[:200], "old") | dict.fromkeys(list(result.answers)[200:], "new")
    bad = {k: p if first[k] == "old" else "ash" for k, p in result.predictions.items()}
    assert found(replace(result, predictions=bad, slices={"source": first}), "slices").result == "SUSPECT"
    seen = frozenset(k for k in result.answers if first[k] == "old")
    assert found(replace(result, predictions=bad, flagged=seen), "slices").result == "FAIL"
    assert found(replace(result, flagged=seen), "slices").result == "PASS"
    assert found(replace(result, flagged=frozenset()), "slices").result == "PASS"


def test_cloned() -> None:
    result = labels()
    another = labels(seed=1, right=0.8)
    assert found(replace(result, others={"e1": another.predictions}), "cloned").result == "PASS"
    assert found(replace(result, others={"e1": dict(result.predictions)}), "cloned").result == "FAIL"
    assert (
        found(replace(result, others={"e1": dict(result.predictions)}, twins=frozenset({"e1"})), "cloned").result
        == "NOT_RUN"
    )
    perfect = labels(right=1.0)
    assert found(replace(perfect, others={"e1": perfect.answers}), "cloned").result == "PASS"
    value = result.scored.value
    assert found(replace(result, other_values={"e1": value}), "cloned").result == "PASS"  # counts coincide
    assert found(replace(result, other_values={"e1": value, "e2": value}), "cloned").result == "SUSPECT"
    block = dict(zip(result.answers, (list(result.predictions.values())[:16] * 13)[:200], strict=True))
    assert found(replace(result, predictions=block), "cloned").result == "SUSPECT"
    copied = replace(numbers(), predictions=dict(numbers().answers))
    assert found(copied, "cloned").result == "SUSPECT"


def test_direction() -> None:
    result = numbers()
    turned = {k: f"{-float(p)}" for k, p in result.predictions.items()}
    assert found(result, "direction").result == "PASS"
    assert found(replace(result, predictions=turned), "direction").result == "FAIL"
    assert found(replace(labels(), declared="minimize"), "direction").result == "FAIL"
    assert found(replace(labels(), declared="maximize"), "direction").result == "PASS"
    assert found(replace(labels(), before=0.7, losses=(0.5, 0.9)), "direction").result == "SUSPECT"
    assert found(replace(labels(), before=0.7, losses=(0.9, 0.5)), "direction").result == "PASS"


def test_metrics_that_read_probabilities_or_samples_go_through_it_too() -> None:
    result = labels()
    rows = {
        k: {"prediction": p, "scores": {x: 0.8 if x == p else 0.1 for x in KINDS}}
        for k, p in result.predictions.items()
    }
    checks = {c.name: c.result for c in battery(replace(result, metric="log_loss", rows=rows))}
    assert "FAIL" not in checks.values()
    assert (checks["beats_trivial"], checks["second_reading"]) == ("PASS", "PASS")
    drawn = {k: {"prediction": p, "samples": [{"text": p}, {"text": "ash"}]} for k, p in result.predictions.items()}
    assert "FAIL" not in {c.result for c in battery(replace(result, metric="pass@1", rows=drawn))}
