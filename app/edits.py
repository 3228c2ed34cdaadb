"""An edit of what a gate asked, checked before it is sent: a wrong one is refused in a line and the gate stays open."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from state.brief_rules import Written, check, shown

Json = dict[str, Any]

EDITABLE = {
    "benchmark": ("metric", "target", "data", "baseline"),
    "data": ("dropped",),
    "spend": ("experiments",),
    "publication": ("repo", "experiment", "private"),
}
REPO = re.compile(r"(?:[A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")


def checked(gate: str, asked: Json, edit: Json, notebook: Json, where: str) -> Json:
    """The edit whole, as the gate's stage will use it; what it does not name stays as asked."""
    written = Written(edit, where)
    may = EDITABLE[gate]
    for key, value in edit.items():
        if key not in asked:
            raise written.wrong(key, f"{key} was not asked; of this an edit may change {', '.join(may)}")
        if key not in may and value != asked[key] and not (key == "direction" and "metric" in edit):
            raise written.wrong(key, f"{key} can't be edited; an edit may change {', '.join(may)}")
        if value is None and asked[key] is not None:
            raise written.wrong(key, f"{key} can't be emptied; leave it out to keep {shown(asked[key])}")
    made = CHECKS[gate](written, asked, notebook)
    changed = {key: value for key, value in made.items() if value != asked[key]}
    if not changed:
        raise written.wrong("", "the edit changes nothing; to say yes to what was asked: --approve ID")
    return changed


def _benchmark(written: Written, asked: Json, notebook: Json) -> Json:
    """The same rules as for a brief."""
    from app.feasible import need_way
    from lab.stats.scorers import METRICS

    edit = {key: written.keys[key] for key in EDITABLE["benchmark"] if key in written.keys}
    whole = {key: asked.get(key) for key in EDITABLE["benchmark"]} | edit
    goal = notebook.get("goal") or {}
    unsaid = {key: goal.get(key) for key in ("task", "method", "start")}
    brief = check(Written(unsaid | whole, written.where))
    need_way(Written(whole, written.where), brief)
    direction = METRICS[str(brief.metric)].direction
    if written.keys.get("direction") not in (None, asked.get("direction"), direction):
        raise written.wrong("direction", f"direction follows from the metric: {brief.metric} is to {direction}")
    return {key: getattr(brief, key) for key in edit}


def _data(written: Written, asked: Json, _: Json) -> Json:
    """What was named is dropped whole or not at all."""
    dropped, named = written.keys.get("dropped", asked["dropped"]), asked["dropped"]
    if not isinstance(dropped, dict):
        raise written.wrong("dropped", f"dropped is {shown(dropped)}; write a mapping such as {shown(named)}")
    for kind, count in dropped.items():
        if kind not in named:
            raise written.wrong("dropped", f"dropped.{kind} was not asked; there are {', '.join(named)}")
        if isinstance(count, bool) or count not in (0, named[kind]):
            said = f"write {named[kind]} to drop them all or 0 to keep them"
            raise written.wrong("dropped", f"dropped.{kind} is {shown(count)}; {said}")
    if not any(dropped.values()):
        raise written.wrong("dropped", "dropped leaves nothing to drop; to say no: --reject ID")
    return {"dropped": dropped}


def _spend(written: Written, asked: Json, notebook: Json) -> Json:
    """Each config over the one asked; it must be such as the experiment's recipe takes."""
    edit = written.keys.get("experiments", {})
    if not isinstance(edit, dict):
        raise written.wrong("experiments", f"experiments is {shown(edit)}; write a mapping of their ids")
    made: Json = dict(asked["experiments"])
    for name, wanted in edit.items():
        if name not in made:
            raise written.wrong("experiments", f"experiments.{name} was not asked; there are {', '.join(made)}")
        made[name] = _experiment(written, name, wanted, made[name], notebook)
    return {"experiments": made}


def _experiment(written: Written, name: str, wanted: Any, before: Json, notebook: Json) -> Json:
    from app.home import home_path
    from lab.recipes.registry import recipes, validate_config
    from state.errors import UserError

    place = f"experiments.{name}"
    config = wanted.get("config", {}) if isinstance(wanted, dict) else None
    if not isinstance(config, dict):
        raise written.wrong("experiments", f'{place} is {shown(wanted)}; write {{"config": {{"KEY": VALUE}}}}')
    for key, value in wanted.items():
        if key != "config" and value != before.get(key):
            raise written.wrong("experiments", f"{place}.{key} can't be edited; an edit may change its config")
    plan = next(one for one in notebook["batch"]["experiments"] if one["id"] == name)
    whole = {**before["config"], **config}
    try:
        validate_config(recipes(home_path() / "runs" / str(notebook.get("run")))[plan["recipe"]], whole)
    except UserError as wrong:
        raise written.wrong("experiments", f"{place}.config can't be so: {wrong}") from wrong
    return {**before, "config": whole}


def _publication(written: Written, asked: Json, notebook: Json) -> Json:
    made = {key: written.keys.get(key, asked[key]) for key in EDITABLE["publication"]}
    if not isinstance(made["repo"], str) or not REPO.fullmatch(made["repo"]):
        raise written.wrong("repo", f"repo is {shown(made['repo'])}; write NAME or OWNER/NAME")
    examined = (notebook.get("examination") or {}).get("finalist") or [asked["experiment"]]
    if made["experiment"] not in examined:
        said = f"only what was examined can be published: {', '.join(examined)}"
        raise written.wrong("experiment", f"experiment is {shown(made['experiment'])}; {said}")
    if not isinstance(made["private"], bool):
        raise written.wrong("private", f"private is {shown(made['private'])}; write true or false")
    return made


CHECKS: dict[str, Callable[[Written, Json, Json], Json]] = {
    "benchmark": _benchmark,
    "data": _data,
    "spend": _spend,
    "publication": _publication,
}
