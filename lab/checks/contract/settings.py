"""What a script reads from its config: which expressions are the config, which keys they ask for."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.checks.contract.scopes import Binding, Script
from lab.checks.contract.texts import Texts

NAMES = frozenset(["config", "cfg", "conf", "settings", "hparams", "hp"])
"""What a config is called where nothing else tells: the parameter of a function that nobody calls by name."""
PATHS = frozenset(["config", "config_path", "config_file", "cfg", "cfg_path"])
LOADERS = frozenset(["json.load", "json.loads", "yaml.safe_load", "tomllib.load", "tomllib.loads"])
COPIES = frozenset(["builtins.dict", "copy.copy", "copy.deepcopy", "types.MappingProxyType"])
BUNDLES = frozenset(["types.SimpleNamespace", "argparse.Namespace"])
HARMLESS = frozenset(["json.dump", "json.dumps", "builtins.print", "builtins.len", "builtins.repr", "builtins.str",
                      "builtins.set", "builtins.sorted", "builtins.isinstance", "builtins.list"])  # fmt: skip
"""What is handed the whole config without using any of it."""
METHODS = frozenset(["get", "items", "keys", "values", "pop", "update", "copy", "setdefault"])


@dataclass(frozen=True)
class Read:
    """One key asked for."""

    key: str
    line: int
    default: bool = False
    weak: bool = False
    """Asked for together with all others: to check it, not to use it."""


class Settings:
    """The config's ways through a script."""

    def __init__(self, script: Script, config: Mapping[str, Any]) -> None:
        self.script, self.config = script, config
        self.known: dict[ast.AST, bool] = {}
        self.values: dict[ast.AST, Any] = {}
        """The value of each expression that reads a known key."""
        self.texts = Texts(script)
        self.reads: list[Read] = []
        self.made: set[str] = set()
        self.guarded: set[str] = set()
        self.lost: list[Read] = []
        """Keys of a part of the config that are not in it: `optimizer.lr`."""
        self.handed_on = False
        """The whole of it goes where its keys can't be followed."""
        self.seen = False
        for node in script.scope_of:
            self._read(node)

    # --- which expression is the config -----------------------------------------------------------------------------
    def holds(self, node: ast.expr) -> bool:
        """Whether an expression is the config, or a copy of it."""
        if node not in self.known:
            self.known[node] = False  # while it is being looked at: a circle says nothing
            self.known[node] = self._holds(node)
        return self.known[node]

    def _holds(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                found = self.script.find(node, name)
                return bool(found) and all(self._bound(binding, name) for binding in found)
            case ast.Attribute(value=ast.Name(id="self"), attr=attr):
                return attr in NAMES
            case ast.Dict(keys=keys, values=values):
                return any(k is None and self.holds(v) for k, v in zip(keys, values, strict=True))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.holds(left) or self.holds(right)
            case ast.Call():
                return self._made(node)
        return False

    def _bound(self, binding: Binding, name: str) -> bool:
        if binding.how == "is" and isinstance(binding.node, ast.expr):
            return self.holds(binding.node)
        if binding.how != "parameter":
            return False
        given = self.script.given(binding.node)
        return name in NAMES if given is None else any(self.holds(each) for each in given)

    def _made(self, node: ast.Call) -> bool:
        name = self.script.dotted(node.func)
        if name in LOADERS:
            return any(self.names_config(arg) for arg in node.args)
        spread = any(k.arg is None and self.holds(k.value) for k in node.keywords)
        if name in COPIES:
            return spread or any(self.holds(arg) for arg in node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
            return self.holds(node.func.value)
        if name in BUNDLES or isinstance(self.script.own(node.func), ast.ClassDef):
            return spread
        function = self.script.own(node.func)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        back = self.script.returned(function)
        if not any(self.holds(each) for each in back):
            return False
        return not node.args or any(self.names_config(arg) or self.holds(arg) for arg in node.args)

    def names_config(self, node: ast.expr, depth: int = 0) -> bool:
        """Whether an expression leads to the file given as --config, and to no other config."""
        if depth > 5:
            return False
        parts = [part for part in ast.walk(node) if isinstance(part, ast.expr)]
        paths = [text for part in parts for text in self.texts.patterns(part) or ()]
        if any(path.endswith("/config.json") and path != "./config.json" for path in paths):
            return False
        if "config.json" in paths or "--config" in paths:
            return True
        return any(self._leads(part, depth) for part in parts)

    def _leads(self, part: ast.expr, depth: int) -> bool:
        if isinstance(part, ast.Attribute):
            return part.attr in PATHS
        if not isinstance(part, ast.Name):
            return False
        for binding in self.script.find(part, part.id):
            if binding.how in ("is", "entered") and isinstance(binding.node, ast.expr):
                if self.names_config(binding.node, depth + 1):
                    return True
            elif binding.how == "parameter":
                given = self.script.given(binding.node)
                if part.id in PATHS if given is None else any(self.names_config(each, depth + 1) for each in given):
                    return True
        return False

    # --- what is asked of it ----------------------------------------------------------------------------------------
    def _read(self, node: ast.AST) -> None:
        match node:
            case ast.Subscript(value=of, slice=key, ctx=ast.Load()) if self.holds(of):
                self._asked(key, node, default=False)
            case ast.Subscript(value=of, slice=ast.Constant(value=str(key)), ctx=ast.Load()):
                self._deeper(node, of, key)
            case ast.Subscript(value=of, slice=key) if self.holds(of):
                self.made |= set(self.texts.of(key) or ())
            case ast.Call(func=ast.Attribute(value=of, attr="get" | "pop" | "setdefault"), args=[key, *rest]):
                if self.holds(of):
                    self._asked(key, node, default=bool(rest) or node.func.attr == "get")  # type: ignore[attr-defined]
            case ast.Call(func=ast.Attribute(value=of, attr="items" | "values")) if self.holds(of):
                self.seen = True
                self.reads += [Read(key, node.lineno, weak=True) for key in self.config]
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[of]) if self.holds(of):
                self.guarded |= set(self.texts.of(left) or ())
            case ast.Attribute(value=of, attr=attr, ctx=ast.Load()) if attr not in METHODS and self.holds(of):
                self.seen = True
                self.reads.append(Read(attr, node.lineno))
                if attr in self.config:
                    self.values[node] = self.config[attr]
            case ast.Call():
                self._handed(node)

    def _asked(self, key: ast.expr, node: ast.Subscript | ast.Call, default: bool) -> None:
        self.seen = True
        said = self.texts.of(key)
        if said is None:
            self.reads += [Read(each, node.lineno, weak=True) for each in self.config]
            return
        each_of = self.script.only(key) if isinstance(key, ast.Name) else None
        weak = each_of is not None and each_of.how == "each" and not isinstance(each_of.node, ast.Tuple | ast.List)
        self.reads += [Read(word, node.lineno, default, weak) for word in said]
        if len(said) == 1 and said[0] in self.config:
            self.values[node] = self.config[said[0]]

    def _deeper(self, node: ast.Subscript, of: ast.expr, key: str) -> None:
        """`config["optimizer"]["lr"]`, or by a name in between."""
        self._reach(of)
        value = self.values.get(of)
        if isinstance(value, Mapping):
            if key in value:
                self.values[node] = value[key]
            else:
                self.lost.append(Read(key, node.lineno))

    def _reach(self, node: ast.expr) -> None:
        if node in self.values:
            return
        if isinstance(node, ast.Name):
            only = self.script.only(node)
            if only is not None and only.how == "is" and isinstance(only.node, ast.Subscript):
                self._reach(only.node)
                if only.node in self.values:
                    self.values[node] = self.values[only.node]
        elif isinstance(node, ast.Subscript) and self.holds(node.value):
            said = self.texts.of(node.slice)
            if said is not None and len(said) == 1 and said[0] in self.config:
                self.values[node] = self.config[said[0]]

    def _handed(self, node: ast.Call) -> None:
        """The whole config, given to something."""
        name = self.script.dotted(node.func)
        if name in HARMLESS or name in COPIES or name in BUNDLES or self.script.own(node.func) is not None:
            for keyword in node.keywords:
                if keyword.arg is None and self.holds(keyword.value):
                    self.values[keyword.value] = self.config
            return
        given = [*node.args, *(k.value for k in node.keywords)]
        if any(self.holds(each) for each in given) and not (isinstance(node.func, ast.Attribute) and name is None):
            self.seen = self.handed_on = True
        for keyword in node.keywords:
            if keyword.arg is None and self.holds(keyword.value):
                self.values[keyword.value] = self.config

    @cached_property
    def used(self) -> frozenset[str]:
        return frozenset(read.key for read in self.reads if not read.weak)

    @cached_property
    def checked(self) -> frozenset[str]:
        return frozenset(read.key for read in self.reads if read.weak)
