"""How quickly the dev server answers while many runs wait for their jobs.

    python bench/server_blocking.py [--runs 8] [--seconds 30]

Starts the server on a free port with a home of its own, begins RUNS runs of the wine study (more than the server has
threads of its own: two cores give it six), and asks `/ok`, `get_state` and `threads.search` over and over while they work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "server")]

from served import WINE, Served, until  # noqa: E402

from graph.names import thread_id  # noqa: E402
from lab.ledger import locks  # noqa: E402
from lab.ledger.files import write_json  # noqa: E402


def main() -> None:
    options = argparse.ArgumentParser(description="How quickly the dev server answers while runs wait for jobs.")
    options.add_argument("--runs", type=int, default=8)
    options.add_argument("--seconds", type=float, default=30.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        server = Served(Path(place))
        server.start()
        try:
            before = measure(server, [], 5.0)
            names = begin(server, chosen.runs)
            during = measure(server, names, chosen.seconds)
            end(server, names)
        finally:
            server.stop()
    print(f"{'':16}{'idle':>22}{f'{chosen.runs} runs at work':>30}")
    print(f"{'ms':16}{'median':>12}{'worst':>10}{'median':>20}{'worst':>10}{'asked':>8}")
    for what, seen in during.items():
        idle = before.get(what, [float("nan")])
        print(
            f"{what:16}{statistics.median(idle):12.1f}{max(idle):10.1f}{statistics.median(seen):20.1f}{max(seen):10.1f}{len(seen):8d}"
        )


def begin(server: Served, runs: int) -> list[str]:
    names = [f"bench-{number}" for number in range(runs)]
    with server.client() as client:
        for name in names:
            client.threads.create(thread_id=thread_id(name), graph_id="research")
            brief = {**WINE, "start": {**WINE["start"], "steps": 5000}}
            client.runs.create(thread_id(name), "research", input={"task": WINE["task"], "name": name, "brief": brief})
    until(lambda: all(locks.busy(server.home / "runs" / name / "lock") for name in names), "all runs under way")
    return names


def measure(server: Served, names: list[str], seconds: float) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {}

    def timed(what: str, act: Callable[[], object]) -> None:
        began = time.perf_counter()
        act()
        taken.setdefault(what, []).append((time.perf_counter() - began) * 1000)

    with server.client() as client:
        until_then = time.monotonic() + seconds
        while time.monotonic() < until_then:
            timed("/ok", lambda: server.ask("GET", "/ok"))
            timed("threads.search", lambda: client.threads.search(limit=20))
            for name in names[:2]:
                timed("get_state", lambda name=name: client.threads.get_state(thread_id(name)))  # type: ignore[misc]
            time.sleep(0.1)
    return taken


def end(server: Served, names: list[str]) -> None:
    for name in names:
        write_json(server.home / "runs" / name / "stop.json", {"why": "measured"})
    until(lambda: not any(locks.busy(server.home / "runs" / name / "lock") for name in names), "the end of all runs")


if __name__ == "__main__":
    main()
