"""What can be known before anything is made: do data, method, metric and start settings exist and fit each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from state.brief import Brief
from state.brief_rules import Written, shown
from state.errors import UserError

if TYPE_CHECKING:
    from lab.data.table import Table
    from lab.recipes.spec import RecipeSpec

LOOKED_AT = 4_000_000
"""Bytes; data files up to this are read once beforehand, larger ones when the run gets to them."""
SAMPLE = 200
"""Answers that tell whether a metric can score data like these."""


def need_way(written: Written, brief: Brief, mind: bool = False) -> None:
    """Refuse, naming the key at fault, what no run could carry out; a mind may find data and write a method of its own."""
    from nodes.completion import complete

    known_words(written, brief, mind)
    full = complete(brief, mind=mind)
    table = _table(written, full)
    if mind and (full.method is None or not _by_method(full.method)):
        if table:
            _scorable(written, full, table)
        return
    known_start(written, full, [_recipe(written, full, table.kind)] if table else _by_method(str(full.method)))
    if table:
        _scorable(written, full, table)


def known_words(written: Written, brief: Brief, mind: bool = False) -> None:
    """Words that only the laboratory knows: built-in data, metrics, methods."""
    from lab.data.builtin import BUILTIN
    from lab.recipes.registry import recipes
    from lab.stats.scorers import METRICS

    if brief.metric is not None:
        _one_of(written, "metric", brief.metric, METRICS)
    if brief.data is not None and "/" not in brief.data and ":" not in brief.data:
        _one_of(written, "data", brief.data, BUILTIN)
    if brief.method is not None and not mind:
        _one_of(written, "method", brief.method, {spec.method for spec in recipes().values()})


def known_start(written: Written, brief: Brief, fitting: list[RecipeSpec]) -> None:
    """The person's own settings must be such as a recipe of the method takes."""
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
    for spec in fitting:
        if brief.start.keys() <= spec.parameters.keys():
            try:
                validate_config(spec, {**spec.default, **brief.start})
            except UserError as wrong:
                raise written.wrong("start", f"start can't be so: {wrong}") from wrong


def _by_method(method: str) -> list[RecipeSpec]:
    from lab.recipes.registry import recipes

    return [spec for spec in recipes().values() if spec.method == method]


def _recipe(written: Written, full: Brief, kind: str) -> RecipeSpec:
    from nodes.ideas import main_recipe

    try:
        return main_recipe(full, kind)
    except UserError as wrong:
        raise written.wrong("method" if "method" in written.keys else "data", str(wrong)) from wrong


def _table(written: Written, full: Brief) -> Table | None:
    """The data itself where it lies here and is small; None where only the run can look."""
    from lab.data.acquire import acquire
    from lab.data.builtin import BUILTIN

    if full.data is None:
        return None
    source = full.data
    if source not in BUILTIN and not _small(Path(source)):
        return None
    try:
        return acquire(source, Path.cwd(), seed=0)
    except UserError as wrong:
        raise written.wrong("data", str(wrong)) from wrong


def _small(path: Path) -> bool:
    try:
        if not path.is_absolute() or not path.exists():
            return False
        files = path.rglob("*") if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files) <= LOOKED_AT
    except OSError:  # whoever reads it will say what is wrong with it
        return False


def _scorable(written: Written, full: Brief, table: Table) -> None:
    """A few odd answers are the audit's; where most can't be scored the metric is the wrong one."""
    from lab.stats.scorers import items_of

    odd: list[UserError] = []
    answers = [row["answer"] for row in table.rows[:SAMPLE]]
    for answer in answers:
        try:
            items_of(str(full.metric), {}, {"one": answer})
        except UserError as wrong:
            odd.append(wrong)
    if len(odd) > len(answers) / 2:
        raise written.wrong("metric", f"{full.metric} can't score {table.name}: {odd[0]}")


def _one_of(written: Written, key: str, value: Any, known: Iterable[str]) -> None:
    names = sorted(known)
    if value in names:
        return
    close = difflib.get_close_matches(value, names, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    said = f"no recipe takes {key}" if key.startswith("start.") else f"{key} {shown(value)} is not known"
    raise written.wrong(key, f"{said}; {hint}")
