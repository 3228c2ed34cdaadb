"""The playbook is whole: every symptom has causes of the catalogue, arms in order, and a signal that confirms."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from made_streams import policy, supervised

from lab.checks.ablate import plan_arms
from lab.checks.causes import BY_NAME, CATALOGUE
from lab.checks.detectors import detect
from lab.checks.diagnose import Evidence, diagnose
from lab.checks.playbook import PLAYBOOK
from lab.checks.tries import changes_for, symptoms, to_try
from state.words import SignalKind

CONFIG: dict[str, Any] = {
    "learning_rate": 1e-2, "num_generations": 8, "beta": 0.0, "entropy_coef": 0.0, "epsilon_high": 0.2,
    "max_completion_length": 64, "loss_type": "dapo", "temperature": 1.0, "use_vllm": True, "bf16": False,
    "max_grad_norm": 0.0, "num_train_epochs": 4, "per_device_train_batch_size": 8, "gradient_accumulation_steps": 1,
    "rpo_alpha": None, "scale_rewards": "group", "sync_ref_model": False, "weight_decay": 0.0, "seed": 1,
    "mask_truncated_completions": False, "num_iterations": 2, "supervised_steps": 100, "top_entropy_quantile": 1.0,
}  # fmt: skip


def evidence(lines: list[dict[str, Any]], config: dict[str, Any] | None = None) -> Evidence:
    return Evidence("e", config or {}, lines, detect(lines, "e", 100))


def test_every_symptom_names_known_causes_and_has_an_arm_for_each() -> None:
    assert len({s.name for s in PLAYBOOK}) == len(PLAYBOOK)
    for symptom in PLAYBOOK:
        assert set(symptom.causes) <= BY_NAME.keys(), symptom.name
        assert {arm.cause for arm in symptom.arms} == set(symptom.causes), symptom.name
        assert symptom.seen
        assert symptom.confirms
        assert len({arm.do for arm in symptom.arms}) == len(symptom.arms), symptom.name


def test_every_kind_of_signal_and_every_cause_is_in_it() -> None:
    assert {kind for s in PLAYBOOK for kind in s.kinds} == set(get_args(SignalKind))
    assert {cause for s in PLAYBOOK for cause in s.causes} | {"false_alarm"} == {c.name for c in CATALOGUE}


@pytest.mark.parametrize("cause", [c.name for c in CATALOGUE])
def test_changes_are_single_and_change_something(cause: str) -> None:
    for change, confirms in changes_for(cause, CONFIG, {}):
        assert len(change) == 1
        assert all(CONFIG[key] != value for key, value in change.items())
        assert confirms
    assert changes_for(cause, {}, {}) == []


def test_what_to_try_begins_with_the_symptom_that_was_seen() -> None:
    dead = evidence([line for line in policy(0, kind="dead", sick_at=0) if line["step"]])
    assert next(s.name for s in symptoms(dead)) == "nothing_is_paid"
    assert "gold" in to_try("reward_dead", dead)[0]["do"]
    solved = evidence([line for line in policy(0, kind="solved", sick_at=20) if line["step"]])
    assert next(s.name for s in symptoms(solved)) == "all_is_paid"
    heart = evidence(supervised(0, 100, sick_at=40, kind="overfits"))
    found = diagnose(heart)[0]
    assert found.cause == "overfitting"
    assert any("fewer" in one["do"] for one in to_try(found.cause, heart))


def test_an_unknown_cause_is_met_with_the_arms_of_its_symptom() -> None:
    ev = evidence(supervised(0, 100, sick_at=40, kind="diverges"))
    assert to_try("unknown", ev)


def test_causes_without_a_knob_of_their_own_get_an_arm_from_the_playbook() -> None:
    lines = policy(0, sick_at=5, kind="entropy")
    config = {"epsilon_high": 0.2, "learning_rate": 3e-4}
    arms = {arm.cause: arm for arm in plan_arms(diagnose(evidence(lines, config)), config, {}, 5)}
    assert arms["entropy_exhausted"].change == {"epsilon_high": 0.28}
    assert arms["entropy_exhausted"].predicts == "entropy stays above a third of its start"
