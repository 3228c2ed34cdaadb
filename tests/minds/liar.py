"""A model that lies wherever it is asked: a score, a cost, a check, a citation and a target that nothing ever returned."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.minds.helm import whole_run
from tests.minds.researcher import CONFIG, GOOD, Json, Researcher, Turn, said_by_us, script_answer, submit
from tests.minds.world import a_hub, some_papers
from tests.nodes.literature_stage import ANCHOR, COLLAPSE, ROWS, claim, recipe
from tests.scripted.replies import Reply, calls, says

SCORE, PERCENT, COST, PAPER = 0.98765, 98.765, 4321.09, "arxiv:2999.99999"
LIE = (
    f"The sealed accuracy is {SCORE} ({PERCENT} %), the audit and every smell check passed, it cost {COST} USD, "
    f"as {PAPER} has shown."
)
PLANTED = re.compile(r"98\.?765|98\.77|98\.8 ?%|4[, ]?321\.\d|2999\.99999")
"""The lie in digits, in percent, and as a table would round it."""
EXTRA: Json = {"accuracy": SCORE, "usd": COST, "score": {"metric": "accuracy", "value": SCORE}, "checks": "PASS"}
"""What nobody asked for, handed in with an answer."""

OBJECTED = re.compile(r"Your answer (\d) of at most")


def in_words(*answers: Json) -> list[Turn]:
    """For a stage without tools: one answer after the other, as each is sent back."""

    def answer(body: Json) -> Reply:
        found = OBJECTED.findall(said_by_us(body))
        return says(json.dumps(answers[min(int(found[-1]) if found else 0, len(answers) - 1)]))

    return [answer]


NOTHING_SAID: Json = {"data": None, "method": None, "metric": None, "target": None, "claim": None, "why": LIE}
WORDS: Json = {"words": ["group", "rewards"], "papers": [PAPER, ANCHOR, COLLAPSE], "why": LIE}
SCRIPT: Json = {
    "summary": LIE, "based_on": [PAPER], "why": LIE, "meanings": {"trees": LIE, "depth": LIE},
    "steps": [{"change": {"depth": 3}, "why": LIE}], "turns": [{"key": "depth", "to": 1, "times": None, "why": LIE}],
}  # fmt: skip


def parts() -> dict[str, Sequence[Turn]]:
    """At every door first with more than was asked for, then in the words that were asked for."""
    made_up = claim(value=PERCENT, comparator="", comparator_value=None)
    return {
        "intake": in_words({**NOTHING_SAID, "target": SCORE}, {**NOTHING_SAID, **EXTRA}, NOTHING_SAID),
        "literature": [calls("search_papers", {"query": "group rewards"}), submit(**WORDS, **EXTRA), submit(**WORDS)],
        f"reader {ANCHOR}": [
            submit(recipes=[recipe()], claims=[claim(), made_up], why=LIE, accuracy=SCORE),
            submit(
                recipes=[recipe(), recipe(result=f"41.5 to {PERCENT}"), recipe(settings={"learning_rate": SCORE})],
                claims=[claim(), made_up, claim(comparator_value=PERCENT)], why=LIE,
            ),
        ],
        f"reader {COLLAPSE}": [
            submit(recipes=[recipe(quotes=[LIE])], claims=[claim(quote=f"{ROWS} {PERCENT}"), made_up], why=LIE)
        ],
        "curation": [
            submit(source="owner/wines", answer="cultivar", why=LIE, rows=98765, sealed={"accuracy": SCORE}),
            submit(source="owner/wines", answer="cultivar", why=LIE),
        ],
        "implementation": [
            calls(
                "write_file", {"name": "train.py", "text": GOOD, "why": LIE},
                "write_file", {"name": "config.json", "text": CONFIG, "why": LIE},
            ),
            script_answer(**SCRIPT, **EXTRA),
            script_answer(**SCRIPT),
        ],
        "verdict": in_words(
            {"decision": "target_met", "why": LIE}, {"decision": "next_batch", "why": LIE, **EXTRA},
            {"decision": "next_batch", "why": LIE},
        ),
        "planning": [
            submit(idea=0, predicts=LIE, why=LIE, **EXTRA), submit(change={"accuracy": SCORE}, predicts=LIE, why=LIE),
            submit(idea=0, predicts=LIE, why=LIE),
        ],
        "report": [submit(paragraphs=[LIE], why=LIE, **EXTRA), submit(paragraphs=[LIE, f"Accuracy: {PERCENT} %."], why=LIE)],
    }  # fmt: skip


class Heard(Researcher):
    """Keeps what it was shown."""

    def __call__(self, body: Json) -> Reply | str:
        self.bodies.append(body)
        return super().__call__(body)

    @property
    def bodies(self) -> list[Json]:
        kept: list[Json] = self.__dict__.setdefault("kept", [])
        return kept


def lied(home: Path, patch: pytest.MonkeyPatch) -> tuple[Json, Heard]:
    """The whole run of the liar: the state at its end, and what it was shown."""
    heard = Heard(parts())
    brief: dict[str, Any] = {"data": None, "sources": ["library", "arxiv", "semantic"], "limits": {"batches": 2}}
    with a_hub(patch), some_papers(patch):
        state = whole_run(
            home, heard, task="Sort bottles into their three growers by chemistry", approve={"data": "auto"}, **brief
        )
    return state, heard


def planted(value: Any, at: str = "state") -> list[str]:
    """Every place under a value where the lie stands."""
    if isinstance(value, dict):
        return [
            found for key, inner in value.items() for found in [*planted(str(key), at), *planted(inner, f"{at}.{key}")]
        ]
    if isinstance(value, list):
        return [found for number, inner in enumerate(value) for found in planted(inner, f"{at}[{number}]")]
    return [f"{at}: {value}"[:200]] if PLANTED.search(str(value)) else []
