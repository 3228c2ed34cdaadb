"""A model looked at: architecture, real parameter count, tokenizer, lineage, what its files are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from lab.hub.client import Hub
from lab.hub.repo import Repo, look_up
from lab.net.web import SourceTrouble

TOKENIZER = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.txt", "vocab.json", "spiece.model")
RELATIONS = ("finetune", "adapter", "merge", "quantized")
UNSAFE = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True)
class Base:
    """A model this one was made from, and how; empty where the Hub does not say."""

    id: str
    relation: str = ""


@dataclass(frozen=True)
class Model:
    """Facts of a model at one commit."""

    repo: Repo
    architecture: str
    parameters: int | None
    counted_by: str
    """Who counted: the Hub, or the headers of its safetensors files."""
    precision: tuple[str, ...]
    bases: tuple[Base, ...]
    trained_on: tuple[str, ...]
    tokenizer: tuple[str, ...]
    chat_template: bool
    own_code: bool
    """It runs code of its own when loaded."""
    weights: Mapping[str, int]
    """Bytes by kind of weight file."""
    notes: tuple[str, ...] = ()


def look_at_model(hub: Hub, id: str, revision: str = "") -> Model:
    repo = look_up(hub, "model", id, revision)
    config: Mapping[str, Any] = repo.more.get("config") or {}
    names = [file.path for file in repo.files]
    parameters, precision, counted_by, note = _parameters(hub, repo)
    tokenizer = tuple(name for name in TOKENIZER if name in names)
    weights: Counter[str] = Counter()
    for file in repo.files:
        kind = PurePosixPath(file.path).suffix.lower()
        if kind in (".safetensors", ".gguf", ".onnx", *UNSAFE):
            weights[kind.removeprefix(".")] += file.size or 0
    told = config.get("tokenizer_config") or {}
    templated = bool(told.get("chat_template") or config.get("chat_template_jinja"))
    return Model(
        repo=repo,
        architecture=_architecture(config),
        parameters=parameters,
        counted_by=counted_by,
        precision=precision,
        bases=_bases(repo),
        trained_on=repo.tagged("dataset"),
        tokenizer=tokenizer,
        chat_template=templated or "chat_template.jinja" in names,
        own_code="auto_map" in config or any(name.startswith("modeling_") and name.endswith(".py") for name in names),
        weights=dict(weights),
        notes=tuple(filter(None, [note, _pickled(weights)])),
    )


def _architecture(config: Mapping[str, Any]) -> str:
    return ", ".join(config.get("architectures") or []) or str(config.get("model_type") or "")


def _parameters(hub: Hub, repo: Repo) -> tuple[int | None, tuple[str, ...], str, str]:
    """From the Hub's record, else from the headers of the files; never from a name such as "7B"."""
    known = repo.more.get("safetensors")
    if known:
        return int(known["total"]), tuple(known["parameters"]), "the Hub, from safetensors", ""
    if gguf := repo.more.get("gguf"):
        return gguf.get("total"), ("gguf",), "the Hub, from gguf", ""
    if not any(file.path.endswith(".safetensors") for file in repo.files):
        return None, (), "", "parameters are not known: it has no safetensors files to count them in"

    def question(api: Any) -> dict[str, Any]:
        found = api.get_safetensors_metadata(repo.id, revision=repo.sha)
        return {"parameters": dict(found.parameter_count)}

    try:
        said = hub.ask(repo.id, f"safetensors/{repo.id}@{repo.sha}", question)["parameters"]
    except SourceTrouble as wrong:
        return None, (), "", f"parameters are not known: {wrong}"
    return sum(said.values()), tuple(said), "headers of its safetensors files", ""


def _bases(repo: Repo) -> tuple[Base, ...]:
    """From the tags the Hub makes: base_model:ID and base_model:finetune:ID."""
    found: dict[str, str] = {}
    for said in repo.tagged("base_model"):
        relation, _, id = said.partition(":")
        if relation in RELATIONS and id:
            found[id] = relation
        else:
            found.setdefault(said, "")
    return tuple(Base(id, relation) for id, relation in found.items())


def _pickled(weights: Mapping[str, int]) -> str:
    unsafe = [kind for kind in weights if f".{kind}" in UNSAFE]
    safe = [kind for kind in weights if f".{kind}" not in UNSAFE]
    return (
        f"its weights are only {', '.join(unsafe)}: pickles, which can run code when loaded"
        if unsafe and not safe
        else ""
    )
