"""Asking, deadlines, prices, and never paying twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from server import Provider, Turn

from lab.model.mind import LiteLLMMind, Mind, open_mind, spent
from lab.model.trouble import ProviderTrouble
from state.errors import UserError


def test_an_answer_once_paid_for_is_replayed(provider: Provider, mind: Mind, tmp_path: Path) -> None:
    provider.says("first", "second")
    first = mind.ask("s", "h")
    again = open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h")
    assert (again.text, again.replayed, first.replayed) == ("first", True, False)
    assert mind.ask("s", "other").text == "second"
    assert len(provider.requests) == 2
    assert spent(tmp_path).tokens_in == 200


def test_another_model_is_asked_anew(provider: Provider, mind: Mind, tmp_path: Path) -> None:
    provider.says("one", "two")
    mind.ask("s", "h")
    assert open_mind("openai/gpt-4o", tmp_path).ask("s", "h").text == "two"


def test_a_line_torn_by_a_kill_is_asked_again(provider: Provider, mind: Mind, tmp_path: Path) -> None:
    provider.says("one", "two")
    mind.ask("s", "h")
    kept = tmp_path / "replies.jsonl"
    kept.write_text(kept.read_text()[:-20])
    assert open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h").text == "two"
    assert open_mind("openai/gpt-4o-mini", tmp_path).ask("s", "h").replayed


def test_what_was_asked_stands_in_the_run_folder(provider: Provider, mind: Mind, tmp_path: Path) -> None:
    provider.says("half a character: \ud83d")
    mind.ask("the rules", "the question")
    (line,) = [json.loads(text) for text in (tmp_path / "replies.jsonl").read_text().splitlines()]
    assert (line["system"], line["human"], line["text"]) == ("the rules", "the question", "half a character: ?")


@pytest.mark.parametrize(
    ("model", "tokens"), [("openai/of-our-own", (100, 10)), ("openai/gpt-4o-mini", None)], ids=["unlisted", "uncounted"]
)
def test_a_price_that_is_not_known_is_not_zero(
    provider: Provider, tmp_path: Path, model: str, tokens: tuple[int, int] | None
) -> None:
    provider.says(Turn("hello", tokens=tokens))
    assert open_mind(model, tmp_path).ask("s", "h").usd is None
    assert spent(tmp_path).usd is None


@pytest.mark.parametrize("turn", [Turn("late", hang=5), Turn("late", drip=0.02)], ids=["hang", "drip"])
def test_an_answer_has_a_deadline(provider: Provider, turn: Turn) -> None:
    LiteLLMMind("openai/gpt-4o-mini")._chat  # noqa: B018  importing LiteLLM is not on the clock
    provider.says(turn)
    with pytest.raises(ProviderTrouble, match=r"no whole answer in 0\.3 s|[Tt]imed? ?out") as late:
        LiteLLMMind("openai/gpt-4o-mini", timeout=0.3).ask("s", "h")
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
