"""A healthy table with the script that made something of it."""

from __future__ import annotations

from pathlib import Path

from tests.planted.case import ANY, LEAK_OR_DOUBT, NOT_LEAKING, Case, pair
from tests.planted.make_tables import blobs, cut


def scripted(folder: Path, name: str, code: str, sort: str, seed: int) -> Case:
    """The sort of a script: `fitted`, `oversampled`, `selected` or `right`."""
    train, test = pair(folder, *cut(blobs(seed, 240), 0.3, seed), "csv")
    script = folder / "train_model.py"
    script.write_text(code, encoding="utf-8")
    options = ("--label", "label", "--script", str(script))
    if sort == "right":
        return Case(name, train, test, options, quiet=("fit_before_split", "selection_leak"))
    if sort == "selected":
        return Case(name, train, test, options, ("selection_leak",), LEAK_OR_DOUBT)
    if sort == "oversampled":
        return Case(name, train, test, options, ("before_split|selection_leak|duplicate",), ANY)
    return Case(name, train, test, options, ("fit_before_split",), NOT_LEAKING, never=("fit_before_split",))
