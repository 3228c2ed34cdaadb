"""`train` and `predict`, and the flags they are called with: read from the text, never asked for."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.texts import Texts

COMMANDS = ("train", "predict")
FLAGS = ("--config", "--resume", "--inputs", "--out")
CALLED = "`train --config FILE [--resume]` and `predict --config FILE --inputs FILE --out FILE`"


def commands(script: Script, texts: Texts) -> Iterator[Fault]:
    """What the script can be asked to do. What can't be seen is a warning: the rehearsal will show it."""
    named, sure = _names(script, texts, "add_parser")
    if not named and sure:
        named, sure = _choices(script, texts)
    if not named:
        named = {name for name in COMMANDS if name in _compared(script)}
        sure = bool(named)
    missing = [name for name in COMMANDS if name not in named]
    if missing and sure:
        says = f"the script has no subcommand {' and no '.join(missing)}"
        yield Fault("commands", 0, says, f"it is called as {CALLED}")
    elif missing:
        says = f"the subcommand {' and '.join(missing)} can't be seen in the text"
        yield warning("commands", 0, says, f"it will be called as {CALLED}")
    flags, seen_all = _names(script, texts, "add_argument")
    flags = flags or {n.value for n in ast.walk(script.tree) if isinstance(n, ast.Constant) and n.value in FLAGS}
    lacking = [flag for flag in FLAGS if flag not in flags]
    if lacking and seen_all and flags:
        yield Fault("commands", 0, f"the script does not take {', '.join(lacking)}", f"it is called as {CALLED}")
    elif lacking:
        yield warning(
            "commands", 0, f"{', '.join(lacking)} can't be seen in the text", f"it will be called as {CALLED}"
        )
    yield from _begun(script)


def _names(script: Script, texts: Texts, method: str) -> tuple[set[str], bool]:
    """The names given to a method of a parser, and whether every one of them could be read."""
    found: set[str] = set()
    sure = True
    for call in script.calls:
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == method):
            continue
        for argument in call.args:
            said = texts.of(argument)
            words, whole = (set(said), True) if said is not None else _looped(script, texts, call, argument)
            sure = sure and whole
            found |= words
    return found, sure


def _looped(script: Script, texts: Texts, call: ast.Call, argument: ast.expr) -> tuple[set[str], bool]:
    """What an argument is in the loop that its call stands in, whatever its name means elsewhere; and whether that is all."""
    named = argument.value if isinstance(argument, ast.Starred) else argument
    if not isinstance(named, ast.Name):
        return set(), False
    for loop in reversed([n for n in ast.walk(script.tree) if isinstance(n, ast.For)]):  # the inner before the outer
        body = [node for statement in loop.body for node in ast.walk(statement)]
        if call not in body or named.id not in {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)}:
            continue
        if any(isinstance(n, ast.Name) and n.id == named.id and isinstance(n.ctx, ast.Store) for n in body):
            return set(), False
        parts = _gone_through(script, loop, named.id)
        each = [texts.of(part) if named is argument else texts.elements(part) for part in parts or ()]
        return {word for said in each for word in said or ()}, bool(each) and None not in each
    return set(), False


def _gone_through(script: Script, loop: ast.For, name: str) -> list[ast.expr] | None:
    """The expressions that a loop over something written out gives this name, one after the other."""
    of: ast.AST = loop.iter
    if isinstance(of, ast.Name) and (found := script.only(of)) is not None and found.how == "is":
        of = found.node
    match loop.target, of:
        case ast.Name(), ast.Tuple(elts=rows) | ast.List(elts=rows):
            return rows
        case ast.Tuple(elts=targets), ast.Tuple(elts=rows) | ast.List(elts=rows):
            at = next(
                (n for n, target in enumerate(targets) if isinstance(target, ast.Name) and target.id == name), None
            )
            whole = [r.elts for r in rows if isinstance(r, ast.Tuple | ast.List) and len(r.elts) == len(targets)]
            return None if at is None or len(whole) < len(rows) else [parts[at] for parts in whole]
    return None


def _choices(script: Script, texts: Texts) -> tuple[set[str], bool]:
    """One positional argument with its choices does as well."""
    for call in script.calls:
        choices = [k.value for k in call.keywords if k.arg == "choices"]
        positional = call.args and all(not said.startswith("-") for said in texts.of(call.args[0]) or ("-",))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument" and choices and positional:
            return set(texts.elements(choices[0]) or ()), texts.elements(choices[0]) is not None
    return set(), False


def _compared(script: Script) -> set[str]:
    """Words that something is compared with, looked up by, or decorated as."""
    found: set[str] = set()
    for node in ast.walk(script.tree):
        match node:
            case ast.Compare(comparators=others):
                parts = [
                    e for o in [*others, node.left] for e in (o.elts if isinstance(o, ast.Tuple | ast.List) else [o])
                ]
                found |= {p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)}
            case ast.Dict(keys=keys):
                found |= {k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
            case ast.MatchValue(value=ast.Constant(value=str(word))):
                found.add(word)
            case ast.FunctionDef(name=name, decorator_list=[_, *_]):
                found.add(name)
    return found


def _begun(script: Script) -> Iterator[Fault]:
    """A script whose functions nobody calls does nothing, and says so to nobody."""
    reached = _reached(script)
    parsers = [c for c in script.calls if isinstance(c.func, ast.Attribute) and c.func.attr.startswith("parse_")
               and c.func.attr.endswith("_args")]  # fmt: skip
    for call in parsers:
        scope = script.scope_of[call]
        while scope.parent is not None and not isinstance(scope.node, ast.FunctionDef):
            scope = scope.parent
        holder = script.within(call)
        if holder is not None and holder.name in reached:
            continue
        if isinstance(scope.node, ast.FunctionDef) and scope.node.name not in reached:
            yield Fault(
                "commands", scope.node.lineno, f"nobody calls {scope.node.name}(), so the script does nothing",
                f'end the script with: if __name__ == "__main__": {scope.node.name}()',
            )  # fmt: skip
            return


def _reached(script: Script) -> set[str]:
    """Functions that are named, directly or through others, by what runs when the script does."""
    defined = (ast.FunctionDef, ast.AsyncFunctionDef)
    front: list[ast.AST] = [node for node in script.tree.body if not isinstance(node, defined)]
    reached: set[str] = set()
    while front:
        for node in ast.walk(front.pop()):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if name in script.functions and name not in reached:
                reached.add(name)
                front.append(script.functions[name])
            elif name in script.classes and name not in reached:
                reached.add(name)
    return reached
