"""Run by itself, in a process of its own: what installed libraries really offer. Standard library only.

Takes {"names": [...]} on its input and prints one JSON line for each name, as soon as it is known. It imports libraries,
never a script of ours, and nothing it prints by accident reaches its answers.
"""

import difflib
import importlib
import inspect
import json
import os
import pkgutil
import sys
import warnings
from typing import Any

NEAR, CLOSE = 4, 0.55
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def look(name: str) -> dict[str, Any]:
    """What a full name stands for: module, class, function or value; or the part that is missing, and what is near."""
    parts = name.split(".")
    try:
        thing = importlib.import_module(parts[0])
    except ModuleNotFoundError as missing:
        if missing.name == parts[0]:
            return {"found": False, "missing": parts[0], "near": []}
        return {"found": False, "broken": line(missing)}
    except (Exception, SystemExit) as trouble:  # noqa: BLE001  a library may fail in any way while it is imported
        return {"found": False, "broken": line(trouble)}
    so_far = parts[0]
    holder: Any = None
    for part in parts[1:]:
        holder = thing
        thing, broken = inside(thing, so_far, part)
        if broken is not None:
            return broken
        so_far += "." + part
    return {"found": True, **described(thing, holder, parts[-1])}


def inside(thing: Any, so_far: str, part: str) -> tuple[Any, dict[str, Any] | None]:
    """An attribute, or a submodule that nobody has imported yet."""
    trouble = None
    try:
        return getattr(thing, part), None
    except AttributeError:
        pass
    except (Exception, SystemExit) as error:  # noqa: BLE001  lazy modules fail in their own ways
        trouble = error
    if inspect.ismodule(thing):
        try:
            return importlib.import_module(f"{so_far}.{part}"), None
        except ModuleNotFoundError as missing:
            if missing.name not in (f"{so_far}.{part}", so_far):
                trouble = trouble or missing
        except (Exception, SystemExit) as error:  # noqa: BLE001
            trouble = error
    if trouble is not None:
        return None, {"found": False, "broken": line(trouble)}
    return None, {"found": False, "missing": f"{so_far}.{part}", "near": near(thing, part), "of": kind(thing)}


def near(thing: Any, part: str) -> list[str]:
    known = {name for name in dir(thing) if not name.startswith("_")}
    if inspect.ismodule(thing) and hasattr(thing, "__path__"):
        known |= {module.name for module in pkgutil.iter_modules(thing.__path__)}
    folded = {name.lower(): name for name in sorted(known)}
    return [folded[hit] for hit in difflib.get_close_matches(part.lower(), folded, NEAR, CLOSE)]


def kind(thing: Any) -> str:
    if inspect.ismodule(thing):
        return "module"
    return "class" if inspect.isclass(thing) else "function" if callable(thing) else "value"


def described(thing: Any, holder: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": kind(thing),
        "about": first_line(thing),
        "fields": hasattr(thing, "__dataclass_fields__"),
    }
    if not callable(thing):
        return found
    within = getattr(thing.__func__, "__wrapped__", None) if inspect.ismethod(thing) else None
    try:  # a copy of a bound method is bound twice, and would lose an argument
        signature = inspect.signature(within if inspect.ismethod(within) else thing)
    except (ValueError, TypeError):
        return found
    given = list(signature.parameters.values())
    static = inspect.getattr_static(holder, name, None) if inspect.isclass(holder) else None
    bound = isinstance(static, (staticmethod, classmethod)) or inspect.ismethod(thing)
    method = static is not None and not bound and not inspect.isclass(thing)
    if given and given[0].kind not in VARIADIC and (method or given[0].name == "self"):
        given = given[1:]  # the instance itself
    found["method"] = method
    found["takes"] = [
        {
            "name": one.name,
            "kind": one.kind.name.lower(),
            "required": one.default is one.empty and one.kind not in VARIADIC,
            "default": "" if one.default is one.empty else shown(one.default),
        }
        for one in given
    ]
    found["also"] = renamed(thing)
    found["loose"] = inspect.isclass(thing) and keeps_any(thing)
    return found


def keeps_any(cls: type) -> bool:
    """Whether a wrapper round the constructor takes any keyword and hands it to the object, whatever the signature says."""
    layer: Any = vars(cls).get("__init__") or next(
        (vars(c)["__init__"] for c in cls.__mro__ if "__init__" in vars(c)), None
    )
    while hasattr(layer, "__wrapped__"):
        code = getattr(layer, "__code__", None)
        if code is not None and code.co_flags & inspect.CO_VARKEYWORDS and "__post_init__" in code.co_names:
            return True
        layer = layer.__wrapped__
    return False


def renamed(thing: Any) -> list[str]:
    """Names that a decorator still takes for another one: they stand in its closure."""
    said = set()
    layer = thing.__init__ if inspect.isclass(thing) else thing
    while hasattr(layer, "__wrapped__"):
        for cell in getattr(layer, "__closure__", None) or ():
            try:
                value = cell.cell_contents
            except ValueError:
                continue
            values = value if isinstance(value, (list, tuple, set, dict)) else [value]
            said |= {v for v in values if isinstance(v, str) and v.isidentifier()}
        layer = layer.__wrapped__
    return sorted(said)


def shown(value: object) -> str:
    try:
        return repr(value)[:60]
    except Exception:  # noqa: BLE001  a default may refuse to be shown
        return "..."


def first_line(thing: Any) -> str:
    said = inspect.getdoc(thing) if callable(thing) or inspect.ismodule(thing) else ""
    return (said or "").strip().split("\n")[0][:160]


def line(trouble: BaseException) -> str:
    return f"{type(trouble).__name__}: {trouble}".split("\n")[0][:300]


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print while they are imported
    asked = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    for name in asked["names"]:
        answers.write(json.dumps({"name": name, **look(name)}) + "\n")
        answers.flush()
    os._exit(0)  # threads that a library left behind keep nobody waiting


if __name__ == "__main__":
    main()
