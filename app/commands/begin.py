"""`run` and `study`: from a sentence, a brief or a bundled study to a run."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from app import drive, home, out, text
from app.approvals import policies
from app.config import Config, read_config
from state.brief import Brief
from state.brief_file import override, read_written
from state.brief_rules import Written, check, duration, shown
from state.errors import UserError
from state.words import Effort

if TYPE_CHECKING:
    from lab.recipes.spec import RecipeSpec

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
    model: str | None
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
    brief = _brief(written, task, asked, effort, config)
    approve = config.approve | policies(asked.approve or "")
    name = home.free_name(place, asked.name, called or brief.task)
    _need_a_way(brief)
    home.need_writable(place)
    _forget_namesake(place, name)
    given = {
        "task": brief.task, "name": name, "brief": brief.to_json(), "approve": approve,
        "model": asked.model if asked.model is not None else config.model,
    }  # fmt: skip
    out.say(f"run {name} in {place}")
    record = drive.work(place, name, given, config, asked.as_json)
    out.answer(record, text.ending(record), asked.as_json)
    return drive.exit_code(record)


def _need_a_way(brief: Brief) -> None:
    """Refuse, before anything is made, a task whose data or method nobody could guess."""
    from nodes.completion import complete

    complete(brief)


def _forget_namesake(place: Path, name: str) -> None:
    """A run whose folder was deleted by hand left its checkpoints; the new one must not go on from them."""
    from graph.checkpointer import file_of, forget
    from graph.names import thread_id

    if file_of(place).exists():
        forget(place, thread_id(name))


def _brief(written: Written, task: str | None, asked: Asked, effort: str | None, config: Config) -> Brief:
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
    brief = check(
        written, task=task, effort=cast(Effort | None, effort), seed=asked.seed, time=time,
        budget=asked.budget, defaults=config.limits,
    )  # fmt: skip
    _known(written, brief)
    return brief


def _known(written: Written, brief: Brief) -> None:
    """Words that only the laboratory knows: built-in data, metrics, methods and their parameters."""
    from lab.data.builtin import BUILTIN
    from lab.recipes.registry import recipes
    from lab.stats.scorers import METRICS

    if brief.metric is not None:
        _one_of(written, "metric", brief.metric, METRICS)
    if brief.data is not None and "/" not in brief.data and ":" not in brief.data:
        _one_of(written, "data", brief.data, BUILTIN)
    if brief.method is not None:
        fitting = [spec for spec in recipes().values() if spec.method == brief.method]
        _one_of(written, "method", brief.method, {spec.method for spec in recipes().values()})
        _start(written, brief, fitting)


def _start(written: Written, brief: Brief, fitting: list[RecipeSpec]) -> None:
    """The person's own parameters must be such as a recipe of the method takes."""
    from lab.recipes.registry import validate_config

    for key, value in brief.start.items():
        takes = [spec for spec in fitting if key in spec.parameters]
        if not takes:
            _one_of(written, f"start.{key}", key, {name for spec in fitting for name in spec.parameters})
        for spec in takes:
            try:
                validate_config(spec, {**spec.default, key: value})
            except UserError as wrong:
                raise written.wrong(f"start.{key}", f"start.{key} can't be so: {wrong}") from wrong


def _one_of(written: Written, key: str, value: Any, known: Iterable[str]) -> None:
    names = sorted(known)
    if value in names:
        return
    close = difflib.get_close_matches(value, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    said = f"no recipe takes {key}" if key.startswith("start.") else f"{key} {shown(value)} is not known"
    raise written.wrong(key, f"{said}; {hint}")
