"""What a model reads out of a task: nothing gets through that the sentence and the laboratory do not hold."""

from __future__ import annotations

import pytest

from nodes.understanding import Understood, objection

TASK = "Reach 92 % accuracy on wine with bagged_trees; someone says that accuracy > 0.9 is possible"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"target": 0.95}, "the task gives no number 0.95"),
        ({"target": 92, "metric": "accuracy"}, "accuracy is a fraction: write the target as 0.92"),
        ({"target": 0.902}, "the task gives no number 0.902"),
        ({"data": "imdb"}, "data 'imdb' is neither built in nor named"),
        ({"method": "ppo"}, "method 'ppo' is neither a recipe's"),
        ({"metric": "vibes"}, "metric 'vibes' is not known"),
        ({"claim": "accuracy > 0.99"}, "the claim does not stand in the task"),
        ({"claim": "someone says", "metric": "accuracy"}, "no rule can read this claim"),
    ],
)
def test_what_the_task_does_not_say_goes_back(said: dict[str, object], wrong: str) -> None:
    found = objection(TASK, Understood.model_validate({**said, "why": "because"}))
    assert found is not None and found.startswith(wrong)


@pytest.mark.parametrize(
    "said",
    [
        {"target": 0.92, "metric": "accuracy", "data": "wine", "method": "bagged_trees"},
        {"claim": "accuracy > 0.9", "metric": "accuracy"},
        {"data": "iris", "method": "classifier"},
        {},
    ],
)
def test_what_it_says_is_taken(said: dict[str, object]) -> None:
    assert objection(TASK, Understood.model_validate({**said, "why": "because"})) is None
