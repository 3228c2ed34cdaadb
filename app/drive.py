"""Driving a run from this terminal: the graph works, a view is drawn from disk, Ctrl-C lets go and loses nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import interrupt, out
from app.config import Config
from app.minds import of_config
from app.view import View
from lab.ledger import locks
from lab.model.helm import ROLES
from lab.model.mind import spent
from state.settings import Settings
from state.words import EXIT_BUSY, EXIT_CODE, EXIT_PAUSED, EXIT_WAITING, Status

Json = dict[str, Any]

ENDED: tuple[Status, ...] = ("done", "stopped", "failed")


def settings(home: Path, config: Config, minds: Json | None = None) -> Settings:
    """What holds on this machine; `minds` are those at the helm instead of the run's own."""
    place = Settings(
        home=str(home), slots=config.slots, sandbox=config.sandbox, prices=config.prices or None,
        cache_answers=True if config.cache_answers else None,
    )  # fmt: skip
    if minds is None:
        return place
    own = minds["models"]
    return replace(
        place, model=minds["model"], roles={role: own[role] for role in ROLES if role in own}, fallback=own.get("fallback"),
        base_url=own.get("base_url"), prices=own.get("prices"), cache_answers=own.get("cache_answers"),
    )  # fmt: skip


def work(home: Path, run: str, given: Any, config: Config, as_json: bool, minds: Json | None = None) -> Json:
    """Let the graph go on until it ends, waits or is paused; the run as it then stands."""
    from graph import open_graph

    with open_graph(home) as graph:
        view = View(home / "runs" / run, quiet=as_json)
        with _letting_go(run, view, as_json), view.shown():
            if minds is None and own_minds(graph, run, given)["model"] is None:
                minds = of_config(config) if config.model or config.roles else None
            told = graph.stream(
                given, graph.config_for(run), context=settings(home, config, minds), stream_mode="custom"
            )
            for news in told:
                view.hear(news)
        if not as_json:
            _say_saved(home / "runs" / run)
        return read(graph, home, run)


def _say_saved(workspace: Path) -> None:
    """What the answers of other runs saved this one."""
    usage = spent(workspace)
    if usage.replayed:
        asked = usage.asked + usage.replayed
        out.say(f"{usage.replayed} of {asked} model answers were known from other runs and cost nothing")


def own_minds(graph: Any, run: str, given: Any = None) -> Json:
    """The models that were named for this run when it began; those of `config.toml` are read anew each time."""
    values = given if isinstance(given, dict) else graph.get_state(graph.config_for(run)).values
    return {"model": values.get("model"), "models": values.get("models") or {}}


def minds_of(home: Path, run: str, config: Config) -> Json:
    """The models at the helm of a run as it stands: its own, or else the home's."""
    from graph import open_graph

    with open_graph(home) as graph:
        own = own_minds(graph, run)
    return own if own["model"] is not None else of_config(config)


def look(home: Path, run: str) -> Json:
    """The run as it stands, for `show` and its kin."""
    from graph import open_graph

    with open_graph(home) as graph:
        return read(graph, home, run)


def read(graph: Any, home: Path, run: str) -> Json:
    """One object: state, journal and folders together."""
    from graph.research import one_line
    from nodes.record import record
    from state.bounds import BOUNDS

    workspace = home / "runs" / run
    held = locks.busy(workspace / "lock")  # before the state is read: what ends in between is then shown as running
    with one_line(run):
        seen = graph.get_state(graph.config_for(run))
    waiting = [{"id": asked.id, **_payload(asked.value)} for asked in seen.interrupts]
    status = _status(
        held, bool(waiting), bool(seen.values) and not seen.next, (seen.values.get("ending") or {}).get("outcome")
    )
    return record(workspace, seen.values, [] if held else waiting, status, BOUNDS)


def look_at_all(home: Path, runs: list[str]) -> list[Json]:
    if not runs:
        return []
    from graph import open_graph

    with open_graph(home) as graph:
        return [read(graph, home, run) for run in runs]


def state_of(home: Path, run: str) -> Json:
    """The notebook itself, for comparing configs."""
    from graph import open_graph
    from graph.research import one_line

    with open_graph(home) as graph, one_line(run):
        return dict(graph.get_state(graph.config_for(run)).values)


def exit_code(record: Json) -> int:
    """How a run stands, as DESIGN 10 counts."""
    by_status: dict[str, int] = {"running": EXIT_BUSY, "waiting": EXIT_WAITING, "paused": EXIT_PAUSED}
    if record["status"] in by_status:
        return by_status[record["status"]]
    return next((code for outcome, code in EXIT_CODE.items() if outcome == record["outcome"]), EXIT_CODE["failed"])


def _status(held: bool, waiting: bool, ended: bool, outcome: str | None) -> Status:
    if held:
        return "running"
    if waiting:
        return "waiting"
    if not ended:
        return "paused"
    if outcome == "stopped":
        return "stopped"
    return "done" if outcome and outcome != "failed" else "failed"


def _payload(value: Any) -> Json:
    return dict(value) if isinstance(value, dict) else {"summary": str(value)}


@contextmanager
def _letting_go(run: str, view: View, as_json: bool) -> Iterator[None]:
    """Ctrl-C or a polite end: this process goes at once, jobs run on, and every finished stage is already on disk.

    Waiting for the stage at hand could take as long as its jobs; a stage cut off is made again, so nothing is lost.
    """

    def let_go(*_: object) -> None:
        view.close()
        if not (view.workspace / "run.json").exists():
            interrupt.leave()
        out.say(f"paused; jobs go on by themselves. Come back with: postgrad resume {run}")
        if as_json:
            out.answer({"run": run, "status": "paused", "resume": f"postgrad resume {run}"}, "", True)
        os._exit(EXIT_PAUSED)

    before = {number: signal.signal(number, let_go) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
