"""What can be done to a training while it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def rate_times(factor: float) -> Callable[[Any], None]:
    """Someone edits the schedule: the learning rate is `factor` times what it was, from here on."""

    def change(trainer: Any) -> None:
        trainer.lr_scheduler.base_lrs = [rate * factor for rate in trainer.lr_scheduler.base_lrs]
        for group in trainer.optimizer.param_groups:
            group["lr"] *= factor

    return change


def poison(value: float, where: int) -> Callable[[Any], None]:
    """One number of one weight is no longer a number; the next backward pass spreads it."""

    def change(trainer: Any) -> None:
        weights = [weight for weight in trainer.model.parameters() if weight.dim() == 2]
        weights[where % len(weights)].data.view(-1)[0] = value

    return change


def shake(size: float) -> Callable[[Any], None]:
    """Noise on every weight after every step, as a share of the weight's spread: a broken reduction between machines."""

    def change(trainer: Any) -> None:
        import torch

        for weight in trainer.model.parameters():
            weight.data += size * weight.data.abs().mean() * torch.randn_like(weight)

    return change


def climb(trainer: Any) -> None:
    """The sign of the loss is lost: gradients point uphill."""
    for weight in trainer.model.parameters():
        weight.register_hook(lambda grad: -grad)


def freeze() -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """The optimizer steps on copies that the model does not read: keep the weights, and put them back after each step."""
    kept: list[Any] = []

    def keep(trainer: Any) -> None:
        kept.extend(weight.detach().clone() for weight in trainer.model.parameters())

    def put_back(trainer: Any) -> None:
        for weight, old in zip(trainer.model.parameters(), kept, strict=True):
            weight.data.copy_(old)

    return keep, put_back


def jolt(factor: float, gap: int) -> Callable[[Any], None]:
    """Every `gap`-th step the gradient comes out `factor` times too large; clipping saves the weights."""

    def change(trainer: Any) -> None:
        first = trainer.state.global_step

        def larger(grad: Any) -> Any:
            return grad * factor if (trainer.state.global_step - first) % gap == 0 else grad

        for weight in trainer.model.parameters():
            weight.register_hook(larger)

    return change


def both(*changes: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(trainer: Any) -> None:
        for each in changes:
            each(trainer)

    return change


def setting(**values: Any) -> Callable[[Any], None]:
    """Set attributes of the trainer; `temperature` also where generation reads it."""

    def change(trainer: Any) -> None:
        for name, value in values.items():
            if not hasattr(trainer, name):
                raise AttributeError(f"{type(trainer).__name__} has no {name}")
            setattr(trainer, name, value)
        if "temperature" in values:
            trainer.generation_config.temperature = values["temperature"]

    return change
