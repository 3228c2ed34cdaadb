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
OWN = frozenset(["random.Random", "numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.PCG64",
                 "torch.Generator.manual_seed"])  # fmt: skip
"""Sources of their own. A fixed one may be meant (the same rows whatever the seed), so its literal seed is a warning."""
GLOBAL = frozenset(["random.seed", "numpy.random.seed", "torch.manual_seed", "torch.cuda.manual_seed_all",
                    "transformers.set_seed", "accelerate.utils.set_seed", "torch.random.manual_seed"])  # fmt: skip
LOOSE = frozenset(["random.SystemRandom", "secrets.randbelow", "secrets.choice", "secrets.token_bytes", "os.urandom",
                   "torch.seed", "torch.random.seed", "numpy.random.SeedSequence"])  # fmt: skip
CLOCKS = frozenset(["time.time", "time.time_ns", "os.getpid", "time.monotonic", "datetime.datetime.now"])


def seeds(
    source: str, script: Script, known: Mapping[str, Symbol], config: Mapping[str, Any], values: Mapping[ast.AST, Any]
) -> Iterator[Fault]:
    """Literal seeds, unseeded sources, and settings that take a seed of their own when they are given none."""
    if not isinstance(config.get("seed"), int) or isinstance(config.get("seed"), bool):
        yield Fault("seeds", 0, "the config has no seed", 'put a whole number under "seed" into config.json')
    for call in script.calls:
        name = called(script, call) or _own_generator(script, call)
        yield from _literal(script, call, name)
        yield from _unseeded(script, call, name)
        symbol = known.get(name or "")
        if symbol is not None and symbol.fields:
            yield from _own_default(script, call, symbol, values)
    for node in script.scope_of:
        if isinstance(node, ast.Dict):
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
