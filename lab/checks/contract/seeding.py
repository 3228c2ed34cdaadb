"""One seed, taken from the config, for everything that draws."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from lab.checks.contract.calls import called, keywords
from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.signatures import Symbol
from lab.checks.scripts.seeds import SEED_WORDS, SETTERS, loose_seeds

FROM_CONFIG = 'hand over config["seed"]'
WORDS = (SEED_WORDS | {"random_seed", "np_seed"}) - {"generator"}
OWN = frozenset(["random.Random", "numpy.random.SeedSequence", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.PCG64",
                 "torch.Generator.manual_seed"])  # fmt: skip
"""Sources of their own. A fixed one may be meant (the same rows whatever the seed), so its literal seed is a warning."""
GLOBAL = frozenset(["random.seed", "numpy.random.seed", "torch.manual_seed", "torch.cuda.manual_seed_all",
                    "transformers.set_seed", "accelerate.utils.set_seed", "torch.random.manual_seed"])  # fmt: skip
LOOSE = frozenset(["random.SystemRandom", "secrets.randbelow", "secrets.choice", "secrets.token_bytes", "os.urandom",
                   "torch.seed", "torch.random.seed"])  # fmt: skip
CLOCKS = frozenset(["time.time", "time.time_ns", "os.getpid", "time.monotonic", "datetime.datetime.now"])


def seeds(
    source: str, script: Script, known: Mapping[str, Symbol], config: Mapping[str, Any], values: Mapping[ast.AST, Any]
) -> Iterator[Fault]:
    """Literal seeds, unseeded sources, and settings that take a seed of their own when they are given none."""
    if not isinstance(config.get("seed"), int) or isinstance(config.get("seed"), bool):
        yield Fault("seeds", 0, "the config has no seed", 'put a whole number under "seed" into config.json')
    defaults = _defaults(script)
    for call in script.calls:
        name = called(script, call) or _own_generator(script, call)
        if call in defaults:
            continue
        yield from _literal(script, call, name)
        yield from _unseeded(script, call, name)
        yield from _handed_literal(script, call)
        symbol = known.get(name or "")
        if symbol is not None and symbol.fields:
            yield from _own_default(script, call, symbol, values)
    for node in script.scope_of:
        if isinstance(node, ast.Dict) and node not in defaults:
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in WORDS and _number(script, value) is not None:
                    says = f"{key.value} is {_number(script, value)}, whatever the config says"
                    yield Fault("seeds", value.lineno, says, FROM_CONFIG)
    looked = loose_seeds({"train.py": source})
    for finding in looked.findings:
        for place in finding.examples:
            by = place["by"]
            says = f"{by} is given no seed of its own"
            yield warning("seeds", int(str(place["line"])), says, FROM_CONFIG)


def _literal(script: Script, call: ast.Call, name: str | None) -> Iterator[Fault]:
    name = name or _each_of(script, call)
    last = (name or _last(call)).rpartition(".")[2]
    given = [k.value for k in call.keywords if k.arg in WORDS]
    if (name in OWN or name in GLOBAL or last in SETTERS) and call.args:
        given.append(call.args[0])
    for value in given:
        number = _number(script, value)
        if number is None:
            continue
        says = f"{last} is seeded with {number}, whatever the config says"
        if name in OWN and value in call.args:
            yield warning("seeds", value.lineno, says, f"{FROM_CONFIG}, unless it must draw the same under every seed")
        else:
            yield Fault("seeds", value.lineno, says, FROM_CONFIG)


def _each_of(script: Script, call: ast.Call) -> str | None:
    """`for setter in (random.seed, np.random.seed): setter(1)`: the first of them that seeds."""
    only = script.only(call.func) if isinstance(call.func, ast.Name) else None
    if only is None or only.how != "each" or not isinstance(only.node, ast.Tuple | ast.List):
        return None
    return next((name for part in only.node.elts if (name := script.dotted(part)) in GLOBAL), None)


def _defaults(script: Script) -> set[ast.AST]:
    """What stands under a name for defaults, which the config is laid over."""
    named = (b for name, found in script.top.names.items() if "default" in name.lower() for b in found)
    return {binding.node for binding in named if binding.how == "is"}


def _handed_literal(script: Script, call: ast.Call) -> Iterator[Fault]:
    """A number, or nothing, for the seed that a function of the script's own asks for."""
    function = script.own(call.func)
    if not isinstance(function, ast.FunctionDef):
        return
    place = script.places(function, call)
    for at, name in enumerate(place):
        if (
            name not in WORDS
            or any(isinstance(a, ast.Starred) for a in call.args)
            or any(k.arg is None for k in call.keywords)
        ):
            continue
        by_name = [k.value for k in call.keywords if k.arg == name]
        default = function.args.defaults[at - len(place) :] if at >= len(place) - len(function.args.defaults) else []
        given = call.args[at : at + 1] or by_name
        number = _number(script, given[0]) if given else _number(script, default[0]) if default else None
        if number is not None and not by_name:
            yield Fault(
                "seeds", call.lineno, f"{function.name} is seeded with {number}, whatever the config says", FROM_CONFIG
            )


def _unseeded(script: Script, call: ast.Call, name: str | None) -> Iterator[Fault]:
    if name in LOOSE:
        yield Fault("seeds", call.lineno, f"{name} can't be repeated", f"draw from a generator; {FROM_CONFIG}")
    if name not in OWN and name not in GLOBAL:
        return
    given = [*call.args, *(k.value for k in call.keywords)]
    if not given or (isinstance(given[0], ast.Constant) and given[0].value is None):
        yield Fault("seeds", call.lineno, f"{name} is given no seed", FROM_CONFIG)
    elif any(isinstance(n, ast.Call) and script.dotted(n.func) in CLOCKS for each in given for n in ast.walk(each)):
        yield Fault("seeds", call.lineno, f"{name} is seeded by the clock", FROM_CONFIG)


def _own_default(script: Script, call: ast.Call, symbol: Symbol, values: Mapping[ast.AST, Any]) -> Iterator[Fault]:
    """TrainingArguments and its kin seed everything with 42 when nobody says otherwise."""
    default = next((one.default for one in symbol.takes or () if one.name == "seed"), "")
    words, sure = keywords(script, call, values)
    if default.lstrip("-").isdecimal() and sure and "seed" not in words:
        says = f"{symbol.name} seeds everything with {default} when it is given no seed"
        yield Fault("seeds", call.lineno, says, 'give it seed=config["seed"]')


def _own_generator(script: Script, call: ast.Call) -> str | None:
    """`torch.Generator().manual_seed(0)` returns the generator, so it is often chained."""
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    made = isinstance(of, ast.Call) and (script.dotted(of.func) or "").endswith("torch.Generator")
    return "torch.Generator.manual_seed" if made and _last(call) == "manual_seed" else None


def _number(script: Script, node: ast.expr) -> int | None:
    """A number written in the script, or under a name that is given it once."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Name):
        only = script.only(node)
        return _number(script, only.node) if only is not None and isinstance(only.node, ast.Constant) else None
    return None


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
