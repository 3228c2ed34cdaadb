"""Asking, deadlines, prices, and never paying twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from paid_room import Room

from lab.model import chat
from lab.model.asking import MOST_OUT
from lab.model.helm import Helm
from lab.model.mind import ChatMind, Mind, open_mind, spent
from lab.model.trouble import ProviderTrouble
from state.errors import UserError
from tests.scripted.server import Reply, Scripted, drips, hangs, says, too_long


def test_an_answer_once_paid_for_is_replayed(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then("first", "second")
    first = mind.ask("s", "h")
    again = open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h")
    assert (again.text, again.replayed, first.replayed) == ("first", True, False)
    assert mind.ask("s", "other").text == "second"
    assert len(provider.requests) == 2
    assert spent(tmp_path).tokens_in == 200


def test_another_model_is_asked_anew(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then("one", "two")
    mind.ask("s", "h")
    assert open_mind("openai/gpt-4o", tmp_path).ask("s", "h").text == "two"


def test_a_line_torn_by_a_kill_is_asked_again(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then("one", "two")
    mind.ask("s", "h")
    kept = tmp_path / "replies.jsonl"
    kept.write_text(kept.read_text()[:-20])
    assert open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h").text == "two"
    assert open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h").replayed


def test_what_was_asked_stands_in_the_run_folder(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then("half a character: \ud83d")
    mind.ask("the rules", "the question")
    (line,) = [json.loads(text) for text in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert [new["content"] for new in line["new"]] == ["the rules", "the question"]
    assert line["reply"]["content"] == "half a character: ?"


def test_a_price_that_cannot_be_told_is_not_zero(provider: Scripted, mind: Mind, tmp_path: Path) -> None:
    provider.then(says("hello").uncounted())
    assert mind.ask("s", "h").usd is None
    assert spent(tmp_path).usd is None


def test_a_model_on_ones_own_machine_costs_nothing_and_that_is_recorded(provider: Scripted, tmp_path: Path) -> None:
    provider.then("hello")
    assert open_mind("openai/of-our-own", tmp_path).ask("s", "h").usd == 0.0
    assert '"why": "free"' in (tmp_path / "ledger.jsonl").read_text()


@pytest.mark.parametrize("turn", [hangs(5), drips()], ids=["hang", "drip"])
def test_an_answer_has_a_deadline(
    provider: Scripted, tmp_path: Path, turn: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "WITHIN", {"judging": 0.3})
    provider.then(turn)
    with pytest.raises(ProviderTrouble, match=r"no whole answer in 0\.3 s|[Tt]imed? ?out") as late:
        open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h")
    assert late.value.passing
    assert len(provider.requests) == 1


def test_opening_a_mind_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from lab.model.decide import decide; from lab.model.mind import open_mind; "
        "open_mind('openai/x', pathlib.Path(sys.argv[1])); print({'litellm', 'openai'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model is named"):
        open_mind(" ", tmp_path)


def test_a_judgement_has_an_end_also_from_a_model_of_ones_own(tmp_path: Path) -> None:
    """It costs nothing, so nothing else bounds it; a window too small for that much is asked for what it has."""

    def small(body: dict[str, Any]) -> Reply:
        return too_long() if "max_tokens" in body else says("short")

    with Scripted(["whole"]) as provider:
        mind = ChatMind("q", lambda: Room(tmp_path).chat(Helm("openai/q", base_url=provider.url)))
        assert mind.ask("s", "h").text == "whole"
        assert provider.requests[0]["max_tokens"] == MOST_OUT
    with Scripted(small) as provider:
        mind = ChatMind("q", lambda: Room(tmp_path).chat(Helm("openai/q", base_url=provider.url), visit="2"))
        assert mind.ask("s", "h").text == "short"
        assert len(provider.requests) == 2
