"""`resume`, `stop`, `tell`: what a person says to a run that exists."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app import drive, home, out, text
from app.approvals import reply
from app.config import read_config
from app.edits import checked
from app.mcp_listed import need_servers
from app.minds import Minds, chosen, need, need_keys
from lab.ledger import locks
from lab.ledger.files import append_line, write_json
from state.errors import Busy, UserError
from state.words import EXIT_BUSY

Json = dict[str, Any]

POLL = 0.5


def resume(
    run: str, approve: str | None, reject: str | None, why: str | None, edit: tuple[str, Path] | None,
    said: Minds, as_json: bool,
) -> int:  # fmt: skip
    """Go on where it stands; an answer goes to the gate it names, and to no other."""
    place = home.home_path()
    folder = home.folder_of(place, run)
    config = read_config(place)
    minds = chosen(said, config, drive.minds_of(place, run, config)) if said.said else None
    if minds is not None:
        need_keys(minds)
    record = drive.look(place, run)
    answers = reply(record["waiting"], run, approve, reject, why, edit) if record["status"] != "running" else None
    if answers is not None and edit is not None:
        _check(place, run, record["waiting"], answers, str(edit[1]))
    if record["status"] == "running":
        raise Busy(f"run {run} is being worked on by another process; look on with: postgrad watch {run}")
    stopping = (folder / "stop.json").exists()
    ended = record["status"] in drive.ENDED
    if not ended and (answers is not None or stopping or record["status"] == "paused"):
        from langgraph.types import Command

        home.need_writable(folder)
        need_servers(place, minds or drive.minds_of(place, run, config))
        if minds is not None:
            need(minds, said.probe, as_json)
        given: Command[Any] | None = Command(resume=answers) if answers is not None else None
        record = drive.work(place, run, given, config, as_json, minds)
    out.answer(record, text.ending(record), as_json)
    return drive.exit_code(record)


def _check(place: Path, run: str, waiting: list[Json], answers: Json, where: str) -> None:
    """An edit that the run could not use is refused while its gate is still open."""
    ((gate, said),) = answers.items()
    asked = next(one for one in waiting if str(one["id"]) == gate)
    said["args"] = checked(asked["gate"], asked["args"], said["args"], drive.state_of(place, run), where)


def stop(run: str, why: str | None, patience: float, as_json: bool) -> int:
    """Ask for an end with a report; who holds the run does it, and if nobody does, we do."""
    place = home.home_path()
    folder = home.folder_of(place, run)
    record = drive.look(place, run)
    if record["status"] in drive.ENDED:
        out.answer(record, f"{run} has ended already\n{text.ending(record)}", as_json)
        return 0
    write_json(folder / "stop.json", {"t": round(time.time(), 3), "why": why or "stopped by a person"})
    until = time.monotonic() + patience
    while (record := _drive_or_look(place, run, as_json))["status"] == "running":
        if time.monotonic() > until:
            out.answer(
                record,
                f"{run} has been told to stop and still works on it; look on with: postgrad watch {run}",
                as_json,
            )
            return EXIT_BUSY
        time.sleep(POLL)
    out.answer(record, text.ending(record), as_json)
    return 0 if record["status"] in drive.ENDED else drive.exit_code(record)


def _drive_or_look(place: Path, run: str, as_json: bool) -> dict[str, object]:
    if locks.busy(place / "runs" / run / "lock"):
        return {"run": run, "status": "running"}
    record = drive.look(place, run)
    if record["status"] not in ("paused", "waiting"):
        return record
    try:
        return drive.work(place, run, None, read_config(place), as_json)
    except Busy:
        return {"run": run, "status": "running"}


def tell(run: str, words: str, as_json: bool) -> int:
    """A note that the next stage reads."""
    place = home.home_path()
    folder = home.folder_of(place, run)
    if not words.strip():
        raise UserError("there is nothing to tell; write the text after the run's name")
    if (status := drive.look(place, run)["status"]) in drive.ENDED:
        raise UserError(f"run {run} has ended ({status}), nothing reads a note any more; see: postgrad show {run}")
    append_line(folder / "tell.jsonl", {"t": round(time.time(), 3), "text": words.strip()})
    out.answer({"run": run, "told": words.strip()}, f"{run} will read it before its next decision", as_json)
    return 0
