"""What an edit leaves out: rows, columns, words of a text, rounds of a loop."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from lab.checks.contract.same_settings import LESS
from lab.checks.failures import Failure

ROWS = re.compile(
    r"(train|raw|all)?_?(rows|data|dataset|ds|examples|records|texts|samples|df|table|frame|train|lines)(_train|_rows)?"
)
READING = re.compile(r"\w*(read|load|rows|lines|records|examples)\w*")
FILES = re.compile(r"f|fh|file|handle|src|source|stream|inp|lines?")
CUTTERS = frozenset(
    ["select", "head", "tail", "sample", "take", "limit", "islice", "filter", "query", "dropna", "drop_duplicates"]
)
PARTS = frozenset(["islice", "sample", "Subset"])
SHOWING = frozenset(["print", "info", "debug", "warning", "log", "len", "repr", "write", "exit", "stop"])
"""What is cut to be shown leaves nothing out."""
SHORT = 4
"""`shape[:2]` and the like are no cut."""
NO_TEXT = re.compile(
    r"shape|size|hexdigest|sorted|path|name|names|files|sha|message|why|error|listdir|glob|stem|suffix"
)
ROUNDS = re.compile("|".join(LESS.values()))


def cuts(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """Rows, or parts of texts, left out that were not left out before."""
    was = _cut(old)
    for text in [text for text in _cut(new) if text not in was][:1]:
        yield f"leaves out rows of the data ({text[:60]})"
        return
    earlier = set(_shortened(old))
    for text in [text for text in _shortened(new) if text not in earlier][:1]:
        yield f"cuts what is read short ({text[:60]})"


def files(old: ast.Module, new: ast.Module, failure: Failure | None) -> Iterator[str]:
    """Other data than before; a name that led nowhere may be mended."""
    if failure is not None and "file is not there" in failure.says:
        return
    was, now = _data_files(old), _data_files(new)
    if was and now and was != now:
        yield f"changes the data from {', '.join(sorted(was))} to {', '.join(sorted(now))}"


def columns(old: ast.Module, new: ast.Module, excused: str) -> Iterator[str]:
    """Columns that are used no more; one that a failure names may be mended."""
    was, now = _columns(old), _columns(new)
    said = {n.value for n in ast.walk(new) if isinstance(n, ast.Constant)}
    for name in sorted(was - now):
        if name not in excused and name not in said:
            yield f"no longer uses the column {name}"
            return


def rounds(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """Ways out of a loop that trains or reads, and failures that are passed over."""
    was, now = _ways_out(old), _ways_out(new)
    for text in (now - was).elements():
        yield text
        return


# --- what is cut ----------------------------------------------------------------------------------------------------------
def _cut(tree: ast.Module) -> list[str]:
    shown = _shown(tree)
    parts = _slices(tree)
    found = []
    for node in ast.walk(tree):
        if node in shown:
            continue
        match node:
            case ast.Subscript(value=of, slice=ast.Slice() as part) if _rowsy(of) and _shortens(part):
                if not _partition(of, part, parts):
                    found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(value=of, attr=attr)) if attr in CUTTERS and _cutter(node, of):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(attr="sample" | "choices"), args=[rows, *_]) if _rowsy(
                rows
            ) and not _all_of(node):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(value=of, attr="pop" | "clear"), args=args) if _rowsy(of) and not _named(
                args
            ):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(attr="choice"), args=[of, *rest], keywords=words) if (
                rest or words
            ) and _counted(of):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[_, _, *_]) if (
                name in PARTS and not _all_of(node)
            ):
                found.append(ast.unparse(node))
            case ast.comprehension(iter=through, ifs=tests) if _rowsy(_unwrapped(through)) or _file(
                _unwrapped(through)
            ):
                found += [f"if {ast.unparse(t)}" for t in tests if not _for_something(t)]
    return found


def _slices(tree: ast.Module) -> set[str]:
    return {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice)}


def _rowsy(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return ROWS.fullmatch(name) is not None
        case ast.Subscript(value=of, slice=ast.Constant(value=str())):
            return _rowsy(of) or (isinstance(of, ast.Name) and of.id in ("split", "splits", "parts"))
        case ast.Call(func=ast.Name(id="list" | "sorted" | "tuple"), args=[inner, *_]):
            return _rowsy(inner)
        case ast.Call(func=ast.Name(id=name)):
            return READING.fullmatch(name) is not None
        case ast.Call(func=ast.Attribute(value=of, attr=attr)):
            return attr in ("read_text", "splitlines", "readlines", "read_json") or _rowsy(of)
    return False


def _file(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return FILES.fullmatch(name) is not None
        case ast.Call(func=ast.Name(id="open")) | ast.Call(func=ast.Attribute(attr="open")):
            return True
    return False


def _unwrapped(node: ast.expr) -> ast.expr:
    match node:
        case ast.Call(func=ast.Name(id="enumerate" | "zip" | "map"), args=[*_, inner]):
            return _unwrapped(inner)
    return node


def _shortens(part: ast.Slice) -> bool:
    """A window that moves through all rows leaves none out."""
    if part.step is not None:
        return True
    moving = part.lower is not None and not isinstance(part.lower, ast.Constant)
    return (part.upper is not None and not moving) or (part.lower is not None and part.upper is None)


def _partition(of: ast.expr, part: ast.Slice, parts: set[str]) -> bool:
    """`rows[:n]` beside `rows[n:]`: all of them are somewhere."""
    name = ast.unparse(of)
    upper, lower = (ast.unparse(side) if side is not None else "" for side in (part.upper, part.lower))
    return (not lower and f"{name}[{upper}:]" in parts) or (not upper and f"{name}[:{lower}]" in parts)


def _cutter(call: ast.Call, of: ast.expr) -> bool:
    if isinstance(of, ast.Name) and of.id in ("warnings", "random", "rng", "np", "re", "chance", "generator"):
        return False
    if isinstance(call.func, ast.Attribute) and call.func.attr == "filter":
        return bool(call.args)
    return not isinstance(of, ast.Name) or _rowsy(of) or ROWS.search(of.id) is not None


def _all_of(call: ast.Call) -> bool:
    given = [*call.args[1:], *(k.value for k in call.keywords)]
    return any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "len" for n in given)


def _named(args: list[ast.expr]) -> bool:
    """`frame.pop("answer")` takes a column, and no row."""
    return any(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in args)


def _counted(node: ast.expr) -> bool:
    """All rows, or how many there are."""
    inner = node.args[0] if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len" and node.args else node
    return _rowsy(inner)


def _for_something(test: ast.expr) -> bool:
    """Empty lines are no rows."""
    match test:
        case ast.Name() | ast.Call(func=ast.Attribute(attr="strip" | "rstrip"), args=[]):
            return True
        case ast.Compare(left=left, comparators=[ast.Constant(value="" | None)]):
            return _for_something(left)
        case ast.UnaryOp(operand=inner):
            return _for_something(inner)
    return False


def _shortened(tree: ast.Module) -> list[str]:
    """Texts and lists of tokens cut to a length that is written out."""
    shown, parts, found = _shown(tree), _slices(tree), []
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=of, slice=ast.Slice(lower=None, upper=ast.Constant(value=int(most))) as part) if (
                most >= SHORT
            ):
                if node not in shown and not _partition(of, part, parts) and not NO_TEXT.search(ast.unparse(of)):
                    found.append(ast.unparse(node))
    return found


def _shown(tree: ast.Module) -> set[ast.AST]:
    """All that only goes into a message or a check."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in SHOWING or isinstance(node, ast.Assert | ast.Raise):
            found |= set(ast.walk(node))
    return found


# --- files, columns, rounds -----------------------------------------------------------------------------------------------
def _data_files(tree: ast.Module) -> set[str]:
    words = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {word.removeprefix("./") for word in words if re.fullmatch(r"(\./)?data/[\w./-]+", word)}


def _columns(tree: ast.Module) -> set[str]:
    """Columns asked of an input by their names, and lists of columns that are written out."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Subscript(slice=ast.Constant(value="input")), slice=ast.Constant(value=str(name))
            ):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=parts) | ast.Tuple(elts=parts)):
                if re.fullmatch(r"\w*(NUMERIC|CATEGOR|COLUMNS|FEATURES|FIELDS|COLS)\w*", name.upper()):
                    found |= {p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str)}
    return found


def _ways_out(tree: ast.Module) -> Counter[str]:
    found: Counter[str] = Counter()
    for loop in (n for n in ast.walk(tree) if isinstance(n, ast.For | ast.While)):
        if not _works(loop):
            continue
        for test in (n for n in ast.walk(loop) if isinstance(n, ast.If)):
            leaves = [n for n in test.body if isinstance(n, ast.Break | ast.Continue | ast.Return)]
            if leaves and not _to_the_end(test.test) and not _for_something(test.test):
                word = "passes over some" if isinstance(leaves[0], ast.Continue) else "ends a loop early"
                found[f"{word} (if {ast.unparse(test.test)[:60]})"] = 1
    for handler in (n for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)):
        kind = ast.unparse(handler.type) if handler.type is not None else "any error"
        last = handler.body[-1]
        if isinstance(last, ast.Pass | ast.Continue | ast.Break) and not re.search(
            r"Import|NotFound|StopIteration|Interrupt", kind
        ):
            found[f"passes over what fails (except {kind[:40]})"] += 1
    return found


def _works(loop: ast.For | ast.While) -> bool:
    """Whether rows are read in it, or something is learnt."""
    if isinstance(loop, ast.For) and (_rowsy(_unwrapped(loop.iter)) or _file(_unwrapped(loop.iter))):
        return True
    calls = [n.func for n in ast.walk(loop) if isinstance(n, ast.Call)]
    return any(isinstance(f, ast.Attribute) and f.attr in ("backward", "partial_fit", "step") for f in calls)


def _to_the_end(test: ast.expr) -> bool:
    """`if step >= config["steps"]`: the number of rounds that was asked for."""
    words = {n.value for n in ast.walk(test) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    words |= {n.attr for n in ast.walk(test) if isinstance(n, ast.Attribute)} | {
        n.id for n in ast.walk(test) if isinstance(n, ast.Name)
    }
    numbers = [n for n in ast.walk(test) if isinstance(n, ast.Constant) and isinstance(n.value, int | float)]
    return not numbers and any(ROUNDS.fullmatch(word) for word in words)
