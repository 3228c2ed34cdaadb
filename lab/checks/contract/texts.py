"""Which texts an expression may stand for: file names, keys, names of models. What can't be told is None."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Mapping
from typing import Any

from lab.checks.contract.scopes import Script

DEPTH = 8
MOST = 200
"""Texts of one expression: beyond that nothing is said about it."""
PATHS = ("pathlib.Path", "pathlib.PurePath", "builtins.str", "os.fspath", "pathlib.PosixPath", "os.path.expanduser", "os.path.abspath",
         "os.path.realpath", "os.path.normpath")  # fmt: skip
JOINS = ("os.path.join", "posixpath.join")
FOLDER_OF = ("os.path.dirname", "posixpath.dirname")
SAME = ("resolve", "absolute", "as_posix", "expanduser")

UNKNOWN = "\0"
"""Stands in a text for a part that is not known."""


class Texts:
    """A reader of texts, with the config's own values where the script takes them from there."""

    def __init__(self, script: Script, values: Mapping[ast.AST, Any] | None = None) -> None:
        self.script = script
        self.values = values or {}
        """What reading the config gives, by the expression that reads it."""

    def of(self, node: ast.expr, depth: int = 0) -> tuple[str, ...] | None:
        """All it may be, or None if any of it is unknown."""
        found = self.patterns(node, depth)
        return None if found is None or any(UNKNOWN in text for text in found) else found

    def patterns(self, node: ast.expr, depth: int = 0) -> tuple[str, ...] | None:
        """All it may be, unknown parts marked; None if nothing of it is known."""
        if depth > DEPTH:
            return None
        if node in self.values:
            value = self.values[node]
            return (value,) if isinstance(value, str) else None
        match node:
            case ast.Constant(value=str(text)):
                return (text,)
            case ast.Constant():
                return None
            case ast.JoinedStr(values=parts):
                return self._together(
                    [p.value if isinstance(p, ast.FormattedValue) else p for p in parts], "", depth, loose=True
                )
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._together([left, right], "", depth, loose=True)
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                given = right.elts if isinstance(right, ast.Tuple) else [right]
                return self._put_in(left, r"%[-+ 0-9.]*[sdifr]", given, depth)
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return self._together([left, right], "/", depth, loose=True)
            case ast.IfExp(body=body, orelse=other):
                return self._either([body, other], depth)
            case ast.BoolOp(values=parts):
                return self._either(parts, depth)
            case ast.Name(id="__file__"):
                return ("./train.py",)
            case ast.Name():
                return self._name(node, depth)
            case ast.Subscript(value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int(ups))):
                of = self.patterns(value, depth + 1)
                return tuple(_above(text, ups + 1) for text in of) if of else None
            case ast.Call():
                return self._call(node, depth)
            case ast.Attribute(value=value, attr="parent"):
                of = self.patterns(value, depth + 1)
                return tuple(_above(text, 1) for text in of) if of else None
        return None

    def elements(self, node: ast.expr, depth: int = 0) -> tuple[str, ...] | None:
        """The texts of a literal list, tuple, set, or the keys of a dictionary."""
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return self._either(parts, depth)
            case ast.Dict(keys=keys):
                return self._either([k for k in keys if k is not None], depth) if None not in keys else None
            case ast.Name():
                found = self.script.only(node)
                known = found is not None and found.how == "is" and isinstance(found.node, ast.expr) and depth < DEPTH
                return self.elements(found.node, depth + 1) if known else None  # type: ignore[union-attr, arg-type]
            case ast.Call(func=ast.Name(id="sorted" | "list" | "tuple" | "set"), args=[inner]):
                return self.elements(inner, depth + 1)
            case ast.Call(func=ast.Attribute(value=inner, attr="keys"), args=[]):
                return self.elements(inner, depth + 1)
        return None

    def _name(self, node: ast.Name, depth: int) -> tuple[str, ...] | None:
        found: list[str] = []
        for binding in self.script.find(node, node.id):
            said = None
            if binding.how in ("is", "entered") and isinstance(binding.node, ast.expr):
                said = self.patterns(binding.node, depth + 1)
            elif binding.how == "each" and isinstance(binding.node, ast.expr):
                said = self.elements(binding.node, depth + 1)
            if said is None:
                return None
            found += said
        return tuple(dict.fromkeys(found)) or None

    def _call(self, node: ast.Call, depth: int) -> tuple[str, ...] | None:
        name = self.script.dotted(node.func)
        if name in PATHS and len(node.args) == 1:
            return self.patterns(node.args[0], depth + 1)
        if name in PATHS or name in JOINS:
            return self._together(node.args, "/", depth, loose=True) if node.args else None
        if name in ("pathlib.Path.home", "os.path.expanduser"):
            return ("~",)
        if name in ("pathlib.Path.cwd", "os.getcwd"):
            return (".",)
        if name in FOLDER_OF and node.args:
            of = self.patterns(node.args[0], depth + 1)
            return tuple(_above(text, 1) for text in of) if of else None
        if isinstance(node.func, ast.Attribute):
            changed = self._changed(node, node.func.value, node.func.attr, depth)
            if changed is not None:
                return changed
            if node.func.attr == "joinpath":
                return self._together([node.func.value, *node.args], "/", depth, loose=True)
            if node.func.attr in SAME and not node.args:
                return self.patterns(node.func.value, depth + 1)
        return None

    def _changed(self, node: ast.Call, held: ast.expr, how: str, depth: int) -> tuple[str, ...] | None:
        """A text made from another: filled in, replaced in, or the name in a path changed."""
        if how == "format" and not node.keywords:
            return self._put_in(held, r"\{\d*(:[^}]*)?\}", node.args, depth)
        words = [self.of(arg, depth + 1) for arg in node.args]
        if how not in ("replace", "with_name", "with_suffix") or any(word is None or len(word) != 1 for word in words):
            return None
        said = [word[0] for word in words if word]
        of = self.patterns(held, depth + 1) or ()
        if how == "replace" and len(said) == 2:
            return tuple(text.replace(said[0], said[1]) for text in of) or None
        if how == "with_name" and len(said) == 1:
            return tuple(f"{_up(text)}/{said[0]}".removeprefix("./") for text in of) or None
        if how == "with_suffix" and len(said) == 1:
            return tuple(re.sub(r"\.[^./]*$", "", text) + said[0] for text in of) or None
        return None

    def _put_in(self, held: ast.expr, gap: str, given: list[ast.expr], depth: int) -> tuple[str, ...] | None:
        """`"data/%s.jsonl" % part`, `"data/{}.jsonl".format(part)`."""
        if not isinstance(held, ast.Constant) or not isinstance(held.value, str):
            return None
        gaps = list(re.finditer(gap, held.value))
        if len(gaps) != len(given):
            return None
        parts: list[ast.expr] = []
        end = 0
        for found, each in zip(gaps, given, strict=True):
            parts += [ast.Constant(held.value[end : found.start()]), each]
            end = found.end()
        return self._together([*parts, ast.Constant(held.value[end:])], "", depth, loose=True)

    def _either(self, parts: list[ast.expr], depth: int) -> tuple[str, ...] | None:
        each = [self.patterns(part, depth + 1) for part in parts]
        if any(texts is None for texts in each):
            return None
        return tuple(dict.fromkeys(text for texts in each if texts for text in texts))

    def _together(self, parts: list[ast.expr], between: str, depth: int, loose: bool) -> tuple[str, ...] | None:
        each = [self.patterns(part, depth + 1) or (UNKNOWN,) for part in parts]
        if all(texts == (UNKNOWN,) for texts in each):
            return None
        whole = [between.join(some) for some in itertools.islice(itertools.product(*each), MOST + 1)]
        return tuple(whole) if len(whole) <= MOST else None


def _up(text: str) -> str:
    if "/" in text.rstrip("/"):
        return text.rstrip("/").rpartition("/")[0] or "/"
    return "." if text not in (".", "..") else ".."


def _above(text: str, ups: int) -> str:
    """`../..`: as many folders up; from the script's own folder on it leads outside."""
    for _ in range(ups):
        text = "../" + text if text.startswith("..") else _up(text)
    return text
