from __future__ import annotations

from string import Template

import pytest

import prompts

STAGES = ("intake", "literature", "curation", "planning", "implementation", "diagnosis", "verdict", "report")


def test_there_is_a_page_for_every_judging_stage_and_one_for_all() -> None:
    assert set(prompts.names()) >= {*STAGES, "rules"}


@pytest.mark.parametrize("name", prompts.names())
def test_a_page_is_short_and_well_formed(name: str) -> None:
    text = prompts.load(name)
    assert len(text) / 4 < 1_200, "about four characters a token"
    assert Template(text).is_valid()
    assert text.startswith("# ")
    assert text.endswith("\n")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_told_what_it_gets_and_what_it_returns(stage: str) -> None:
    text = prompts.system(stage)
    assert f"`{stage}` stage" in text
    assert len(text) / 4 < 2_000, "about four characters a token"
    for part in ("**You get**", "**You return**", "**Rules**"):
        assert part in text
    assert "$" not in text


def test_an_open_slot_is_an_error() -> None:
    with pytest.raises(prompts.PromptError, match=r"^prompt 'rules' has a slot \$stage that nothing fills$"):
        prompts.fill("rules")


@pytest.mark.parametrize("name", ["nonsense", "../pyproject", "", "rules.md"])
def test_an_unknown_page_is_an_error_of_one_line(name: str) -> None:
    with pytest.raises(KeyError) as wrong:
        prompts.load(name)
    assert "no prompt is called" in str(wrong.value)
    assert "\n" not in str(wrong.value)
