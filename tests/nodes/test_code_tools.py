"""The tools a stage is given for code: what is offered, what they answer, and that nothing is too long."""

from __future__ import annotations

from typing import Any

import pytest

from lab.model.tool import LONGEST, Tool
from lab.net.web import Web
from nodes.tools.code import code_tools
from tests.lab.code.conftest import standin
from tests.standins.web import TOKEN, WebStandIn

__all__ = ["standin"]

ALWAYS = {"search_code", "find_examples", "read_code", "list_repository", "search_docs", "read_docs", "signature"}


def use(tools: list[Tool], tool_name: str, /, **arguments: Any) -> str:
    tool = next(t for t in tools if t.name == tool_name)
    said = tool.run(tool.takes.model_validate(arguments))
    assert len(said) <= LONGEST
    return said


def test_web_search_is_offered_only_where_it_is_set_up(standin: WebStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {t.name for t in code_tools(Web())} == ALWAYS
    monkeypatch.setenv("POSTGRAD_SEARCH_URL", standin.url)
    assert {t.name for t in code_tools(Web())} == ALWAYS | {"web_search", "read_page"}


def test_every_tool_reads_only_and_names_its_hosts(standin: WebStandIn) -> None:
    tools = code_tools(Web())
    assert not any(t.writes for t in tools)
    assert [t.name for t in tools if not t.reaches] == ["signature"]


def test_code_search_without_a_token_is_recorded_and_said(standin: WebStandIn) -> None:
    standin.repository("a/lora", {"examples/run.py": "config = LoraConfig(r=8)\n"}, about="LoraConfig examples")
    noted: list[tuple[str, str]] = []
    said = use(code_tools(Web(), lambda what, why: noted.append((what, why))), "search_code", query="LoraConfig")
    assert said.startswith("GITHUB_TOKEN is not set")
    assert "examples/run.py#L1\nconfig = LoraConfig(r=8)" in said
    assert noted[0][0] == "search_code: GitHub's code search"


def test_code_search_with_a_token(standin: WebStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    repo = standin.repository("a/lora", {"examples/run.py": "config = LoraConfig(r=8)\n"})
    noted: list[tuple[str, str]] = []
    said = use(code_tools(Web(), lambda what, why: noted.append((what, why))), "search_code", query="LoraConfig")
    assert said == f"https://github.com/a/lora/blob/{repo.commit}/examples/run.py\nconfig = LoraConfig(r=8)\n"
    assert noted == []


def test_a_long_file_is_read_on_where_it_was_left(standin: WebStandIn) -> None:
    lines = [f"value_{n} = {n}  # {'x' * 380}" for n in range(400)]
    standin.repository("a/b", {"big.py": "\n".join(lines)})
    tools, first, seen = code_tools(Web()), 1, []
    while True:
        said = use(tools, "read_code", repo="a/b", path="big.py", first=first, lines=250)
        seen += [line.split()[1] for line in said.splitlines()[1:-1]]
        foot = said.splitlines()[-1]
        if "reads on" not in foot:
            break
        first = int(foot.split("first=")[1].split()[0])
    assert seen == [f"value_{n}" for n in range(400)]


def test_listings_and_examples_and_docs_answer_in_words(standin: WebStandIn) -> None:
    repo = standin.repository("a/b", {f"examples/{n}.py": f"word{n}" for n in range(250)}, about="many", stars=1234)
    standin.file("/docs/trl/llms.txt", "- [GRPO](https://huggingface.co/docs/trl/grpo.md): group relative")
    standin.file("/docs/trl/grpo.md", "# GRPO")
    tools = code_tools(Web())
    assert f"a/b at {repo.commit}: 251 entries" in use(tools, "list_repository", repo="a/b")
    assert "[page 2 of 2]" in use(tools, "list_repository", repo="a/b", page=2)
    assert "★1,234" in use(tools, "list_repository", query="many")
    assert "30 of 250 example files of a/b were read" in use(tools, "find_examples", repo="a/b", query="word7")
    assert "page grpo: GRPO" in use(tools, "search_docs", library="trl", query="grpo")
    assert "# GRPO" in use(tools, "read_docs", library="trl", page="grpo")


@pytest.mark.slow
def test_a_signature_can_be_narrowed(standin: WebStandIn) -> None:
    tools = code_tools(Web())
    said = use(tools, "signature", name="sklearn.linear_model.LogisticRegression", like="iter")
    assert "max_iter = 100" in said
    assert "solver" not in said.split("parameters:")[1].split("#")[0]
    assert "def dumps" in use(tools, "signature", name="json.dumps", show="source")
    assert "- dumps(obj" in use(tools, "signature", name="json", show="members")
