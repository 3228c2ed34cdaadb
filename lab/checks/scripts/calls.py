"""What a call in a script does to the account: reading, splitting, fitting, scoring."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from lab.checks.scripts import names as n
from lab.checks.scripts.values import NOTHING, Estimator, Event, Value, as_part, dataset, joined

if TYPE_CHECKING:
    from lab.checks.scripts.read import Reader


def call(reader: Reader, node: ast.Call) -> Value:
    name = reader.aliases.get(last(node.func), last(node.func))
    owner = reader.value(node.func.value) if isinstance(node.func, ast.Attribute) else NOTHING
    given = [reader.value(arg.value if isinstance(arg, ast.Starred) else arg) for arg in node.args]
    named = {word.arg or "": reader.value(word.value) for word in node.keywords}
    every = [*given, *named.values()]
    if name in reader.functions and (isinstance(node.func, ast.Name) or is_own(node.func)):
        said = reader.enter(reader.functions[name], [NOTHING, *given] if is_own(node.func) else given, named)
        if "augment" in name.lower() and said.rows:
            return replace(said, shaped=said.shaped | {Event("oversample", name, node.lineno, said.rows)})
        return said
    if name in n.READERS or (name in ("load", "open") and not owner.rows):
        return _read(reader, node, name)
    if name in n.SPLITTERS:
        return _split(reader, node, owner, given)
    if name in n.FOLDS:
        return Value(maker="folder")
    if owner.maker == "folder" and name == "split":
        reader.account.split(given[0] if given else NOTHING, node.lineno)
        return Value(maker="folds")
    if name in n.CROSS:
        reader.account.split(joined(*(v for v in every if v.cell is None)), node.lineno)
        return NOTHING
    return _learn(reader, node, name, owner, given, named)


def _learn(
    reader: Reader, node: ast.Call, name: str, owner: Value, given: list[Value], named: dict[str, Value]
) -> Value:
    every = [*given, *named.values()]
    if name in n.CHAINS:
        return Value(cell=Estimator(name, holds=_kinds(reader, node)), maker=name)
    if _is_class(name) and not owner.rows:
        if name.endswith(n.CONTAINERS) and joined(*every).rows:
            return replace(joined(*every), split_of=(), names=())
        reader.account.watched(node, named)
        return Value(cell=Estimator(name), maker=name)
    if owner.cell is not None and name in ("fit", "fit_transform", "fit_resample", "partial_fit", "fit_predict"):
        return reader.account.fit(node, name, owner, given, named)
    if owner.cell is not None and name in ("transform", "predict", "predict_proba", "encode", "texts_to_sequences"):
        return reader.account.apply(node, owner, given)
    reader.account.watched(node, named)
    base = joined(owner, *every)
    if name in n.MEASURES:
        if owner.cell is not None:
            reader.account.apply(node, owner, given)
        rows = joined(*every) if owner.cell is not None or not owner.rows else base
        return Value(tested="test" in rows.parts())
    if name in ("max", "min", "argmax", "argmin", "idxmax", "idxmin", "nlargest") and base.tested:
        why = "the best of several scores on the test rows is taken, so the test has chosen it"
        reader.account.fault("selection_leak", node.lineno, "chosen on the test", why)
    if name in n.SCORES_WITH_LABELS and base.rows:
        return Value(chosen=frozenset({Event("select", name, node.lineno, base.rows)}))
    if (name in n.STATISTICS or name == "transform") and base.rows and not _by_row(node):
        labels = _groups_by_label(node)
        event = Event("select" if labels else "fit", f".{name}()", node.lineno, base.rows)
        kept = base.rows if name == "transform" else frozenset[tuple[int, str]]()
        return Value(rows=kept, shaped=frozenset({event}) | base.shaped)
    if name in n.LEARNING_CALLS and base.rows and not _by_row(node):
        event = Event("fit", f"{name}()", node.lineno, base.rows)
        return replace(base, shaped=base.shaped | {event}, split_of=(), names=())
    if name == "next" and given and given[0].maker == "folds":
        return Value(split_of=tuple(Value(maker=f"rows of {part}") for part in ("train", "validation")))
    copies = (name == "resample" and not _without_copies(node)) or "augment" in name.lower()
    if copies and base.rows:
        return replace(base, shaped=base.shaped | {Event("oversample", name, node.lineno, base.rows)}, cell=None)
    if name in ("append", "add", "extend") and isinstance(node.func, ast.Attribute):
        reader.assign(node.func.value, base, None)
    return replace(base, cell=owner.cell, maker="", tested=base.tested)


def _read(reader: Reader, node: ast.Call, name: str) -> Value:
    words = [a.value for a in ast.walk(node) if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    files = [word.lower() for word in words]
    if any(file.rsplit("/", 1)[-1] in reader.test_names for file in files):
        return dataset("test")
    if any("test" in file.rsplit("/", 1)[-1] and "train" not in file for file in files):
        return dataset("test")
    found = dataset("whole")
    two = name == "load_data"
    whole_set = name == "load_dataset" and not any(word.arg == "split" for word in node.keywords)
    if two:
        return replace(found, split_of=(as_part(found, "train"), as_part(found, "test")))
    if whole_set:
        parts = tuple(as_part(found, p) for p in ("whole", "test", "validation"))
        return replace(found, split_of=parts, names=("train", "test", "validation"))
    return found


def _split(reader: Reader, node: ast.Call, owner: Value, given: list[Value]) -> Value:
    sources = [owner] if owner.rows else given
    for source in sources:
        reader.account.split(source, node.lineno)
    out = tuple(as_part(source, part) for source in sources for part in ("train", "test"))
    names = ("train", "test") if owner.rows else ()
    return replace(joined(*out), split_of=out, names=names)


def last(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def is_own(function: ast.expr) -> bool:
    """A method of the script's own class, called on itself."""
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return False
    return function.value.id in ("self", "cls")


def _is_class(name: str) -> bool:
    return name[:1].isupper() and name not in ("Path", "DatasetDict")


def _kinds(reader: Reader, node: ast.Call) -> tuple[str, ...]:
    """Every estimator that is made, or named, inside a chain."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and inner is not node and _is_class(last(inner.func)):
            found.append(reader.aliases.get(last(inner.func), last(inner.func)))
        elif isinstance(inner, ast.Name) and (known := reader.scope.get(inner.id)) and known.cell:
            found += [known.cell.kind, *known.cell.holds]
    return tuple(found)


def _groups_by_label(node: ast.Call) -> bool:
    """Whether a statistic is one of the labels, group by group: a category then carries its rows' answers."""
    words = [a.value for a in ast.walk(node.func) if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    grouped = any(isinstance(a, ast.Attribute) and a.attr == "groupby" for a in ast.walk(node.func))
    return grouped and any(word.lower() in n.LABEL_NAMES for word in words)


def _by_row(node: ast.Call) -> bool:
    return any(k.arg in ("axis", "dim") and isinstance(k.value, ast.Constant) and k.value.value in (1, -1, "columns")
               for k in node.keywords)  # fmt: skip


def _without_copies(node: ast.Call) -> bool:
    return any(
        k.arg == "replace" and isinstance(k.value, ast.Constant) and k.value.value is False for k in node.keywords
    )
