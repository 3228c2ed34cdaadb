"""Where a scripted researcher works: a Hub with wines, papers that can be read, and nothing else that answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.data.builtin import load_builtin
from tests.nodes.literature_stage import Library, library
from tests.standins.hub import HubStandIn


@contextmanager
def a_hub(patch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    wines = [{**row["input"], "cultivar": row["answer"]} for row in load_builtin("wine", 0).rows]  # type: ignore[dict-item]
    with HubStandIn() as standing:
        patch.setenv("HF_ENDPOINT", standing.url)
        patch.setenv("POSTGRAD_HUBVIEWER_URL", standing.viewer_url)
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        patch.delenv("HF_HUB_OFFLINE")
        standing.add_dataset("owner/wines", {"train.parquet": wines}, card="---\nlicense: mit\n---\n")
        yield standing


@contextmanager
def some_papers(patch: pytest.MonkeyPatch) -> Iterator[Library]:
    with library() as standing:
        for name, value in standing.env.items():
            if name != "HF_ENDPOINT":
                patch.setenv(name, value)
        yield standing
