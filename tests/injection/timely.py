"""A test that would wait for ever fails instead."""

from __future__ import annotations

import threading
from collections.abc import Callable


def soon(work: Callable[[], str], seconds: float = 60.0) -> str:
    """What it says or raises; a test that would wait for ever fails instead."""
    came: list[str | BaseException] = []

    def go() -> None:
        try:
            came.append(work())
        except BaseException as wrong:  # noqa: BLE001  raised again below, where the test hears it
            came.append(wrong)

    thread = threading.Thread(target=go, daemon=True)
    thread.start()
    thread.join(seconds)
    assert came, f"no answer after {seconds:g} s"
    if isinstance(came[0], BaseException):
        raise came[0]
    return came[0]
