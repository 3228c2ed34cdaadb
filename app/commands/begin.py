"""`run` and `study`: from a sentence, a brief or a bundled study to a run."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from app import drive, home, out, text
from app.approvals import policies
from app.config import Config, read_config
from app.feasible import need_way
from app.mcp_listed import need_servers
from app.minds import Minds, chosen, helm_of, need, need_keys, of_config
from state.brief import Brief
from state.brief_file import override, read_written
from state.brief_rules import Written, check, duration
from state.errors import UserError
from state.words import Effort

STUDIES = Path(__file__).parent.parent / "studies"


@dataclass(frozen=True)
class Asked:
    """What the command line said, the same for `run` and `study`."""

    overrides: tuple[str, ...]
    name: str | None
    effort: str | None
    time: str | None
    budget: float | None
    seed: int | None
    approve: str | None
    minds: Minds
    as_json: bool


def run(task: str | None, brief: Path | None, asked: Asked) -> int:
    if task is None and brief is None:
        raise UserError('nothing to do yet; say what to find out: postgrad run "TASK", or postgrad run --brief FILE')
    if brief is None and task and task.endswith((".yaml", ".yml", ".json")) and Path(task).is_file():
        raise UserError(f"{task} is a file; to run the brief in it: postgrad run --brief {task}")
    written = read_written(brief) if brief else Written({})
    return begin(written, task, asked, asked.effort)


def study(name: str | None, asked: Asked) -> int:
    found = {path.stem: path for path in sorted(STUDIES.glob("*.yaml"))}
    if name is None:
        about = {stem: str(read_written(path).keys.get("about", "")) for stem, path in found.items()}
        width = max(map(len, about))
        listed = "\n".join(f"{stem:<{width}}  {words}" for stem, words in about.items())
        out.answer(
            {"studies": [{"name": stem, "about": words} for stem, words in about.items()]}, listed, asked.as_json
        )
        return 0
    if name not in found:
        close = difflib.get_close_matches(name, found, 1)
        raise UserError(
            f"there is no study {name}; " + (f"did you mean {close[0]}?" if close else f"there are {', '.join(found)}")
        )
    written = read_written(found[name])
    own = {key: value for key, value in written.keys.items() if key not in ("about", "effort")}
    effort = asked.effort or written.keys.get("effort")
    return begin(Written(own, written.where, written.places), None, asked, effort, called=name)


def begin(written: Written, task: str | None, asked: Asked, effort: str | None, called: str | None = None) -> int:
    """Check everything before anything is made, then let it work."""
    place = home.home_path()
    config = read_config(place)
    home.need_writable(place)
    minds = chosen(asked.minds, config, of_config(config))
    need_keys(minds)
    need_servers(place, minds)
    brief, written = _brief(written, task, asked, effort, config)
    approve = config.approve | policies(asked.approve or "")
    name = home.free_name(place, asked.name, called or brief.task)
    need_way(written, brief, mind=helm_of(minds) is not None)
    need(minds, asked.minds.probe, asked.as_json)
    _forget_namesake(place, name)
    given: dict[str, Any] = {"task": brief.task, "name": name, "brief": brief.to_json(), "approve": approve}
    if asked.minds.said:  # else the home's, whichever they then are
        given |= minds
    out.say(f"run {name} in {place}")
    record = drive.work(place, name, given, config, asked.as_json)
    out.answer(record, text.ending(record), asked.as_json)
    return drive.exit_code(record)


def _forget_namesake(place: Path, name: str) -> None:
    """A run whose folder was deleted by hand left its checkpoints; the new one must not go on from them."""
    from graph.checkpointer import file_of, forget
    from graph.names import thread_id

    if file_of(place).exists():
        forget(place, thread_id(name))


def _brief(
    written: Written, task: str | None, asked: Asked, effort: str | None, config: Config
) -> tuple[Brief, Written]:
    if effort is not None and effort not in get_args(Effort):
        raise UserError(f"--effort {effort}: write {', '.join(get_args(Effort))}")
    time = duration(asked.time) if asked.time is not None else None
    if asked.time is not None and not time:
        raise UserError(f"--time {asked.time}: write a duration such as 90s, 30m or 2h")
    if asked.budget is not None and asked.budget < 0:
        raise UserError(f"--budget {asked.budget:g}: write dollars, 0 or more")
    if asked.seed is not None and asked.seed < 0:
        raise UserError(f"--seed {asked.seed}: write a whole number, 0 or more")
    written = override(written, asked.overrides)
    _agree(written, time, asked)
    brief = check(
        written, task=task, effort=cast(Effort | None, effort), seed=asked.seed, time=time,
        budget=asked.budget, defaults=config.limits,
    )  # fmt: skip
    return brief, written


def _agree(written: Written, time: float | None, asked: Asked) -> None:
    """One limit said twice on the same command line must be the same."""
    limits = written.keys.get("limits")
    for key, flag in (("time", time), ("budget", asked.budget)):
        said = limits.get(key) if isinstance(limits, dict) else None
        place = written.places.get(f"limits.{key}", "")
        same = said == flag or (key == "time" and duration(said) == flag)
        if place.startswith("--set") and flag is not None and said is not None and not same:
            raise UserError(f"{place} and --{key} {getattr(asked, key)} contradict each other; give one of them")
