"""Imports that resolve, and keywords that the installed signatures know."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.signatures import Symbol

ONE_SCRIPT = "the experiment is one script: move the code into train.py"


def asked_names(script: Script) -> list[str]:
    """Every full name that the script takes from outside, and the methods of what it makes."""
    names = [dotted for node, _ in script.imports for dotted, _ in _imported(node)]
    for call in script.calls:
        name = called(script, call)
        if name is not None:
            names.append(name)
        if name == "functools.partial" and call.args and (laid := script.dotted(call.args[0])) is not None:
            names.append(laid)
    chains = (node for node in script.scope_of if isinstance(node, ast.Attribute))
    names += [name for node in chains if (name := script.dotted(node)) is not None]
    return [name for name in dict.fromkeys(names) if not name.startswith((".", "builtins."))]


def called(script: Script, call: ast.Call) -> str | None:
    """The full name of what is called; a method by the class its object was made from."""
    name = script.dotted(call.func)
    if name is not None or not isinstance(call.func, ast.Attribute):
        return name
    of = made_from(script, call.func.value)
    return f"{of}.{call.func.attr}" if of else None


def made_from(script: Script, node: ast.expr) -> str | None:
    """The class of an object that is made in one place: `trainer` of `trainer = Trainer(...)`."""
    if isinstance(node, ast.Name):
        found = script.only(node)
        if found is None or found.how != "is" or not isinstance(found.node, ast.expr):
            return None
        node = found.node
    name = script.dotted(node.func) if isinstance(node, ast.Call) else None
    return name if name and name.rpartition(".")[2][:1].isupper() else None


def imports(script: Script, known: Mapping[str, Symbol]) -> Iterator[Fault]:
    """Modules and names that are not there; those taken from them later on, like `torch.nn.Linnear`, too."""
    bad: set[str] = set()
    for node, guarded in script.imports:
        for dotted, line in _imported(node):
            if dotted.startswith("."):
                yield Fault("imports", line, f"{dotted} is imported from beside the script", ONE_SCRIPT)
            elif (symbol := known.get(dotted)) is not None and not symbol.found:
                bad.add(dotted)
                elsewhere = node in script.maybe and "." not in symbol.missing
                yield _told(symbol, line, guarded or elsewhere)
    for chain in [n for n in script.scope_of if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)]:
        name = script.dotted(chain)
        symbol = known.get(name or "")
        if name is None or symbol is None or symbol.found or symbol.broken or script.optional(chain):
            continue
        if symbol.missing == name and not any(name.startswith(b) for b in bad):
            bad.add(name)
            yield _told(symbol, chain.lineno, chain in script.maybe)


def arguments(script: Script, known: Mapping[str, Symbol], values: Mapping[ast.AST, Any]) -> Iterator[Fault]:
    """Calls whose keywords, or how many they are, the installed signature does not know."""
    for call in script.calls:
        name = called(script, call)
        if name == "functools.partial" and call.args:
            yield from _partial(script, call, keywords(script, call, values)[0], known)
            continue
        symbol = known.get(name or "")
        if symbol is None or not symbol.found or symbol.takes is None:
            continue
        words, sure = keywords(script, call, values)
        if not symbol.open:
            for word, line in words.items():
                if word not in symbol.words and word not in symbol.also:
                    yield _idle(symbol, word, line) if symbol.loose else _unknown(symbol, word, line)
        by_class = (
            symbol.method and script.dotted(call.func) is not None
        )  # Trainer.log(trainer, ...): one more by place
        if sure and not by_class and not any(isinstance(arg, ast.Starred) for arg in call.args):
            yield from _counted(symbol, call, words)


def _partial(script: Script, call: ast.Call, words: Mapping[str, int], known: Mapping[str, Symbol]) -> Iterator[Fault]:
    """The keywords that are laid up for another call."""
    symbol = known.get(script.dotted(call.args[0]) or "")
    if symbol is not None and symbol.found and symbol.takes is not None and not symbol.open and not symbol.loose:
        for word, line in words.items():
            if word not in symbol.words and word not in symbol.also:
                yield _unknown(symbol, word, line)


def keywords(script: Script, call: ast.Call, values: Mapping[ast.AST, Any]) -> tuple[dict[str, int], bool]:
    """The keywords of a call with their lines, those of spread dictionaries too; whether these are all."""
    words: dict[str, int] = {}
    sure = True
    for keyword in call.keywords:
        if keyword.arg is not None:
            words[keyword.arg] = keyword.value.lineno
            continue
        spread = _spread(script, keyword.value, values)
        if spread is None:
            sure = False
        else:
            words |= spread
    return words, sure


def _spread(script: Script, node: ast.expr, values: Mapping[ast.AST, Any], depth: int = 0) -> dict[str, int] | None:
    """The keys of a dictionary that is spread, where they stand in the script or in the config."""
    if depth > 4:
        return None
    if node in values:
        given = values[node]
        return {str(key): node.lineno for key in given} if isinstance(given, Mapping) else None
    match node:
        case ast.Dict(keys=keys, values=inner):
            found: dict[str, int] = {}
            for key, value in zip(keys, inner, strict=True):
                if key is None:
                    more = _spread(script, value, values, depth + 1)
                    if more is None:
                        return None
                    found |= more
                elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                    found[key.value] = key.lineno
                else:
                    return None
            return found
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=given) if all(k.arg for k in given):
            return {str(k.arg): k.value.lineno for k in given}
        case ast.Name():
            only = script.only(node)
            fixed = only is not None and only.how == "is" and not _changed(script, node.id)
            known = fixed and isinstance(only.node, ast.expr)  # type: ignore[union-attr]
            return _spread(script, only.node, values, depth + 1) if known else None  # type: ignore[union-attr, arg-type]
        case ast.Call():
            function = script.own(node.func)
            if isinstance(function, ast.FunctionDef):
                given_back = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value is not None]
                return _spread(script, given_back[0], values, depth + 1) if len(given_back) == 1 else None
    return None


def _changed(script: Script, name: str) -> bool:
    """Whether something is put into, or taken out of, what a name holds."""
    for node in script.scope_of:
        match node:
            case ast.Subscript(value=ast.Name(id=held), ctx=ast.Store() | ast.Del()) if held == name:
                return True
            case ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr="update" | "pop" | "setdefault")):
                if held == name:
                    return True
    return False


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, int]]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.name, node.lineno
        elif alias.name != "*":
            yield f"{'.' * node.level}{node.module or ''}.{alias.name}", alias.lineno
        else:
            yield f"{'.' * node.level}{node.module or ''}", node.lineno


def _told(symbol: Symbol, line: int, maybe: bool) -> Fault:
    """What stands in a branch may be meant for another machine: it is told, and the rehearsal will show."""
    fault = _missing(symbol, line)
    return warning(fault.kind, fault.line, fault.says, fault.remedy) if maybe else fault


def _missing(symbol: Symbol, line: int) -> Fault:
    if symbol.broken:
        return warning("imports", line, f"{symbol.name} can't be imported here: {symbol.broken}", "use what works here")
    top = symbol.missing.partition(".")[0]
    if symbol.missing == top:
        alike = difflib.get_close_matches(top, _installed(), 3, 0.75)
        hint = f"near to it: {', '.join(alike)}; " if alike else ""
        return Fault(
            "imports", line, f"there is no module {top} here",
            f"{hint}use what is installed; if it is a file of yours: {ONE_SCRIPT}",
        )  # fmt: skip
    holder, _, part = symbol.missing.rpartition(".")
    near = f"near to it: {', '.join(symbol.near)}" if symbol.near else f"look at what {holder} offers"
    return Fault("imports", line, f"the installed {holder} has no {part}", near)


@cache
def _installed() -> tuple[str, ...]:
    return tuple(sorted({*metadata.packages_distributions(), *sys.stdlib_module_names}))


def _unknown(symbol: Symbol, word: str, line: int) -> Fault:
    near = symbol.near_words(word)
    remedy = f"near to it: {', '.join(near)}" if near else f"it takes {', '.join(symbol.words[:12]) or 'no keywords'}"
    return Fault("arguments", line, f"the installed {symbol.name} takes no argument {word}", remedy)


def _idle(symbol: Symbol, word: str, line: int) -> Fault:
    near = ", ".join(symbol.near_words(word))
    says = f"{word} is no setting of the installed {symbol.name}: it is kept, and may do nothing"
    return warning("arguments", line, says, f"near to it: {near}" if near else "see whether anything reads it")


def _counted(symbol: Symbol, call: ast.Call, words: Mapping[str, int]) -> Iterator[Fault]:
    takes = symbol.takes or ()
    by_place = [one for one in takes if one.kind in ("positional_only", "positional_or_keyword")]
    if len(call.args) > len(by_place) and not any(one.kind == "var_positional" for one in takes):
        says = f"{symbol.name} takes {len(by_place)} arguments by place and is given {len(call.args)}"
        yield Fault("arguments", call.lineno, says, f"it takes {', '.join(one.name for one in takes)}")
        return
    filled = {one.name for one in by_place[: len(call.args)]} | set(words)
    lacking = [one.name for one in takes if one.required and one.name not in filled]
    if lacking:
        says = f"{symbol.name} is called without {', '.join(lacking)}"
        yield Fault("arguments", call.lineno, says, "give it what it needs")
