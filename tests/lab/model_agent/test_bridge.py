"""The bridge: results, exceptions and deadlines cross it, from several threads; closing it cancels what is under way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.model.bridge import close_bridge, run_async


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_bridge()


async def later(seconds: float, value: int = 1) -> int:
    await asyncio.sleep(seconds)
    return value


async def breaks() -> int:
    raise LookupError("no such thing")


def test_a_result_and_an_exception_cross() -> None:
    assert run_async(later(0, 7), 5) == 7
    with pytest.raises(LookupError, match="no such thing"):
        run_async(breaks(), 5)


def test_what_is_late_is_cancelled() -> None:
    heard = threading.Event()

    async def stubborn() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            heard.set()
            raise

    with pytest.raises(TimeoutError):
        run_async(stubborn(), 0.05)
    assert heard.wait(2)


def test_several_threads_cross_at_once() -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: run_async(later(0.2, n), 5), range(8))) == list(range(8))
    assert time.monotonic() - began < 1.2


def test_it_cannot_be_crossed_from_its_own_side() -> None:
    async def inside() -> int:
        return run_async(later(0), 1)

    with pytest.raises(RuntimeError, match="own side"):
        run_async(inside(), 5)


def test_closing_cancels_what_is_under_way_and_it_opens_again() -> None:
    cleaned = threading.Event()

    async def holds() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0)  # as closing a connection would
            cleaned.set()

    def cross() -> str:
        try:
            run_async(holds(), 20)
        except RuntimeError as wrong:
            return str(wrong)
        return "came through"

    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(cross)
        while not any(thread.name == "bridge" for thread in threading.enumerate()):
            time.sleep(0.01)
        time.sleep(0.05)
        close_bridge()
        assert "closed" in said.result(5)
    assert cleaned.is_set()
    assert not any(thread.name == "bridge" for thread in threading.enumerate())
    assert run_async(later(0, 3), 5) == 3
