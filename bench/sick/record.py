"""What a run was planned to be, what its trainer logged, and how both are kept."""

from __future__ import annotations

import gzip
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Lines = list[dict[str, Any]]

DIGITS = 4
"""Significant digits kept of a float: more than any reading needs, and the files stay small."""


@dataclass
class Plan:
    """One training: who, how long, and after which step it falls sick (None: never)."""

    seed: int
    steps: int
    onset: int | None
    starts: Path
    config: dict[str, Any] = field(default_factory=dict)

    def sick(self, step: int) -> bool:
        """Whether the step after `step` is trained under the fault."""
        return self.onset is not None and step >= self.onset


def common(plan: Plan, folder: Path) -> dict[str, Any]:
    """What every trainer here shares."""
    return {
        "output_dir": str(folder / "checkpoints"),
        "seed": plan.seed,
        "max_steps": plan.steps,
        "logging_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def told(args: Any, **more: Any) -> dict[str, Any]:
    """The settings a researcher would know of a run."""
    names = (
        "learning_rate", "lr_scheduler_type", "warmup_steps", "max_steps", "per_device_train_batch_size", "weight_decay",
        "gradient_accumulation_steps", "max_grad_norm", "logging_steps", "logging_nan_inf_filter", "eval_steps", "beta",
        "num_generations", "max_completion_length", "temperature", "entropy_coef", "reward_weights",
    )  # fmt: skip
    found = {name: getattr(args, name, None) for name in names}
    found["lr_scheduler_type"] = str(getattr(found["lr_scheduler_type"], "value", found["lr_scheduler_type"]))
    return {name: value for name, value in found.items() if value is not None} | more


def watch(
    trainer: Any, plan: Plan, at_onset: Callable[[Any], None] | None, every: Callable[[Any], None] | None
) -> Lines:
    """Keep each line the trainer logs with its step and time. `at_onset` is called once as the fault begins, `every` after
    each optimizer step under it."""
    from transformers import PrinterCallback, TrainerCallback

    lines: Lines = []

    class Watcher(TrainerCallback):  # type: ignore[misc]
        done = False

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if plan.sick(state.global_step) and not self.done:
                self.done = True
                if at_onset is not None:
                    at_onset(trainer)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if plan.sick(state.global_step - 1) and every is not None:
                every(trainer)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if "train_runtime" not in logs:
                lines.append({"step": state.global_step, **logs, "time": round(time.time(), 3)})

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Watcher())
    return lines


def rounded(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value:
        return round(value, DIGITS - 1 - math.floor(math.log10(abs(value))))
    return value


def write(lines: Lines, path: Path) -> None:
    """One JSON object a line; NaN is written as Python does, as in a trainer's own state file."""
    text = "".join(
        json.dumps({k: v if k == "time" else rounded(v) for k, v in line.items()}, separators=(",", ":")) + "\n"
        for line in lines
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def read(path: Path) -> Lines:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
