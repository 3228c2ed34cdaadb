"""The sixteen checks of a result by name, in the order in which they are told."""

from __future__ import annotations

from typing import Literal, get_args

SmellName = Literal[
    "possible_value", "beats_trivial", "too_good", "train_gap", "variety", "alignment", "denominator", "second_reading",
    "shuffled_control", "slices", "cloned", "direction", "prompt_leak", "eval_mode", "cost", "file_access",
]  # fmt: skip
SIXTEEN: tuple[SmellName, ...] = get_args(SmellName)

REQUIRED: frozenset[SmellName] = frozenset({
    "possible_value", "beats_trivial", "too_good", "variety", "denominator", "second_reading", "shuffled_control", "file_access",
})  # fmt: skip
"""What must have run before a number may be called a result. Each can run on any result; the others need what not every
result has: prompts, slices, a training, a second pass, enough rows for a shift to show."""

ControlName = Literal["input_blind", "simplest_model", "shuffled_labels", "shuffled_inputs"]
