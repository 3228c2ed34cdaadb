"""Settings that an edit writes over in the code, so that the config says what is not done."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from lab.checks.contract.same_settings import ACCUMULATION, BATCH, FREE, MAKERS

CONFIG = re.compile(r"(self\.)?_?(config|cfg|conf|settings|hparams|hp|args|c)", re.IGNORECASE)
REDUCES = re.compile(
    r"train_size|n_?rows|max_(categories|features|samples|leaf_nodes|bins|df|rows|vocab\w*)|min_df|truncation_mode|subsample|\w+_fraction|limit\w*"
)
"""Arguments that are there to take less."""


def written_over(old: ast.Module, new: ast.Module, keys: set[str]) -> Iterator[str]:
    was = set(_writes(old, keys))
    for key, text in _writes(new, keys):
        if (key, text) not in was:
            yield f"sets the setting {key} in the code ({text[:60]})"
            return


def _writes(tree: ast.Module, keys: set[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for node in ast.walk(tree):
        pairs: list[tuple[ast.AST | str | None, ast.expr]] = []
        match node:
            case ast.Assign(targets=[ast.Subscript(value=of, slice=key)], value=value) if _config(of):
                pairs = [(key, value)]
            case ast.Assign(targets=[ast.Attribute(value=of, attr=name)], value=value) if _config(of):
                pairs = [(name, value)]
            case ast.Dict(keys=names, values=values) if any(
                k is None and _config(v) for k, v in zip(names, values, strict=True)
            ):
                pairs = list(zip(names, values, strict=True))
            case ast.Call(func=ast.Attribute(value=of, attr="update"), args=args, keywords=words) if _config(of):
                pairs = [(w.arg, w.value) for w in words]
                pairs += [p for a in args if isinstance(a, ast.Dict) for p in zip(a.keys, a.values, strict=True)]
            case ast.BinOp(left=of, op=ast.BitOr(), right=ast.Dict(keys=names, values=values)) if _config(of):
                pairs = list(zip(names, values, strict=True))
        for said, value in pairs:
            named = said.value if isinstance(said, ast.Constant) else said
            if (
                isinstance(named, str)
                and named in keys
                and not any(p.fullmatch(named) for p in (FREE, BATCH, ACCUMULATION))
            ):
                found.append((named, f"{named} = {ast.unparse(value)}"))
    return found


def _config(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and CONFIG.fullmatch(ast.unparse(node)) is not None


def taken_less(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """Arguments that were not there, and that take less of the data or of what is made of it."""
    was = {(callee, name) for callee, name, _ in _reducing(old)}
    for callee, name, value in _reducing(new):
        if (callee, name) not in was:
            yield f"takes less by {name}={value} of {callee}"
            return


def _reducing(tree: ast.Module) -> list[tuple[str, str, str]]:
    found = []
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        callee = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for word in call.keywords if MAKERS.fullmatch(callee) else ():
            if (
                word.arg
                and REDUCES.fullmatch(word.arg)
                and isinstance(word.value, ast.Constant)
                and word.value.value is not None
            ):
                found.append((callee, word.arg, ast.unparse(word.value)))
    return found
