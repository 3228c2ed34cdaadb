"""Changes of settings that would cure a cause. Each is a single change, or none where the training has no such knob."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lab.checks.evidence import known
from state.products import Json

Facts = Mapping[str, Any]
Remedy = Callable[[Json, Facts], Json]


def nothing(config: Json, facts: Facts) -> Json:
    """No change of settings cures this."""
    return {}


def to_known(name: str, fallback: Callable[[float], float] | None = None) -> Remedy:
    """The value known to work; where the setting has it already or none is known, the fallback applied to it."""

    def remedy(config: Json, facts: Facts) -> Json:
        now, good = config.get(name), known(facts, name)
        if good is not None and good != now:
            return {name: good}
        if fallback is None or isinstance(now, bool) or not isinstance(now, (int, float)):
            return {}
        changed = fallback(now)
        return {name: int(changed) if isinstance(now, int) and float(changed).is_integer() else changed}

    return remedy


def anchor(config: Json, facts: Facts) -> Json:
    """A KL term where there is none; ten times a weak one."""
    return _weight("beta", 0.05, config, facts)


def bonus(config: Json, facts: Facts) -> Json:
    """An entropy bonus where there is none; ten times a weak one."""
    return _weight("entropy_coef", 0.01, config, facts)


def _weight(name: str, usual: float, config: Json, facts: Facts) -> Json:
    if name not in config:
        return {}
    now = float(config[name] or 0)
    good = known(facts, name, "remedy") or known(facts, name) or usual
    return {name: good if now < good else 10 * now}


def gentler(config: Json, facts: Facts) -> Json:
    """The learning rate known to work if the present one is above it, else a tenth."""
    now, good = config.get("learning_rate"), known(facts, "learning_rate")
    if not isinstance(now, (int, float)):
        return {}
    return {"learning_rate": good if isinstance(good, (int, float)) and good < now else now / 10}


def half_batch(config: Json, facts: Facts) -> Json:
    """Half the rows at a time, twice as often: the same effective batch in half the memory."""
    for name in ("per_device_train_batch_size", "batch_size", "prompts_per_step"):
        rows = config.get(name)
        if isinstance(rows, int) and rows > 1 and "gradient_accumulation_steps" in config:
            return {name: rows // 2, "gradient_accumulation_steps": 2 * int(config["gradient_accumulation_steps"])}
    return {}


def once(config: Json, facts: Facts) -> Json:
    """Each sample used once."""
    name = next((n for n in ("num_iterations", "steps_per_generation") if (config.get(n) or 1) > 1), None)
    return {name: 1} if name else {}


def times(name: str, factor: float) -> Remedy:
    """A setting that is there, scaled."""

    def remedy(config: Json, facts: Facts) -> Json:
        now = config.get(name)
        if isinstance(now, bool) or not isinstance(now, (int, float)) or now == 0:
            return {}
        changed = now * factor
        return {name: round(changed) if isinstance(now, int) else changed}

    return remedy


def put(name: str, value: Any) -> Remedy:
    """A setting that is there, given a value that it has not."""

    def remedy(config: Json, facts: Facts) -> Json:
        return {name: value} if name in config and config[name] != value else {}

    return remedy
