"""The documentation that may be read: which library's stands where, and in which shape. The one list of allowed hosts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from lab.net.host import DAY, Host, is_local
from state.errors import UserError

Shape = Literal["llms", "sphinx"]


@dataclass(frozen=True)
class DocsSet:
    """One library's documentation."""

    name: str
    host: Host
    """Without a token: documentation is public, and a token has no business there."""
    home: str
    """Where it begins on its host."""
    shape: Shape
    package: str
    """The installed package it describes."""
    versions: bool
    """Its address takes a release: `/docs/trl/v1.16.0/...`."""


def _host(name: str, base: str) -> Host:
    return Host(f"docs-{name}", base, every=0.5, timeout=60.0, keeps=7 * DAY)


HUGGING_FACE = _host("huggingface", "https://huggingface.co")
HF = (
    "transformers", "trl", "peft", "accelerate", "datasets", "evaluate", "diffusers", "tokenizers", "huggingface_hub",
    "bitsandbytes", "timm", "lighteval", "smolagents", "safetensors", "trackio", "optimum", "hub",
)  # fmt: skip
SPHINX = {
    "scikit-learn": "https://scikit-learn.org/stable",
    "pytorch": "https://docs.pytorch.org/docs/stable",
    "numpy": "https://numpy.org/doc/stable",
    "scipy": "https://docs.scipy.org/doc/scipy",
    "pandas": "https://pandas.pydata.org/docs",
    "matplotlib": "https://matplotlib.org/stable",
    "sentence-transformers": "https://sbert.net",
    "xgboost": "https://xgboost.readthedocs.io/en/stable",
    "lightgbm": "https://lightgbm.readthedocs.io/en/stable",
    "python": "https://docs.python.org/3",
}
LLMS = {"gradio": "https://www.gradio.app"}
PACKAGES = {"pytorch": "torch"}
OTHER_NAMES = {"sklearn": "scikit-learn", "torch": "pytorch", "sbert": "sentence-transformers", "hf_hub": "huggingface_hub"}  # fmt: skip


def _elsewhere(name: str, url: str, shape: Shape) -> DocsSet:
    parts = urlsplit(url)
    host = _host(name, f"{parts.scheme}://{parts.netloc}")
    return DocsSet(name, host, parts.path.strip("/"), shape, PACKAGES.get(name, name), False)


SETS: dict[str, DocsSet] = {
    **{name: DocsSet(name, HUGGING_FACE, f"docs/{name}", "llms", name, name != "hub") for name in HF},
    **{name: _elsewhere(name, url, "sphinx") for name, url in SPHINX.items()},
    **{name: _elsewhere(name, url, "llms") for name, url in LLMS.items()},
}


def docs_set(library: str) -> DocsSet:
    """A library's documentation, at the place the environment names for its host (POSTGRAD_DOCS_<HOST>_URL)."""
    name = library.strip().lower()
    name = OTHER_NAMES.get(name, name)
    name = (
        name if name in SETS else name.replace("_", "-") if name.replace("_", "-") in SETS else name.replace("-", "_")
    )
    if name not in SETS:
        raise UserError(f"no documentation is known for {library!r}; known are {', '.join(sorted(SETS))}")
    known = SETS[name]
    return replace(known, host=_moved(known.host))


def _moved(host: Host) -> Host:
    variable = f"POSTGRAD_{host.name.upper().replace('-', '_')}_URL"
    base = os.environ.get(variable, "").strip().rstrip("/")
    if not base:
        return host
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
        raise UserError(f"{variable}={base!r} is no web address; give one that begins with http:// or https://")
    return replace(host, base=base, every=0.0 if is_local(base) else host.every)


def origins(sets: Iterable[DocsSet] = ()) -> frozenset[str]:
    """Hosts documentation may come from, here and where the environment has moved them."""
    every = [*SETS.values(), *(docs_set(name) for name in SETS), *sets]
    return frozenset(origin(each.host.base) for each in every)


def origin(url: str) -> str:
    """Host and port; with and without www. is one host."""
    return urlsplit(url).netloc.lower().removeprefix("www.")
