"""What a model really sees, stage by stage, in one fixed run: kept as text, so that a change of it is read before it is made.

Written anew with `POSTGRAD_SEEN=1 pytest tests/minds/test_minds_snapshot.py`.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.minds.conftest import Ended
from tests.minds.researcher import Json, stage_of, text_of

pytestmark = pytest.mark.slow

SEEN = Path(__file__).with_name("seen")
STAGES = ("intake", "literature", "reader", "curation", "planning", "implementation", "verdict", "report")
A_TOKEN = 4
"""Characters, about."""
MOST_SYSTEM = 2_000
MOST_TOOLS = 6_000
"""Tokens of all tools' names, descriptions and schemas together: they are sent again with every call."""

VOLATILE = (
    (re.compile(r"(?<![\w.:])-?\d+\.\d{3,}(?:e[+-]?\d+)?"), "X"),  # not an id, such as arxiv:2402.03301
    (re.compile(r"\b[0-9a-f]{12,64}\b"), "HASH"),
    (re.compile(r"/(?:tmp|home|work|private|var)/[^\s\"',)]+"), "PATH"),
    (re.compile(r"http://127\.0\.0\.1:\d+"), "HTTP"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?"), "TIME"),
    (
        re.compile(
            r'("(?:seed|split_seed|usd|seconds|took|t|time|started_at|ended_at|forecast_seconds|jobs_at_a_time)": )-?[\d.e+-]+'
        ),
        r"\1N",
    ),
    (re.compile(r"\b\d+(?:\.\d+)? s\b"), "N s"),
    (re.compile(r'("protected": )(?:true|false)'), r"\1SANDBOX"),
)  # fmt: skip
"""What differs from machine to machine, or from run to run."""


def firsts(bodies: list[Json]) -> dict[str, Json]:
    """The first question of each stage; of the readers the first that was asked of the paper with a page."""
    found: dict[str, Json] = {}
    for body in bodies:
        found.setdefault(stage_of(body).partition(" ")[0], body)
    papers = sorted((stage_of(body), at) for at, body in enumerate(bodies) if stage_of(body).startswith("reader"))
    return {**found, **({"reader": bodies[papers[0][1]]} if papers else {})}


def seen(body: Json) -> str:
    """Everything that is sent, as one page."""
    said = [f"## {message['role']}\n\n{text_of(message).strip()}" for message in body["messages"]]
    tools = [f"{tool['name']}: {' '.join(tool['description'].split())}" for tool in tools_of(body)]
    text = "\n\n".join([*said, "## tools\n\n" + ("\n".join(tools) or "(none)")]) + "\n"
    for pattern, name in VOLATILE:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def tools_of(body: Json) -> list[Json]:
    return [tool["function"] for tool in body.get("tools") or ()]


def tokens(value: Any) -> int:
    return len(value if isinstance(value, str) else json.dumps(value)) // A_TOKEN


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_shows_what_it_showed(liar: Ended, stage: str) -> None:
    now, kept = seen(firsts(liar.heard.bodies)[stage]), SEEN / f"{stage}.txt"
    if os.environ.get("POSTGRAD_SEEN"):
        SEEN.mkdir(exist_ok=True)
        kept.write_text(now, encoding="utf-8")
    assert now == kept.read_text(encoding="utf-8"), "read the difference; if it is meant, write it anew"


def test_what_is_always_sent_stays_small(liar: Ended) -> None:
    sizes = {
        stage: (tokens(text_of(body["messages"][0])), tokens(tools_of(body)))
        for stage, body in firsts(liar.heard.bodies).items()
    }
    assert set(sizes) >= set(STAGES)
    told = "; ".join(f"{stage}: system {system}, tools {tools}" for stage, (system, tools) in sorted(sizes.items()))
    print(told)  # noqa: T201  pytest -s shows the sizes
    assert all(system < MOST_SYSTEM for system, _ in sizes.values()), told
    assert all(tools < MOST_TOOLS for _, tools in sizes.values()), told


def test_no_stage_is_told_where_the_sealed_answers_lie(liar: Ended) -> None:
    for stage, body in firsts(liar.heard.bodies).items():
        text = "\n".join(text_of(message) for message in body["messages"]) + json.dumps(tools_of(body))
        assert not re.search(r"sealed_answers|/sealed/|validation_answers", text), stage
