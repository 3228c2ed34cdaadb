"""Data columns named in a script exist. Followed from the file to the row; what has been reshaped is left alone."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from typing import Literal

from lab.checks.contract.bindings import Binding
from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.texts import Texts

Thing = Literal["path", "file", "line", "rows", "row", "table", "tables", "input"]
ALWAYS = ("id", "input", "answer")
"""What every row of data/train.jsonl has; `input` is a text, or an object of columns."""
READERS = frozenset(["pandas.read_json", "pandas.read_csv", "pandas.read_parquet", "polars.read_ndjson",
                     "polars.read_csv", "datasets.Dataset.from_json", "datasets.Dataset.from_csv"])  # fmt: skip
TABLES = frozenset(["datasets.Dataset.from_list", "pandas.DataFrame", "pandas.DataFrame.from_records"])
KEEPS = frozenset(["builtins.list", "builtins.sorted", "builtins.tuple", "builtins.reversed", "random.sample",
                   "copy.copy", "copy.deepcopy"])  # fmt: skip
SAME_TABLE = frozenset(["shuffle", "select", "filter", "head", "tail", "sample", "copy", "dropna", "reset_index",
                        "drop_duplicates", "sort_values", "sort"])  # fmt: skip
DRAWS_ONE = frozenset(["random.choice", "builtins.next"])
CUTS = frozenset(["train_test_split", "random_split"])
NAMING = {"remove_columns", "select_columns", "drop_columns", "rename_column"}


class Columns:
    """Which expression is a row, and what is asked of it."""

    def __init__(self, script: Script, texts: Texts, columns: Sequence[str]) -> None:
        self.script, self.texts = script, texts
        self.known: dict[ast.AST, Thing | None] = {}
        self.there = frozenset((*ALWAYS, *columns))
        self.flat = any(_spreads_input(node) for node in script.scope_of)
        """The script itself lays the columns of the input into the row."""
        self.held: dict[str, list[ast.expr]] = {}
        """What `self.rows` and its like are given."""
        for node in script.scope_of:
            match node:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=value):
                    self.held.setdefault(attr, []).append(value)
                case ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=attr), value=ast.expr() as value
                ):
                    self.held.setdefault(attr, []).append(value)
        self.made = self._made()

    def faults(self) -> Iterator[Fault]:
        caught = _caught(self.script.tree)
        for node in self.script.scope_of:
            found = self._asked(node)
            yield from (warning("columns", f.line, f.says, f.remedy) for f in found) if node in caught else found

    def _asked(self, node: ast.AST) -> Iterator[Fault]:
        if isinstance(node, ast.expr):
            match node:
                case ast.Subscript(value=of, slice=key, ctx=ast.Load()):
                    if (thing := self.thing(of)) in ("row", "table", "input"):
                        yield from self._named(key, node.lineno, inside=thing == "input")
                case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[key, *rest]):
                    if self.thing(of) in ("row", "input"):
                        yield from (
                            warning("columns", f.line, f.says, f.remedy) if rest else f
                            for f in self._named(key, node.lineno, inside=self.thing(of) == "input")
                        )
                case ast.Call(func=ast.Attribute(value=of, attr=attr), args=[first, *_]) if attr in NAMING:
                    if self.thing(of) == "table":
                        yield from self._named(first, first.lineno, inside=False)
                case ast.Call(func=ast.Attribute(value=of, attr="map"), keywords=words) if self.thing(of) == "table":
                    for word in words:
                        if word.arg in ("remove_columns", "input_columns"):
                            yield from self._named(word.value, word.value.lineno, inside=False)

    def _named(self, key: ast.expr, line: int, inside: bool) -> Iterator[Fault]:
        said = self.texts.elements(key) if isinstance(key, ast.List | ast.Tuple) else self.texts.of(key)
        for word in said or ():
            if word in (self.there if inside or self.flat else ALWAYS) or word in self.made:
                continue
            if word in self.there:
                yield Fault(
                    "columns",
                    line,
                    f"a row has no {word} of its own: it stands inside the input",
                    f'row["input"]["{word}"]',
                )
                continue
            near = difflib.get_close_matches(word, sorted(self.there), 3)
            hint = f"near to it: {', '.join(near)}" if near else f"there are {', '.join(sorted(self.there))}"
            yield Fault("columns", line, f"the data has no column {word}", hint)

    def _made(self) -> frozenset[str]:
        """Columns that the script itself puts on, or asks for before it takes them."""
        found: set[str] = set()
        for node in self.script.scope_of:
            match node:
                case ast.Subscript(slice=key, ctx=ast.Store()):
                    found |= set(self.texts.of(key) or ())
                case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()]):
                    found |= set(self.texts.of(left) or ())
                case ast.Call(func=ast.Attribute(attr="rename_column"), args=[_, new]):
                    found |= set(self.texts.of(new) or ())
                case ast.Call(func=ast.Attribute(attr="add_column" | "setdefault" | "insert"), args=args):
                    found |= {word for arg in args for word in self.texts.of(arg) or ()}
                case ast.Call(
                    func=ast.Attribute(attr="rename" | "rename_columns" | "update"), args=args, keywords=words
                ):
                    given = [*args, *(w.value for w in words)]
                    found |= {word for each in given if isinstance(each, ast.Dict) for word in self._renamed(each)}
                    found |= {word.arg for word in words if word.arg}
                case ast.Dict(keys=keys) if None in keys:
                    found |= {word for key in keys if key is not None for word in self.texts.of(key) or ()}
                    found |= {w for v in node.values if isinstance(v, ast.Dict) for w in self.texts.elements(v) or ()}
                case ast.Call(func=ast.Name(id="dict"), args=[_, *_], keywords=words):
                    found |= {word.arg for word in words if word.arg}
                case ast.Assign(targets=[ast.Attribute(attr="columns")], value=value):
                    found |= set(self.texts.elements(value) or ())
                case ast.Call(func=ast.Attribute(attr="assign"), keywords=words):
                    found |= {word.arg for word in words if word.arg}
        return frozenset(found)

    def _renamed(self, node: ast.Dict) -> set[str]:
        """Of a dictionary of new names, or of new columns, all that may be asked for afterwards."""
        parts = [*(k for k in node.keys if k is not None), *node.values]
        return {word for part in parts for word in self.texts.of(part) or ()}

    # --- what an expression is --------------------------------------------------------------------------------------
    def thing(self, node: ast.expr) -> Thing | None:
        if node not in self.known:
            self.known[node] = None  # while it is being looked at: a circle says nothing
            self.known[node] = self._thing(node)
        return self.known[node]

    def _thing(self, node: ast.expr) -> Thing | None:
        paths = self.texts.patterns(node) or ()
        if paths and all(path.removeprefix("./").startswith("data/") for path in paths):
            return "path"
        match node:
            case ast.Attribute(attr="inputs", value=ast.Name()):
                return "path"  # the file given as --inputs
            case ast.Attribute(value=ast.Name(id="self"), attr=attr) if attr in self.held:
                return self._agreed([self.thing(each) for each in self.held[attr]])
            case ast.Name(id=name):
                return self._agreed([self._bound(each, name) for each in self.script.reaching(node)])
            case ast.Subscript(value=of, slice=key):
                return self._part(of, key)
            case ast.ListComp(elt=element):
                return "rows" if self.thing(element) == "row" else None
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return "rows" if self.thing(left) == self.thing(right) == "rows" else None
            case ast.Call():
                return self._called(node)
        return None

    def _bound(self, binding: Binding, name: str) -> Thing | None:
        node = binding.node
        if binding.how in ("is", "entered") and isinstance(node, ast.expr):
            if isinstance(node, ast.List) and not node.elts:
                return self._appended(name)
            return self.thing(node)
        if binding.how == "each" and isinstance(node, ast.expr):
            return self._element(self.thing(node))
        if binding.how == "other" and isinstance(node, ast.Call) and _last(node) in CUTS:
            return self.thing(node.args[0]) if node.args else None
        if binding.how == "parameter":
            given = self.script.given(node)
            if given:
                return self._agreed([self.thing(each) for each in given])
            return self._mapped(node)
        return None

    def _element(self, thing: Thing | None) -> Thing | None:
        inside: dict[Thing, Thing] = {"rows": "row", "table": "row", "file": "line"}
        return inside.get(thing) if thing else None

    def _appended(self, name: str) -> Thing | None:
        """What an empty list is filled with."""
        for call in self.script.calls:
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr="append"), args=[one]) if held == name:
                    return "rows" if self.thing(one) == "row" else None
        return None

    def _mapped(self, parameter: ast.AST) -> Thing | None:
        """The row that `map` and `filter` hand to a function."""
        function = self.script.asks.get(parameter)
        for call in self.script.calls:
            match call:
                case ast.Call(func=ast.Attribute(value=of, attr="map" | "filter"), args=[handed, *_]):
                    same = handed is function or self.script.own(handed) is function
                    if same and self.thing(of) == "table" and not any(k.arg == "input_columns" for k in call.keywords):
                        return "row"
        return None

    def _part(self, of: ast.expr, key: ast.expr) -> Thing | None:
        holder = self.thing(of)
        if holder in ("rows", "table") and isinstance(key, ast.Slice):
            return holder
        if holder == "rows" and not isinstance(key, ast.Slice):
            return "row"
        if holder == "tables":
            return "table"
        if holder == "table" and isinstance(key, ast.List):
            return "table"
        return "input" if holder == "row" and self.texts.of(key) == ("input",) else None

    def _called(self, node: ast.Call) -> Thing | None:
        name = self.script.dotted(node.func)
        given = [*node.args, *(k.value for k in node.keywords)]
        things = [self.thing(each) for each in given]
        if name == "datasets.load_dataset":
            split = any(k.arg == "split" for k in node.keywords)
            from_data = any(self._below_data(each) for each in given)
            return ("table" if split else "tables") if from_data else None
        if name in READERS:
            return "table" if "path" in things or any(self._below_data(each) for each in given) else None
        if name in TABLES:
            return "table" if things[:1] == ["rows"] else None
        if name in KEEPS or (isinstance(node.func, ast.Attribute) and node.func.attr == "sample" and name is None):
            return "rows" if things[:1] == ["rows"] else "file" if things[:1] == ["file"] else self._of(node)
        if name in DRAWS_ONE:
            return self._element(things[0]) if things else None
        if name == "json.loads":
            return "row" if things[:1] == ["line"] else None
        if name == "builtins.open":
            return "file" if things[:1] == ["path"] else None
        if name in ("pathlib.Path",):
            return things[0] if things else None
        own = self.script.own(node.func)
        if isinstance(own, ast.FunctionDef):
            given_out = [n.value for n in ast.walk(own) if isinstance(n, ast.Yield) and n.value is not None]
            if given_out:
                return "rows" if all(self.thing(each) == "row" for each in given_out) else None
            return self._agreed([self.thing(each) for each in self.script.returned(own)])
        return self._of(node)

    def _of(self, node: ast.Call) -> Thing | None:
        """A method of something known."""
        if not isinstance(node.func, ast.Attribute):
            return None
        holder, method = self.thing(node.func.value), node.func.attr
        if holder in ("path", "file") and method in ("open", "read_text", "splitlines", "readlines", "read", "split"):
            return "file"
        if holder == "line" and method in ("strip", "rstrip"):
            return "line"
        if holder == "table" and method in SAME_TABLE:
            return "table"
        if holder == "table" and method in ("to_list", "to_dict", "to_dicts", "iter_rows"):
            return "rows"
        return "rows" if holder == "rows" and method == "copy" else None

    def _below_data(self, node: ast.expr) -> bool:
        texts = self.texts.patterns(node) or self.texts.elements(node) or ()
        if isinstance(node, ast.Dict):
            texts = tuple(text for value in node.values for text in self.texts.patterns(value) or ())
        return any(text.removeprefix("./").startswith("data/") for text in texts)

    def _agreed(self, things: list[Thing | None]) -> Thing | None:
        first = things[0] if things else None
        return first if all(thing == first for thing in things) else None


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _spreads_input(node: ast.AST) -> bool:
    """`{**row["input"]}`, `row.update(row["input"])`: the columns stand in the row afterwards."""
    given: list[ast.expr] = []
    match node:
        case ast.Dict(keys=keys, values=values):
            given = [value for key, value in zip(keys, values, strict=True) if key is None]
        case ast.Call(func=ast.Attribute(attr="update" | "join" | "json_normalize"), args=args):
            given = list(args)
        case ast.Call(func=ast.Name(id="dict"), args=args):
            given = list(args)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            given = [left, right]
    return any(isinstance(n, ast.Constant) and n.value == "input" for each in given for n in ast.walk(each))


def _caught(tree: ast.Module) -> set[ast.AST]:
    """What may fail by a missing key, and is caught."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(h.type is None or "Key" in ast.unparse(h.type) for h in node.handlers):
            found |= {inner for statement in node.body for inner in ast.walk(statement)}
    return found
