"""What a recipe is: a ready script, its parameters, what to compare with, and what is worth trying next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TaskKind = Literal["generation", "classification"]
Extra = Literal["train"]
Config = dict[str, Any]

SCRIPTS = Path(__file__).parent / "scripts"


class Frozen(BaseModel):
    """A closed, unchangeable record."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(Frozen):
    """One key of a config: outside `low..high` it is refused, outside `sane` it is a risk worth naming."""

    kind: Literal["int", "float", "bool", "text"]
    meaning: str
    low: float | None = None
    high: float | None = None
    sane: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False
    risk: str = ""


class Rung(Frozen):
    """One single change worth trying, and why."""

    change: dict[str, Any]
    why: str


class Knob(Frozen):
    """One setting whose change can tell a cause apart: to a value that is known to help, or times a factor."""

    key: str
    why: str
    to: Any = None
    times: float | None = None


class Baseline(Frozen):
    """What a recipe is compared with: a recipe, the keys it shares, and those that are fixed."""

    recipe: str
    what: str
    carried: dict[str, str]
    """key of the baseline's config: key it is read from"""
    fixed: dict[str, Any] = {}


class RecipeSpec(Frozen):
    """A ready script and everything a planner has to know about it."""

    name: str
    method: str
    """What a brief calls it: `grpo`, `sft`, `classifier`; a run's own recipe has the word of its brief."""
    script: Path
    fits: tuple[TaskKind, ...]
    needs: tuple[Extra, ...]
    default: dict[str, Any]
    parameters: dict[str, Parameter]
    baseline: Baseline
    ladder: tuple[Rung, ...]
    arms: tuple[Knob, ...]
    arm_share: float
    """Part of the planned steps after which an arm has shown what it can show."""
    rehearsal: dict[str, Any]
    steps_key: str
    """Empty where everything is fitted at once."""
    warmup_key: str | None
    """Steps before the main phase, when the run makes its own start."""
    start_key: str | None
    """Key that takes a folder with the baseline's trained model instead."""
    health_metric: str
    """What training itself optimises."""
    true_metric: str
    """The measure that counts, logged by the script beside it."""
    memory_mb: int
    import_seconds: float
    """Spent before the first step, on an idle machine."""
    sources: tuple[str, ...]

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """Of each knob: the value that works, the one above which trouble begins, and what to turn it to as a remedy."""
        found: dict[str, dict[str, Any]] = {}
        for knob in self.arms:
            entry = found[knob.key] = {"good": self.default[knob.key]}
            sane = self.parameters[knob.key].sane
            if sane:
                entry["high"] = sane[1]
            if knob.to is not None and knob.to != entry["good"]:
                entry["remedy"] = knob.to
        return found

    def seconds_a_step(self, seconds: float, steps: int, planned: int) -> float:
        """Forecast from a rehearsal of `steps` steps: imports are paid once, however many steps there are."""
        once = min(self.import_seconds, seconds)
        return (seconds - once) / max(1, steps) + once / max(1, planned)

    def planned_steps(self, config: Mapping[str, Any]) -> int:
        """Steps the main phase will log."""
        fits_at_once = self.name == "classifier" and config["model"] not in ("sgd", "mlp")
        return 1 if fits_at_once or not self.steps_key else int(config[self.steps_key])

    def shortened(self, config: Mapping[str, Any], steps: int) -> Config:
        """The config for that many steps; as it is, where all is fitted at once."""
        return {**config, self.steps_key: steps} if self.steps_key else dict(config)

    def risks(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """Parameters outside their sane range, each with what tends to happen there."""
        found = []
        for key, parameter in self.parameters.items():
            value = config.get(key)
            if parameter.sane and isinstance(value, int | float) and not isinstance(value, bool):
                low, high = parameter.sane
                if not low <= value <= high:
                    found.append(f"{key}={value:g} lies outside {low:g} to {high:g}: {parameter.risk}")
        return tuple(found)
