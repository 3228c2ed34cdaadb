"""A deadline for a call that has none: an HTTP read time-out never fires while a server drips."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=str)


def within(seconds: float, call: Callable[[], T]) -> T:
    """The call's result or its exception; TimeoutError when neither came in time, and the call is left to itself."""
    done: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            done.put((call(), None))
        except Exception as wrong:  # noqa: BLE001  raised again below, where someone can hear it
            done.put((None, wrong))

    # a daemon, so that a process can end although a provider still drips
    threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
    try:
        result, wrong = done.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer in {seconds:g} s") from None
    if wrong is not None:
        raise wrong
    return result  # type: ignore[return-value]  # None only if the call returned it


def all_within(seconds: float, calls: Mapping[K, Callable[[], T]]) -> dict[K, T | Exception]:
    """Several calls at once: what each gave or raised, in the order of the calls; TimeoutError for who came too late."""
    done: queue.SimpleQueue[tuple[K, T | Exception]] = queue.SimpleQueue()

    def work(name: K, call: Callable[[], T]) -> None:
        try:
            done.put((name, call()))
        except Exception as wrong:  # noqa: BLE001  handed to the caller, who sorts it
            done.put((name, wrong))

    for name, call in calls.items():
        threading.Thread(target=contextvars.copy_context().run, args=(work, name, call), daemon=True).start()
    came: dict[K, T | Exception] = {}
    ends = time.monotonic() + seconds
    while len(came) < len(calls):
        try:
            name, result = done.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        came[name] = result
    return {name: came.get(name, TimeoutError(f"no answer in {seconds:g} s")) for name in calls}
