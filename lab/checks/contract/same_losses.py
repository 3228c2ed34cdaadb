"""What an edit does to the loss: which one it is, its terms, and what is done to it before it is learnt from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

LOSS = re.compile(r"\w*?_?(loss|losses|loss_fn)|\w+Loss|\w*cross_entropy\w*|kl_div|logsigmoid|nll")
LOSS_NAME = re.compile(r"(\w+_)?loss(es)?")
HIDES = frozenset(["nan_to_num", "nan_to_num_", "nanmean", "nansum", "nanmedian"])
BENDS = HIDES | {"clamp", "clamp_", "clip", "where", "minimum", "maximum", "detach", "masked_fill"}
"""What changes the loss itself, where it is worked out."""
ANSWERING = re.compile(r"(do_|run_)?(predict|generate|answer|infer|evaluate)\w*")
"""Functions in which nothing is learnt: what is frozen there was not to be trained."""


def losses(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """Which loss it is, with which arguments, and how many terms it has."""
    was, now = _losses(old), _losses(new)
    own = functions(old).keys() | functions(new).keys()
    gone, come = sorted(was.keys() - now.keys()), sorted(now.keys() - was.keys())
    if gone and not ({was[g][0] for g in gone} <= own and {now[c][0] for c in come} & own):
        yield f"changes the loss from {was[gone[0]][0]} to {now[come[0]][0] if come else 'none'}"
        return
    for name in was.keys() & now.keys():
        for argument in sorted(was[name][1] - now[name][1]):
            yield f"takes {argument} out of the loss ({was[name][0]})"
            return
    first, then = _assigned(old), _assigned(new)
    for place in first.keys() & then.keys():
        gone, come = sorted(first[place] - then[place]), sorted(then[place] - first[place])
        if gone and come:
            yield f"changes the loss from {was[gone[0]][0]} to {now[come[0]][0]}"
            return
    bent = sorted(_bent(new) - _bent(old))
    if bent:
        yield f"bends the loss ({bent[0]})"
    (terms, zeros), (terms_now, zeros_now) = _terms(old), _terms(new)
    if terms_now < terms:
        yield "drops a term of the loss"
    if zeros_now - zeros:
        yield f"multiplies the loss by nothing ({sorted(zeros_now - zeros)[0][:60]})"


def _losses(tree: ast.AST) -> dict[str, tuple[str, set[str]]]:
    """Each loss by a name that its class and its function share, with its arguments' names."""
    found: dict[str, tuple[str, set[str]]] = {}
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if LOSS.fullmatch(name):
            plain = re.sub(r"(_?with_?logits|_?loss(es|_fn)?|_)", "", re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower())
            words = {
                k.arg
                for k in call.keywords
                if k.arg in ("weight", "label_smoothing", "pos_weight", "ignore_index", "beta")
            }
            found.setdefault(plain, (name, set()))[1].update(w for w in words if w)
    return found


def _assigned(tree: ast.Module) -> dict[str, set[str]]:
    """The losses that are worked out under the name of one, by the function that does."""
    found: dict[str, set[str]] = {}
    for name, function in functions(tree).items():
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _is_loss(node.targets[0]):
                found.setdefault(name, set()).update(_losses(node.value).keys())
    return found


def _is_loss(target: ast.expr) -> bool:
    name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
    return LOSS_NAME.fullmatch(name) is not None


def _bent(tree: ast.Module) -> set[str]:
    """What is done to a loss beside working it out: cut off, clamped, without gradients."""
    found: set[str] = set()
    for name, function in functions(tree).items():
        for node in ast.walk(function) if not ANSWERING.fullmatch(name) else ():
            parts: list[ast.AST] = []
            match node:
                case ast.Assign(targets=[target], value=value) if _is_loss(target):
                    parts = [value]
                case ast.Call(func=ast.Attribute(value=of, attr="backward"), args=args):
                    parts = [of, *args]
                case ast.With(items=[*items]) if any(
                    "no_grad" in ast.unparse(i) or "inference_mode" in ast.unparse(i) for i in items
                ):
                    if any(isinstance(n, ast.Assign) and _is_loss(n.targets[0]) for n in ast.walk(node)):
                        found.add("without gradients")
            calls = [n.func for part in parts for n in ast.walk(part) if isinstance(n, ast.Call)]
            found |= {f.attr for f in calls if isinstance(f, ast.Attribute) and f.attr in BENDS}
    return found


def _terms(tree: ast.Module) -> tuple[int, set[str]]:
    """How many terms are added up in losses, and which factors make nothing of them."""
    count, zeros = 0, set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                pass
            case ast.AugAssign(target=target, value=value, op=ast.Add() | ast.Sub()):
                pass
            case _:
                continue
        if _is_loss(target):
            sums = [n for n in ast.walk(value) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub)]
            count += len(sums) + isinstance(node, ast.AugAssign)
            for part in ast.walk(value):
                if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mult):
                    sides = [s for s in (part.left, part.right) if isinstance(s, ast.Constant)]
                    zeros |= {ast.unparse(part) for s in sides if s.value == 0}
    return count, zeros


def functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
