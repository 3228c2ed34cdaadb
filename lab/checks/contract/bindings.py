"""What a name may be bound to, and the scopes that names live in."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

How = Literal["import", "is", "each", "entered", "parameter", "defined", "other"]
"""`is`: assigned; `each`: an element of what is gone through; `entered`: by a with statement."""


@dataclass(frozen=True)
class Binding:
    """One way in which a name comes to mean something."""

    how: How
    node: ast.AST
    """What it is bound to: the value, the iterable, the definition, the statement of the import."""
    dotted: str = ""
    """Of an import: the full name."""
    guarded: bool = False
    """An import whose failure is caught."""
    sure: bool = True
    """It happens whenever the lines before it do: it stands in no branch and no loop."""

    @property
    def until(self) -> tuple[int, int]:
        """Where what it is bound to ends: from there on the name means it."""
        if self.how == "parameter":
            return (0, 0)
        return (getattr(self.node, "end_lineno", 0), getattr(self.node, "end_col_offset", 0))


@dataclass(eq=False)
class Scope:
    """A module, a function or a comprehension."""

    node: ast.AST
    parent: Scope | None = None
    owner: ast.ClassDef | None = None
    """The class that a method stands in; its names are not the method's."""
    names: dict[str, list[Binding]] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    """Declared global or nonlocal."""

    @property
    def lasting(self) -> Scope:
        """This one, or that round the comprehension it belongs to."""
        scope = self
        while (
            isinstance(scope.node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
            and scope.parent is not None
        ):
            scope = scope.parent
        return scope

    def find(self, name: str) -> tuple[Binding, ...]:
        """What a name means here; nothing for a builtin or a name nobody binds."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and name not in scope.outside:
                return tuple(scope.names[name])
            scope = scope.parent
        return ()


def parts(binding: Binding, count: int) -> list[Binding]:
    """What each of several names is bound to at once."""
    match binding.node:
        case ast.Tuple(elts=values) | ast.List(elts=values) if binding.how == "is" and len(values) == count:
            return [Binding("is", value) for value in values]
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]) if binding.how == "each" and count == 2:
            return [Binding("other", binding.node), Binding("each", inner)]
        case ast.Call(func=ast.Name(id="zip"), args=inner) if binding.how == "each" and len(inner) == count:
            return [Binding("each", each) for each in inner]
    return [Binding("other", binding.node)] * count
