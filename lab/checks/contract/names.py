"""Names that nobody gives a meaning: an import that was forgotten, a helper under another name."""

from __future__ import annotations

import ast
import builtins
import difflib
import sys
from collections.abc import Iterator

from lab.checks.contract.fault import Fault
from lab.checks.contract.scopes import Script

OF_THE_MODULE = frozenset(
    ["__file__", "__name__", "__doc__", "__spec__", "__builtins__", "__annotations__", "__package__", "__class__"]
)
USUAL = {
    "np": "import numpy as np", "pd": "import pandas as pd", "nn": "from torch import nn", "Path": "from pathlib import Path",
    "F": "import torch.nn.functional as F", "plt": "leave the plot out", "tqdm": "leave the progress bar out",
    "Counter": "from collections import Counter", "defaultdict": "from collections import defaultdict",
    "dataclass": "from dataclasses import dataclass", "Any": "from typing import Any", "partial": "from functools import partial",
    "SimpleNamespace": "from types import SimpleNamespace", "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from datasets import Dataset, or from torch.utils.data",
}  # fmt: skip


def unknown_names(script: Script) -> Iterator[Fault]:
    """Each once, at its first line."""
    if _hidden(script):
        return
    still = _not_evaluated(script)
    told: set[str] = set()
    nodes = [n for n in script.scope_of if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and n not in still]
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
        name = node.id
        if name in told or name in OF_THE_MODULE or hasattr(builtins, name) or script.find(node, name):
            continue
        told.add(name)
        yield Fault(
            "imports",
            node.lineno,
            f"{name} is used, and nothing in the script imports or defines it",
            _remedy(script, name),
        )


def _remedy(script: Script, name: str) -> str:
    known = {each for scope in script.scope_of.values() for each in scope.names}
    near = difflib.get_close_matches(name, sorted(known), 3, 0.7)
    if name in USUAL:
        return USUAL[name]
    if name in sys.stdlib_module_names:
        return f"import {name}"
    return f"near to it: {', '.join(near)}" if near else "import it, define it, or mend its name"


def _hidden(script: Script) -> bool:
    """Whether names may come from where they can't be seen."""
    if any(alias.name == "*" for node, _ in script.imports for alias in node.names):
        return True
    makers = (n for n in ast.walk(script.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name))
    return any(
        n.func.id in ("exec", "eval", "globals", "vars", "locals") for n in makers if isinstance(n.func, ast.Name)
    )


def _not_evaluated(script: Script) -> set[ast.AST]:
    """Annotations that stay text, and names whose absence is caught."""
    found: set[ast.AST] = set()
    later = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n, _ in script.imports)
    for node in ast.walk(script.tree):
        parts: list[ast.AST | None] = []
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if later:
                given = node.args
                arguments = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
                parts = [node.returns, *(a.annotation for a in arguments if a is not None)]
            case ast.AnnAssign() if later:
                parts = [node.annotation]
            case ast.Try() if any("NameError" in ast.unparse(h.type) for h in node.handlers if h.type is not None):
                parts = list(node.body)
        found |= {inner for part in parts if part is not None for inner in ast.walk(part)}
    return found
