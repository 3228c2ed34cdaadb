"""What a script reads from its config: which expressions are the config, which keys they ask for."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lab.checks.contract.bindings import Binding
from lab.checks.contract.records import is_nothing, is_record, literal_keys, members, parameters, takes_all
from lab.checks.contract.scopes import Script
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
READERS = frozenset(["model_validate", "model_validate_json", "parse_obj", "parse_raw", "from_dict", "from_json"])
"""Methods that a class inherits and that make one of it out of the config."""
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
        for name, bound in script.top.names.items():
            if "default" in name.lower():
                self.made |= {key for b in bound for key in literal_keys(b.node)}
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
                found = [b for b in self.script.find(node, name) if not is_nothing(b)]
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
            return self.holds(binding.node) or self._filled(name)
        if binding.how != "parameter":
            return False
        if isinstance(binding.node, ast.arg) and self._kept_in(binding.node.annotation):
            return True
        given = self.script.given(binding.node)
        return name in NAMES if given is None else any(self.holds(each) for each in given)

    def _kept_in(self, annotation: ast.expr | None) -> bool:
        """Whether a parameter is said to be of the class that the config is read into."""
        owner = self.script.own(annotation) if isinstance(annotation, ast.Name) else None
        if not isinstance(owner, ast.ClassDef) or not is_record(owner):
            return False
        makers = (c for c in self.script.calls if self.script.own(c.func) is owner or self._of_class(c, owner))
        return any(self.holds(call) for call in makers)

    def _of_class(self, call: ast.Call, owner: ast.ClassDef) -> bool:
        return isinstance(call.func, ast.Attribute) and self.script.own(call.func.value) is owner

    def _filled(self, name: str) -> bool:
        """`cfg = dict(DEFAULTS); cfg.update(json.load(file))`."""
        for call in self.script.calls:
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr="update"), args=[given]) if held == name:
                    return self.holds(given)
        return False

    def _made(self, node: ast.Call) -> bool:
        name = self.script.dotted(node.func)
        if name in LOADERS:
            return any(self.names_config(arg) for arg in node.args)
        spread = any(k.arg is None and (self.holds(k.value) or self._picked(k.value)) for k in node.keywords)
        if name in COPIES:
            return spread or any(self.holds(arg) for arg in node.args)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
            return self.holds(node.func.value)
        owner = self.script.own(node.func)
        if name in BUNDLES:
            return spread
        if isinstance(owner, ast.ClassDef):
            whole = takes_all(owner) and any(self.holds(arg) for arg in node.args)
            if whole or (spread and is_record(owner)):
                self.made |= members(owner)
            return whole or (spread and is_record(owner))
        if isinstance(node.func, ast.Attribute) and node.func.attr in READERS and owner is None:
            holder = self.script.own(node.func.value)
            if isinstance(holder, ast.ClassDef) and any(self.holds(a) or self.names_config(a) for a in node.args):
                self.made |= members(holder)
                return True
        function = self.script.own(node.func)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        back = self.script.returned(function)
        if not any(self.holds(each) for each in back):
            return False
        return not node.args or any(self.names_config(arg) or self.holds(arg) for arg in node.args)

    def _picked(self, node: ast.expr) -> bool:
        """`{key: config[key] for key in FIELDS}`, `{k: v for k, v in config.items() if k in FIELDS}`."""
        match node:
            case ast.DictComp(value=ast.Subscript(value=of)) if self.holds(of):
                return True
            case ast.DictComp(
                generators=[ast.comprehension(iter=ast.Call(func=ast.Attribute(value=of, attr="items")))]
            ):
                return self.holds(of)
        return False

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
            case ast.Match(subject=of, cases=cases) if self.holds(of):
                self.seen = True
                asked = [p for case in cases for p in ast.walk(case.pattern) if isinstance(p, ast.MatchMapping)]
                words = {key.value for pattern in asked for key in pattern.keys if isinstance(key, ast.Constant)}
                self.reads += [Read(str(word), node.lineno, default=True) for word in words]
            case ast.Call():
                self._handed(node)

    def _asked(self, key: ast.expr, node: ast.Subscript | ast.Call, default: bool) -> None:
        self.seen = True
        said = self.texts.of(key)
        if said is None and (given := self._given_keys(key)):
            self.reads += [Read(word, line, default) for word, line in given]
            return
        if said is None:
            self.reads += [Read(each, node.lineno, weak=True) for each in self.config]
            return
        each_of = self.script.only(key) if isinstance(key, ast.Name) else None
        weak = each_of is not None and each_of.how == "each" and not isinstance(each_of.node, ast.Tuple | ast.List)
        self.reads += [Read(word, node.lineno, default, weak) for word in said]
        if len(said) == 1 and said[0] in self.config:
            self.values[node] = self.config[said[0]]

    def _given_keys(self, key: ast.expr) -> list[tuple[str, int]]:
        """What the script's own calls hand over to a function that looks a key up."""
        only = self.script.only(key) if isinstance(key, ast.Name) else None
        given = self.script.given(only.node) if only is not None and only.how == "parameter" else None
        said = [(self.texts.of(each), each.lineno) for each in given or ()]
        if any(words is None for words, _ in said):
            return []
        return [(word, line) for words, line in said for word in words or ()]

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
                    self.seen = True
                    taken = parameters(self.script.own(node.func))
                    self.reads += [Read(key, node.lineno) for key in self.config if key in taken]
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
