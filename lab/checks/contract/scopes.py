"""Which name means what, where: the scopes of a script, as Python has them. Read, never run."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace

from lab.checks.contract.bindings import Binding, Scope, parts

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Script:
    """A script's tree with its scopes."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.top = Scope(tree)
        self.scope_of: dict[ast.AST, Scope] = {}
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.imports: list[tuple[ast.Import | ast.ImportFrom, bool]] = []
        """With whether it may fail."""
        self.maybe: set[ast.AST] = set()
        """Imports and attributes that stand in a branch."""
        self.calls: list[ast.Call] = []
        self.asks: dict[ast.AST, ast.AST] = {}
        """The function that each parameter belongs to."""
        self.branches = 0
        """Branches, loops and tries that the place at hand stands in."""
        self.choices = 0
        """Of these, the branches and tries: a loop runs on every machine."""
        self._walk(tree.body, self.top, guarded=False)

    # --- building -------------------------------------------------------------------------------------------------
    def _walk(self, nodes: list[ast.stmt], scope: Scope, guarded: bool) -> None:
        for node in nodes:
            self._visit(node, scope, guarded)

    def _visit(self, node: ast.AST, scope: Scope, guarded: bool) -> None:
        self.scope_of[node] = scope
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope, guarded)
                return
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(scope, node.name, Binding("defined", node))
                self.functions.setdefault(node.name, node)
                self._function(node, scope, guarded)
                return
            case ast.Lambda():
                self._function(node, scope, guarded)
                return
            case ast.ClassDef():
                self._bind(scope, node.name, Binding("defined", node))
                self.classes.setdefault(node.name, node)
                inner = Scope(node, scope)
                for each in [*node.bases, *node.decorator_list, *(k.value for k in node.keywords)]:
                    self._visit(each, scope, guarded)
                for statement in node.body:
                    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._visit(statement, inner, guarded)
                        continue
                    self._bind(inner, statement.name, Binding("defined", statement))
                    self.functions.setdefault(statement.name, statement)
                    self.scope_of[statement] = method = Scope(node, scope, node)
                    self._function(statement, method, guarded, inner)
                return
            case ast.Try():
                self.branches += 1
                self.choices += 1
                caught = any(_catches_import(handler) for handler in node.handlers)
                self._walk(node.body, scope, guarded or caught)
                for handler in node.handlers:
                    if handler.name:
                        self._bind(scope, handler.name, Binding("other", handler))
                    self._walk(handler.body, scope, guarded)
                self._walk([*node.orelse, *node.finalbody], scope, guarded)
                self.branches -= 1
                self.choices -= 1
                return
            case ast.If() if ast.unparse(node.test).endswith("TYPE_CHECKING"):
                self._walk(node.body, scope, True)
                self._walk(node.orelse, scope, guarded)
                return
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                inner = Scope(node, scope)
                for child in ast.iter_child_nodes(node):
                    self._visit(child, inner, guarded)
                return
            case ast.Global() | ast.Nonlocal():
                scope.outside |= set(node.names)
                return
        if self.choices and isinstance(node, ast.Attribute):
            self.maybe.add(node)
        branch = isinstance(node, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Match)
        self.branches += branch
        self.choices += (choice := isinstance(node, ast.If | ast.Match))
        self._bindings(node, scope)
        if isinstance(node, ast.Call):
            self.calls.append(node)
        for child in ast.iter_child_nodes(node):
            self._visit(child, scope, guarded)
        self.branches -= branch
        self.choices -= choice

    def _bindings(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._target(scope, target, Binding("is", value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._target(scope, target, Binding("is", value))
            case ast.AugAssign(target=target):
                self._target(scope, target, Binding("other", node))
            case ast.NamedExpr(target=target, value=value):
                self._target(scope.lasting, target, Binding("is", value))
            case ast.For(target=target, iter=iterable) | ast.AsyncFor(target=target, iter=iterable):
                self._target(scope, target, Binding("each", iterable))
            case ast.comprehension(target=target, iter=iterable):
                self._target(scope, target, Binding("each", iterable))
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                self._target(scope, target, Binding("entered", value))
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                self._bind(scope, name, Binding("other", node))

    def _target(self, scope: Scope, target: ast.expr, binding: Binding) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(scope, name, binding)
            case ast.Starred(value=value):
                self._target(scope, value, Binding("other", binding.node))
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for each, part in zip(targets, parts(binding, len(targets)), strict=True):
                    self._target(scope, each, part)

    def _bind(self, scope: Scope, name: str, binding: Binding) -> None:
        where = self.top if name in scope.outside else scope
        where.names.setdefault(name, []).append(replace(binding, sure=not self.branches))

    def _function(self, node: Function, scope: Scope, guarded: bool, around: Scope | None = None) -> None:
        """`around`: the scope that its decorators and defaults are read in, which for a method is the class."""
        inner = Scope(node, scope)
        given = node.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                self.asks[argument] = node
                self._bind(inner, argument.arg, Binding("parameter", argument))
        outside = [*given.defaults, *(d for d in given.kw_defaults if d is not None)]
        if not isinstance(node, ast.Lambda):
            outside += node.decorator_list
        for each in outside:
            self._visit(each, around or scope, guarded)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        outer, self.branches = (self.branches, self.choices), 0
        self.choices = 0
        for statement in body:
            self._visit(statement, inner, guarded)
        self.branches, self.choices = outer

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, guarded: bool) -> None:
        self.imports.append((node, guarded))
        if self.choices:
            self.maybe.add(node)
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                dotted = f"{'.' * node.level}{node.module or ''}.{alias.name}"
                self._bind(scope, alias.asname or alias.name, Binding("import", node, dotted, guarded))
            elif alias.asname:
                self._bind(scope, alias.asname, Binding("import", node, alias.name, guarded))
            else:
                top = alias.name.partition(".")[0]
                self._bind(scope, top, Binding("import", node, top, guarded))

    # --- asking ---------------------------------------------------------------------------------------------------
    def find(self, node: ast.AST, name: str) -> tuple[Binding, ...]:
        return self.scope_of.get(node, self.top).find(name)

    def only(self, node: ast.Name) -> Binding | None:
        """The one meaning of a name, if it has just one."""
        found = self.find(node, node.id)
        return found[0] if len(found) == 1 else None

    def reaching(self, node: ast.Name) -> tuple[Binding, ...]:
        """What a name may mean at this place: back to the last binding that no branch can pass by."""
        scope = self.scope_of.get(node, self.top)
        while node.id not in scope.names and scope is not scope.lasting and scope.parent is not None:
            scope = scope.parent
        found = scope.names.get(node.id, [])
        before = [b for b in found if b.until <= (node.lineno, node.col_offset)]
        if not before:
            return self.find(node, node.id)
        sure = max((i for i, b in enumerate(before) if b.sure), default=0)
        return tuple(before[sure:])

    def dotted(self, node: ast.expr) -> str | None:
        """The full name of what an expression names outside the script: `np.random.seed` is numpy.random.seed."""
        match node:
            case ast.Name(id=name):
                found = self.find(node, name)
                if not found:
                    return f"builtins.{name}" if hasattr(builtins, name) else None
                known = {binding.dotted for binding in found if binding.how == "import"}
                return known.pop() if len(known) == 1 and all(b.how == "import" for b in found) else None
            case ast.Attribute(value=value, attr=attr):
                of = self.dotted(value)
                return f"{of}.{attr}" if of else None
        return None

    def own(self, node: ast.expr) -> ast.AST | None:
        """The script's own function or class that an expression names."""
        match node:
            case ast.Name(id="cls") if (within := self.within(node)) is not None:
                return within
            case ast.Name():
                found = self.only(node)
                return found.node if found is not None and found.how == "defined" else None
            case ast.Attribute(value=ast.Name(id=name) as of, attr=attr):
                holder: ast.AST | None = self.within(node) if name in ("self", "cls") else self.own(of)
                methods = holder.body if isinstance(holder, ast.ClassDef) else []
                named = (n for n in methods if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == attr)
                return next(named, None)
        return None

    def within(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that an expression stands in."""
        scope: Scope | None = self.scope_of.get(node)
        while scope is not None:
            if isinstance(scope.owner, ast.ClassDef):
                return scope.owner
            scope = scope.parent
        return None

    def places(self, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> list[str]:
        """The parameters that the arguments of a call fill by their place."""
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        bound = (isinstance(call.func, ast.Attribute) or function.name == "__init__") and names[:1] in (
            ["self"],
            ["cls"],
        )
        return names[1:] if bound else names

    def given(self, parameter: ast.AST) -> list[ast.expr] | None:
        """What the script's own calls of a function hand over for a parameter; None where nobody calls it by its name."""
        function = self.asks.get(parameter)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(parameter, ast.arg):
            return None
        owner = self.scope_of[function].owner if function.name == "__init__" else None
        calls = [call for call in self.calls if self.own(call.func) in ((function, owner) if owner else (function,))]
        found: list[ast.expr] = []
        for call in calls:
            place = self.places(function, call)
            if parameter.arg in place and place.index(parameter.arg) < len(call.args):
                found.append(call.args[place.index(parameter.arg)])
            found += [k.value for k in call.keywords if k.arg == parameter.arg]
        return found if calls else None

    def returned(self, function: ast.AST) -> list[ast.expr]:
        """All that a function of the script may give back."""
        nodes = [n for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
        return [n.value for n in nodes if n.value is not None and self.scope_of[n].node is function]

    def optional(self, node: ast.expr) -> bool:
        """Whether what it names comes from an import that may fail."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and any(b.guarded for b in self.find(node, node.id))


def _catches_import(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = ("ImportError", "ModuleNotFoundError", "Exception", "BaseException")
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in names) for kind in kinds)
