"""A test that would wait for ever fails instead."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def soon(work: Callable[[], T], seconds: float = 60.0) -> T:
    """What it says or raises; a test that would wait for ever fails instead."""
    came: list[T] = []
    failed: list[BaseException] = []

    def go() -> None:
        try:
            came.append(work())
        except BaseException as wrong:  # noqa: BLE001  raised again below, where the test hears it
            failed.append(wrong)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    assert came, f"no answer after {seconds:g} s"
    return came[0]
