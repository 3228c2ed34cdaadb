"""Scripts as models write them, by another hand than the checks: whole ones in corpus/, and edits of them.

A script begins with one line of JSON: which rows it is for, its config, whether a model lies in data/start. `@header` pins
what it names as installed here, `@main` is the command line that many share. An edit is a list of passages (-) and of
what stands there instead (+); `c` changes the config.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from contract_hub_scripts import MAIN

HERE = Path(__file__).parent
COLUMNS: dict[str, tuple[str, ...]] = {
    "tab": ("age", "rooms", "garden", "city"), "num": ("age", "rooms", "garden", "city"), "text": (), "qa": (),
    "pref": ("prompt", "chosen", "rejected"),
}  # fmt: skip
DATA = ("train.jsonl", "validation_inputs.jsonl")
START = ("start/config.json", "start/model.safetensors", "start/tokenizer.json")


@dataclass(frozen=True)
class Written:
    """A script with what it is checked against."""

    source: str
    config: dict[str, Any]
    columns: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Edit:
    """A case of an edits file: its fields, the script before and after."""

    name: str
    fields: tuple[str, ...]
    before: Written
    after: Written


def _filled(text: str) -> str:
    def pins(found: re.Match[str]) -> str:
        each = (f'"{n}=={metadata.version(n).partition("+")[0]}"' for n in found[1].split())
        return f'# /// script\n# requires-python = ">=3.11"\n# dependencies = [{", ".join(each)}]\n# ///'

    text = re.sub(r"(?m)^@header (.*)$", pins, text)
    return re.sub(r"(?m)^@main$", lambda _: MAIN, text)


def _script(name: str) -> tuple[str, dict[str, Any]]:
    head, _, body = (HERE / "corpus" / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    return body, json.loads(head)


def written(name: str) -> Written:
    body, about = _script(name)
    files = (*DATA, *START) if about.get("start") else DATA
    return Written(_filled(body), about["config"], COLUMNS[about["data"]], files)


def edits(file: str, *, everywhere: bool = False) -> Iterator[Edit]:
    """`everywhere`: a passage is replaced wherever it stands."""
    for block in (HERE / file).read_text(encoding="utf-8").split("\n=== ")[1:]:
        head, *lines = block.rstrip("\n").split("\n")
        name, script, *fields = head.split(" | ")
        before = written(script)
        yield Edit(name, tuple(fields), before, _edited(name, before, lines, -1 if everywhere else 1))


def _edited(name: str, script: Written, lines: list[str], times: int) -> Written:
    source, config = script.source, dict(script.config)
    for line in lines:
        if line.startswith("c|"):
            config |= json.loads(line[2:])
    for found in re.finditer(r"((?:^-\|.*\n)+)((?:^\+\|.*\n)+)", "\n".join(lines) + "\n", re.MULTILINE):
        old, new = ("\n".join(row[2:] for row in part.rstrip("\n").split("\n")) for part in found.groups())
        old, new = _filled(old), _filled(new)
        assert old in source, f"{name}: {old!r} does not stand there"
        source = source.replace(old, new, times)
    return replace(script, source=source, config={k: v for k, v in config.items() if v is not None})
