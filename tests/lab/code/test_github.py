"""GitHub, against a stand-in that speaks its REST interface."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from lab.code import examples, github
from lab.code.github_api import GitHub, known
from lab.net.web import SourceTrouble, Web
from state.errors import UserError
from tests.standins.web import TOKEN, Repo, WebStandIn

GRPO = "from trl import GRPOTrainer\n\n\ndef reward(completions, **kwargs):\n    return [float(len(c)) for c in completions]\n"


def trl(web: WebStandIn) -> Repo:
    return web.repository(
        "huggingface/trl",
        {
            "README.md": "TRL trains language models.",
            "trl/trainer/grpo_trainer.py": "class GRPOTrainer:\n    pass\n",
            "examples/scripts/run_a.py": GRPO,
            "examples/scripts/sft.py": "from trl import SFTTrainer\n",
            "examples/notebooks/intro.ipynb": json.dumps({
                "metadata": {"kernelspec": {"language": "python"}},
                "cells": [
                    {"cell_type": "markdown", "source": ["# Hello\n", "words"]},
                    {"cell_type": "code", "source": "x = 1", "outputs": [{"text": "SECRET OUTPUT"}]},
                ],
            }),
            "weights.bin": b"\0\1\2",
        },
        about="Train transformer language models with reinforcement learning", stars=9,
    )  # fmt: skip


@pytest.fixture
def hub(standin: WebStandIn) -> GitHub:
    trl(standin)
    return GitHub(Web())


def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)


def test_a_passage_found_by_code_search_names_its_commit(
    hub: GitHub, standin: WebStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(monkeypatch)
    (hit,) = github.search_code(hub, "reward completions", repo="huggingface/trl")
    commit = standin.repos["huggingface/trl"].commit
    assert hit.address == f"https://github.com/huggingface/trl/blob/{commit}/examples/scripts/run_a.py"
    assert "def reward(completions" in hit.fragments[0]


def test_code_search_without_a_token_is_refused_before_it_is_asked(hub: GitHub, standin: WebStandIn) -> None:
    with pytest.raises(SourceTrouble, match="GITHUB_TOKEN"):
        github.search_code(hub, "reward")
    assert standin.requests == []


def test_without_a_token_repositories_and_their_examples_are_searched(hub: GitHub, standin: WebStandIn) -> None:
    repositories, found = examples.without_code_search(hub, "reinforcement")
    assert [r.name for r in repositories] == ["huggingface/trl"]
    _, found = examples.without_code_search(hub, "language models")
    assert found == []  # the repository is about it, no example holds the words
    assert not standin.tokens()


def test_an_example_is_found_by_what_stands_in_it_not_by_its_name(hub: GitHub, standin: WebStandIn) -> None:
    files = {**standin.repos["huggingface/trl"].files, "examples/scripts/grpo_reward_completions.py": b"pass"}
    standin.repos["huggingface/trl"].files = files
    found = examples.find_examples(hub, "huggingface/trl", "GRPO reward completions")
    assert found.examples[0].path == "examples/scripts/run_a.py"
    assert "def reward(completions" in found.examples[0].passage
    assert "trl/trainer/grpo_trainer.py" not in [e.path for e in found.examples]
    assert found.examples[-1].path == "examples/scripts/grpo_reward_completions.py"
    assert (found.candidates, found.read) == (4, 4)


def test_a_binary_example_is_left_out_and_said(hub: GitHub, standin: WebStandIn) -> None:
    standin.repository("a/b", {"examples/x.py": b"\0\0", "examples/y.py": "lora"})
    found = examples.find_examples(hub, "a/b", "lora")
    assert [e.path for e in found.examples] == ["examples/y.py"]
    assert found.unread == ("examples/x.py: examples/x.py is no text; choose a file of code or words",)


@pytest.mark.parametrize("with_token", [True, False])
def test_lines_of_a_file_are_cited_exactly(
    hub: GitHub, standin: WebStandIn, monkeypatch: pytest.MonkeyPatch, with_token: bool
) -> None:
    if with_token:
        signed_in(monkeypatch)
    got = github.read_file(hub, "https://github.com/huggingface/trl", "examples/scripts/run_a.py", "main", 4, 2)
    assert got.text == GRPO.splitlines()[3] + "\n" + GRPO.splitlines()[4]
    assert got.address.endswith(f"/blob/{standin.repos['huggingface/trl'].commit}/examples/scripts/run_a.py#L4-L5")
    assert (got.first, got.last, got.of) == (4, 5, 5)
    assert standin.tokens("/raw") == set()
    assert standin.tokens("/api") == ({f"Bearer {TOKEN}"} if with_token else set())


def test_a_notebook_is_read_as_its_cells_without_what_it_printed(hub: GitHub) -> None:
    text = github.read_file(hub, "huggingface/trl", "examples/notebooks/intro.ipynb").text
    assert text == "# Hello\nwords\n\n```python\nx = 1\n```"


def test_what_is_no_text_no_file_no_commit_no_repository_is_said_in_one_line(
    hub: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {
        "no text": ("huggingface/trl", "weights.bin", ""),
        "has no file gone.py": ("huggingface/trl", "gone.py", ""),
        "has no nobranch": ("huggingface/trl", "README.md", "nobranch"),
        "there is no repository no/body": ("no/body", "x", ""),
    }
    for says, (repo, path, ref) in asked.items():
        with pytest.raises(SourceTrouble, match=says) as caught:
            github.read_file(hub, repo, path, ref)
        assert "\n" not in str(caught.value)
    signed_in(monkeypatch)
    with pytest.raises(UserError, match="is a folder"):
        github.read_file(hub, "huggingface/trl", "examples")
    with pytest.raises(UserError, match="lines 1 to 1"):
        github.read_file(hub, "huggingface/trl", "README.md", first=7)


def test_a_folder_of_a_repository_too_large_to_list_is_walked_to(hub: GitHub, standin: WebStandIn) -> None:
    standin.repos["huggingface/trl"].truncated = True
    assert hub.tree("huggingface/trl").cut
    below = hub.tree("huggingface/trl", below="examples/scripts")
    assert [e.path for e in below.entries] == ["examples/scripts/run_a.py", "examples/scripts/sft.py"]
    assert not below.cut
    with pytest.raises(SourceTrouble, match="has no folder nope"):
        hub.tree("huggingface/trl", below="nope")


def test_repositories_are_sorted_by_stars_and_by_owner(hub: GitHub, standin: WebStandIn) -> None:
    standin.repository("huggingface/many", {}, about="language", stars=90)
    standin.repository("other/language", {}, stars=500)
    found = github.search_repositories(hub, "language", owner="huggingface", sort="stars")
    assert [(r.name, r.stars) for r in found] == [("huggingface/many", 90), ("huggingface/trl", 9)]
    with pytest.raises(UserError):
        github.search_repositories(hub, "")


def test_a_spent_allowance_says_when_to_ask_again(hub: GitHub, standin: WebStandIn) -> None:
    standin.spent = time.time() + 1800
    with pytest.raises(SourceTrouble) as caught:
        hub.commit("huggingface/trl")
    until = time.strftime("%H:%M", time.gmtime(standin.spent))
    assert caught.value.kind == "limited"
    assert re.search(rf"until {until}:\d\d UTC; with GITHUB_TOKEN", str(caught.value))
    assert len(standin.requests) == 1


def test_who_asked_too_fast_is_told_when_to_ask_again_and_asks_no_more_till_then(
    hub: GitHub, standin: WebStandIn
) -> None:
    """The secondary limit: 403 with words alone; GitHub wants at least a minute."""
    standin.hurried = True
    with pytest.raises(SourceTrouble, match=r"until \d\d:\d\d:\d\d UTC") as caught:
        hub.commit("huggingface/trl")
    assert (caught.value.kind, len(standin.requests)) == ("limited", 1)


def test_what_is_wrong_with_a_question_is_told_in_githubs_words(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(monkeypatch)
    with pytest.raises(SourceTrouble, match=r"Validation Failed: The search is longer than 256 characters\."):
        github.search_code(hub, "word " * 60)


def test_a_wrong_token_is_said(hub: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrong_and_long")
    with pytest.raises(SourceTrouble, match="token") as caught:
        github.search_code(hub, "reward")
    assert "ghp_wrong_and_long" not in str(caught.value)


def test_what_was_read_is_not_asked_again(standin: WebStandIn, tmp_path: Path) -> None:
    trl(standin)
    first = github.read_file(GitHub(Web(tmp_path)), "huggingface/trl", "README.md")
    asked = len(standin.requests)
    assert github.read_file(GitHub(Web(tmp_path)), "huggingface/trl", "README.md") == first
    assert len(standin.requests) == asked


@pytest.mark.parametrize("bad", ["", "trl", "../..", "a b/c", "https://evil.example/x/y"])
def test_no_repository_name_leads_elsewhere(bad: str) -> None:
    with pytest.raises(UserError, match="OWNER/NAME"):
        known(bad)
