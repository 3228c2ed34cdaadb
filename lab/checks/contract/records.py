"""Classes of a script's own that hold its settings, and other forms that settings take."""

from __future__ import annotations

import ast
import re

from lab.checks.contract.bindings import Binding

RECORDS = re.compile(r"(.*\.)?(NamedTuple|BaseModel|BaseSettings|TypedDict|Namespace|SimpleNamespace|Struct)")


def is_nothing(binding: Binding) -> bool:
    """`CONFIG = None`, until it is read."""
    return binding.how == "is" and isinstance(binding.node, ast.Constant) and binding.node.value is None


def literal_keys(node: ast.AST) -> set[str]:
    match node:
        case ast.Dict(keys=keys):
            return {str(k.value) for k in keys if isinstance(k, ast.Constant)}
        case ast.Call(func=ast.Name(id="dict"), keywords=words):
            return {word.arg for word in words if word.arg}
    return set()


def is_record(owner: ast.ClassDef) -> bool:
    """Whether the fields of a class are what it is given: a dataclass and its kin."""
    marks = [ast.unparse(each.func if isinstance(each, ast.Call) else each) for each in owner.decorator_list]
    return (
        any(re.search(r"dataclass|attrs|define|frozen", mark) for mark in marks)
        or any(RECORDS.fullmatch(ast.unparse(base)) for base in owner.bases)
        or takes_all(owner)
    )


def parameters(owner: ast.AST | None) -> set[str]:
    """What a function or a constructor takes by name and then looks at."""
    if isinstance(owner, ast.ClassDef):
        owner = next((n for n in owner.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"), None)
    if not isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
        return set()
    looked = {n.id for n in ast.walk(owner) if isinstance(n, ast.Name)}
    return {a.arg for a in (*owner.args.args, *owner.args.kwonlyargs)} & looked


def takes_all(owner: ast.ClassDef) -> bool:
    """Whether a class makes attributes of whatever it is given."""
    if any(ast.unparse(base).endswith("dict") for base in owner.bases):
        return True
    words = {n.id for n in ast.walk(owner) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(owner) if isinstance(n, ast.Attribute)
    }
    return bool(words & {"setattr", "__dict__", "vars", "__getattr__"})


def members(owner: ast.ClassDef) -> set[str]:
    """What an object of a class has beside the config's keys: properties, methods, what it sets itself; fields with a default."""
    found: set[str] = set()
    for node in ast.walk(owner):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()) | ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    return found
