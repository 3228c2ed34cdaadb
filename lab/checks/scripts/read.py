"""Reads a script statement by statement and keeps account of which rows have touched which number.

No code is run. It follows assignments, calls of the script's own functions, loops and branches once, in their order;
what it does not understand it takes for harmless. So it can miss a leak, but what it names stands in the text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from lab.checks.scripts import names as n
from lab.checks.scripts.account import Account
from lab.checks.scripts.calls import call, is_own, last
from lab.checks.scripts.values import NOTHING, Event, Value, as_part, dataset, joined

DEPTH = 4
"""How deep calls of the script's own functions are followed."""


class Reader:
    """One script being read."""

    def __init__(self, tree: ast.Module, test_names: Iterable[str] = ()) -> None:
        self.account = Account()
        self.test_names = {name.lower() for name in test_names}
        self.scope: dict[str, Value] = {}
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.aliases: dict[str, str] = {}
        self.called: set[str] = set()
        self.bound: set[str] = set()
        """Names that the script itself gives a meaning."""
        self.depth = 0
        self.loops = 0
        self._collect(tree)
        self.block(tree.body)
        for function in [f for name, f in self.functions.items() if name not in self.called]:
            self.enter(function, [], {})

    def _collect(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ImportFrom):
                self.aliases.update({a.asname: a.name for a in node.names if a.asname})
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)]
        asked = [
            a.arg for f in self.functions.values() for a in [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]
        ]
        imported = [
            a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names
        ]
        self.bound = {*(node.id for node in names), *asked, *imported, *self.functions}
        called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
        words = {w.arg for w in ast.walk(tree) if isinstance(w, ast.keyword)} | {
            last(w) for w in ast.walk(tree) if isinstance(w, ast.Name | ast.Attribute)
        }
        self.account.picks = any(said.startswith(n.PICKS_BY_WATCHING) for said in words if said)
        self.called = {last(f) for f in called if isinstance(f, ast.Name) or is_own(f)} & self.functions.keys()

    # --- statements -----------------------------------------------------------------------------------------------
    def block(self, body: Iterable[ast.stmt]) -> Value:
        given = NOTHING
        for statement in body:
            said = self.statement(statement)
            given = joined(given, said) if said is not NOTHING and not said.split_of else said or given
        return given

    def statement(self, node: ast.stmt) -> Value:
        match node:
            case ast.Assign(targets=targets, value=value):
                found = self.value(value)
                for target in targets:
                    self.assign(target, found, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value), value)
            case ast.AugAssign(target=target, value=value):
                self.assign(target, joined(self.value(target), self.value(value)), value)
            case ast.Expr(value=value):
                self.value(value)
            case ast.Return(value=value):
                return self.value(value) if value is not None else NOTHING
            case ast.For() | ast.AsyncFor():
                return self.loop(node)
            case ast.While():
                self.loops += 1
                said = joined(self.block(node.body), self.block(node.orelse))
                self.loops -= 1
                return said
            case ast.If():
                self.compared(node.test)
                return joined(self.block(node.body), self.block(node.orelse))
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    found = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, found, item.context_expr)
                return self.block(node.body)
            case ast.Try():
                bodies = [node.body, *(h.body for h in node.handlers), node.orelse, node.finalbody]
                return joined(*(self.block(body) for body in bodies))
            case ast.ClassDef():
                return NOTHING
        return NOTHING

    def loop(self, node: ast.For | ast.AsyncFor) -> Value:
        over = self.value(node.iter)
        self.loops += 1
        if over.maker == "folds" and isinstance(node.target, ast.Tuple) and len(node.target.elts) == 2:
            for target, part in zip(node.target.elts, ("train", "validation"), strict=True):
                self.assign(target, Value(maker=f"rows of {part}"), None)
        else:
            self.assign(node.target, replace(over, split_of=(), names=()), None)
        said = self.block(node.body)
        self.loops -= 1
        return joined(said, self.block(node.orelse))

    def compared(self, test: ast.expr) -> None:
        """In a loop, keeping what scores best on the test is choosing by it."""
        if isinstance(test, ast.BoolOp):
            for each in test.values:
                self.compared(each)
            return
        found = self.value(test)
        if self.loops and isinstance(test, ast.Compare) and found.tested:
            why = "what scores best on the test rows is kept, so the test has chosen it"
            self.account.fault("selection_leak", test.lineno, "chosen on the test", why)

    def assign(self, target: ast.expr, found: Value, source: ast.expr | None) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            one_by_one = found.split_of if len(found.split_of) == len(target.elts) else ()
            sources = source.elts if isinstance(source, ast.Tuple | ast.List) else []
            for i, element in enumerate(target.elts):
                part = one_by_one[i] if one_by_one else replace(found, split_of=(), names=())
                cut = source if isinstance(source, ast.Call) and last(source.func) in ("split", "array_split") else None
                self.assign(element, part, sources[i] if len(sources) == len(target.elts) else cut)
            return None
        if isinstance(target, ast.Starred):
            return self.assign(target.value, found, source)
        if isinstance(target, ast.Name):
            self.scope[target.id] = self.named(target.id, found, source)
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            self.scope[_dotted(target)] = self.named(target.attr, found, source)
        elif isinstance(target, ast.Subscript | ast.Attribute):
            base = _base(target)
            if base and base in self.scope:
                self.scope[base] = joined(self.scope[base], replace(found, cell=None))
        return None

    def named(self, name: str, found: Value, source: ast.expr | None) -> Value:
        """A piece of the whole that is called train or test is a split by hand."""
        part = n.part_of(name)
        if part is None or not found.rows:
            return found
        if found.parts() == {"whole"} and isinstance(source, ast.Subscript | ast.Call) and self._takes_some(source):
            self.account.split(found, source.lineno)
            return as_part(found, part)
        if found.parts() == {"test"} and part == "validation":
            return as_part(found, part)
        return found

    def _takes_some(self, source: ast.expr) -> bool:
        if isinstance(source, ast.Subscript):
            chosen = source.slice
            some = isinstance(chosen, ast.Slice | ast.Compare | ast.UnaryOp | ast.Name | ast.Tuple | ast.BinOp)
            return some or (isinstance(chosen, ast.Call))
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute):
            inner = source.func.value
            picks = (
                "split",
                "array_split",
                "sample",
                "drop",
                "query",
                "head",
                "tail",
                "select",
                "filter",
                "isin",
                "take",
                "iloc",
                "loc",
            )
            return source.func.attr in picks or (
                source.func.attr in ("copy", "reset_index", "to_numpy") and self._takes_some(inner)
            )
        return False

    # --- expressions ----------------------------------------------------------------------------------------------
    def value(self, node: ast.expr | None) -> Value:
        match node:
            case None | ast.Constant():
                return NOTHING
            case ast.Lambda(body=body):
                return replace(self.value(body), rows=frozenset(), cell=None, split_of=(), names=())
            case ast.Name(id=name) if name in self.functions and name not in self.scope:
                return self.handed_over(self.functions[name])
            case ast.Name(id=name):
                if name not in self.scope and name not in self.bound:  # a cell of a notebook: the name must tell
                    self.scope[name] = _guess(name)
                return self.scope.get(name, NOTHING)
            case ast.Call():
                return call(self, node)
            case ast.Attribute(value=ast.Name()) if _dotted(node) in self.scope:
                return self.scope[_dotted(node)]
            case ast.Attribute(value=inner, attr=attr):
                return self.attribute(self.value(inner), attr, node.lineno)
            case ast.Subscript(value=inner, slice=index):
                return self.subscript(self.value(inner), index)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self.comprehension(node, node.elt)
            case ast.DictComp():
                return self.comprehension(node, node.value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                each = tuple(self.value(e) for e in elements)
                whole = joined(*each)
                return replace(whole, split_of=each, cell=None) if whole.rows else whole
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value)
                self.assign(target, found, value)
                return found
        return joined(*(self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)))

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, of: ast.expr) -> Value:
        self.loops += 1
        before = dict(self.scope)
        for generator in node.generators:
            found = self.value(generator.iter)
            self.assign(generator.target, replace(found, split_of=(), names=()), None)
        found = self.value(of)
        self.scope = before
        self.loops -= 1
        return replace(found, split_of=(), names=(), cell=None)

    def attribute(self, of: Value, attr: str, line: int) -> Value:
        if of.cell is not None and attr in n.IMPORTANCE:
            rows = frozenset().union(*(e.rows for e in of.cell.events)) if of.cell.events else frozenset()
            return Value(chosen=frozenset({Event("select", f"{of.cell.kind}.{attr}", line, rows)})) if rows else NOTHING
        return of

    def subscript(self, of: Value, index: ast.expr) -> Value:
        key = index.value if isinstance(index, ast.Constant) and isinstance(index.value, str) else None
        if key is not None and of.names and key in of.names:
            return of.split_of[of.names.index(key)]
        if isinstance(index, ast.Constant) and isinstance(index.value, int) and of.split_of:
            at = index.value
            return of.split_of[at] if -len(of.split_of) <= at < len(of.split_of) else of
        by = self.value(index)
        if by.maker.startswith("rows of "):
            self.account.split(of, index.lineno)
            return as_part(of, by.maker.removeprefix("rows of "))
        return replace(of, split_of=(), names=(), shaped=of.shaped | by.chosen)

    def handed_over(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Value:
        """A function given to another (to `map`, to `apply`): what it knows of the outside shapes the rows it is put to."""
        said = self.enter(function, [NOTHING], {"": NOTHING})
        return replace(said, rows=frozenset(), cell=None, split_of=(), names=())

    def enter(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, given: list[Value], named: dict[str, Value]
    ) -> Value:
        if self.depth >= DEPTH:
            return joined(*given, *named.values())
        outer = self.scope
        words = [a.arg for a in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]
        inner = dict(outer)
        for word in words:
            inner[word] = named.get(word, NOTHING)
        inner.update(zip(words, given, strict=False))
        if not given and not named:
            inner.update({w: _guess(w) for w in words if inner[w] is NOTHING})
        self.scope, self.depth = inner, self.depth + 1
        said = self.block(function.body)
        outer.update({name: value for name, value in inner.items() if name.startswith("self.")})
        self.scope, self.depth = outer, self.depth - 1
        return said


def _guess(word: str) -> Value:
    """An argument of a function that nobody calls is what its name says."""
    part = n.part_of(word)
    if part:
        return dataset(part)
    return (
        dataset()
        if word.lower() in ("x", "df", "data", "dataset", "features", "frame", "texts", "rows", "ds")
        else NOTHING
    )


def _dotted(node: ast.Attribute) -> str:
    return f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""


def _base(target: ast.expr) -> str | None:
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else None
