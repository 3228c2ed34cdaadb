"""A run that comes to its report within seconds: it names no data, so the model has to find some, and nothing is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.minds.researcher import Turn
from tests.scripted.replies import says

TASK = "Sort bottles into their three growers by chemistry"
"""No word of it names built-in data."""
BRIEF: dict[str, Any] = {"data": None, "sources": ["library"]}

UNDERSTOOD = says(
    json.dumps({"data": None, "method": None, "metric": None, "target": None, "claim": None, "why": "it says no more"})
)
SEARCHED = says(json.dumps({"words": ["chemistry"], "papers": [], "why": "the task's own word"}))


def short(**parts: Sequence[Turn]) -> dict[str, Sequence[Turn]]:
    """What is said before curation, and then `parts`."""
    return {"intake": [UNDERSTOOD], "literature": [SEARCHED], **parts}
