"""Loose seeds: draws without one, and different constants in scripts that should agree."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from lab.checks.parts import Looked
from state.products import Finding

DRAWS = frozenset(["train_test_split", "random_split", "ShuffleSplit", "StratifiedShuffleSplit", "GroupShuffleSplit"])
"""Calls that place rows by chance unless told a seed."""
SHUFFLES = frozenset(["KFold", "StratifiedKFold"])
SEED_WORDS = frozenset(["random_state", "seed", "data_seed", "shuffle_seed", "generator"])
SETTERS = frozenset(["set_seed", "manual_seed", "seed_everything", "default_rng", "RandomState"])


def loose_seeds(scripts: Mapping[str, str]) -> Looked:
    """Splits drawn without a seed warn; different seed constants in different scripts warn too."""
    said: list[str] = []
    places: list[dict[str, object]] = []
    constants: dict[str, set[int]] = {}
    draws = 0
    for path, text in scripts.items():
        name = path.rsplit("/", 1)[-1]
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        seeded = any(_name(c) in SETTERS or _is_global(c) for c in calls)
        for call in calls:
            if _draws(call):
                draws += 1
                if not seeded and not _has_seed(call):
                    said.append(f"{name}:{call.lineno} {_name(call)} draws without a seed")
                    places.append({"script": name, "line": call.lineno, "by": _name(call)})
        constants[name] = {value for call in calls for value in _seeds(call)} | _assigned(tree)
    known = {name: values for name, values in constants.items() if values}
    if len(known) > 1 and not set.intersection(*known.values()):
        told = ", ".join(f"{name} {sorted(values)}" for name, values in known.items())
        said.append(f"the scripts share no seed: {told}")
    if not said:
        return Looked("loose_seed", not_run="" if draws or known else "nothing draws by chance in the scripts")
    finding = Finding(
        kind="loose_seed", severity="warn", count=len(said), share=1.0, why="; ".join(said[:3]),
        remedy="take one seed from the config and hand it to everything that draws", examples=places[:20],
    )  # fmt: skip
    return Looked("loose_seed", (finding,))


def _name(call: ast.Call) -> str:
    of = call.func
    return of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""


def _is_global(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "seed"


def _draws(call: ast.Call) -> bool:
    if _name(call) in SHUFFLES:
        return any(
            k.arg == "shuffle" and isinstance(k.value, ast.Constant) and k.value.value is True for k in call.keywords
        )
    still = any(
        k.arg == "shuffle" and isinstance(k.value, ast.Constant) and k.value.value is False for k in call.keywords
    )
    return _name(call) in DRAWS and not still


def _has_seed(call: ast.Call) -> bool:
    """A starred dictionary may hold it."""
    return any(
        k.arg is None or (k.arg in SEED_WORDS and not (isinstance(k.value, ast.Constant) and k.value.value is None))
        for k in call.keywords
    )


def _seeds(call: ast.Call) -> set[int]:
    words = {k.value.value for k in call.keywords if k.arg in SEED_WORDS and isinstance(k.value, ast.Constant)}
    if (_name(call) in SETTERS or _is_global(call)) and call.args and isinstance(call.args[0], ast.Constant):
        words.add(call.args[0].value)
    return {word for word in words if isinstance(word, int) and not isinstance(word, bool)}


def _assigned(tree: ast.Module) -> set[int]:
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, int):
            found |= {node.value.value for t in node.targets if isinstance(t, ast.Name) and "seed" in t.id.lower()}
    return found
