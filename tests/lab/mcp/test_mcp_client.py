"""Real servers, over stdio and HTTP: what they offer, what they are given, and what happens when they fail."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from lab.model.bridge import close_bridge
from lab.model.mcp import MOST_TOOLS, mcp_tools
from lab.model.mcp_config import Fault, McpConfig, Server
from lab.model.mcp_session import ServerTrouble
from lab.model.tool import LONGEST, Tool
from tests.lab.mcp.table import Told, over_http, weather

PROTOCOL = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
            "mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"}  # fmt: skip
"""Headers that HTTP and MCP themselves need; none of them can carry a secret of ours."""


def by_name(config: McpConfig, told: Told, stage: str = "literature") -> dict[str, Tool]:
    return {tool.name.removeprefix("weather__"): tool for tool in mcp_tools(config, stage, told)}


def ask(tool: Tool, **values: Any) -> str:
    return tool.run(tool.takes.model_validate(values))


def test_a_listed_server_offers_its_reading_tools_under_its_name_and_they_answer() -> None:
    told = Told()
    tools = by_name(weather(), told)
    assert set(tools) == {"forecast", "environment", "long", "wrong", "slow", "die", "headers"}
    assert tools["forecast"].name == "weather__forecast"
    assert not any(tool.writes for tool in tools.values())
    assert {tool.reaches for tool in tools.values()} == {("mcp:weather",)}
    assert ask(tools["forecast"], place={"city": "Oslo"}, days=3) == "Oslo: 3 days of rain in C"
    assert "its tool move_clouds is not offered: the server says that it changes things" in told.text
    assert "its tool storm is not offered" in told.text
    assert "its tool unsaid is not offered: the server does not say that it only reads" in told.text


def test_of_very_many_tools_the_first_are_offered_and_the_rest_is_one_word() -> None:
    told = Told()
    tools = by_name(weather("many", "500"), told)
    assert 0 < len(tools) <= MOST_TOOLS
    assert "470 of its tools are not offered: no more than 40 of a server are" in told.text
    assert len(told) < 5


def test_a_tool_is_never_offered_in_a_stage_its_server_was_not_listed_for() -> None:
    told = Told()
    config = weather(stages=("literature",))
    for stage in ("curation", "implementation", "planning", "diagnosis", "report", "publication"):
        assert mcp_tools(config, stage, told) == []
    assert mcp_tools(weather(stages=()), "literature", told) == []
    assert told == []


def test_the_person_may_name_the_tools_and_not_even_so_one_that_changes_things() -> None:
    told = Told()
    tools = by_name(weather(tools=("unsaid", "forecast", "move_clouds", "no_such")), told)
    assert set(tools) == {"unsaid", "forecast"}
    assert "move_clouds is not offered" in told.text
    assert "it has no tool no_such" in told.text


def test_a_server_gets_no_secret_of_ours_but_what_its_config_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HF_TOKEN",
        "GITHUB_TOKEN",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "S2_API_KEY",
        "WANDB_API_KEY",
        "MINE",
    ):
        monkeypatch.setenv(name, f"secret-{name}")
    given = ask(by_name(weather(env={"FOR_WEATHER": "a-${MINE}"}), Told())["environment"])
    assert json.loads(given)["FOR_WEATHER"] == "a-secret-MINE"
    assert not [name for name in json.loads(given) if name.endswith(("_TOKEN", "_KEY"))]
    assert given.count("secret-") == 1


def test_over_http_the_headers_are_exactly_those_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_ours")
    monkeypatch.setenv("WEATHER_TOKEN", "theirs")
    with over_http() as url:
        about = {
            "command": "",
            "args": (),
            "url": url,
            "headers": {"Authorization": "Bearer ${WEATHER_TOKEN}", "X-Team": "b"},
        }
        tools = by_name(weather(**about), Told())
        assert ask(tools["forecast"], place={"city": "Bonn"}) == "Bonn: 1 days of rain in C"
        sent = json.loads(ask(tools["headers"]))
        assert {key: sent[key] for key in set(sent) - PROTOCOL} == {"authorization": "Bearer theirs", "x-team": "b"}
        bare = by_name(weather(name="bare", command="", args=(), url=url), Told())
        sent = json.loads(ask(bare["bare__headers"]))
        assert set(sent) <= PROTOCOL
        assert "hf_ours" not in json.dumps(sent)


def test_a_long_result_is_cut_and_says_so_and_an_error_is_one_line() -> None:
    tools = by_name(weather(), Told())
    long = ask(tools["long"])
    assert len(long) < LONGEST + 100
    assert long.endswith(f"[cut: {LONGEST} of 100000 characters; ask for less at a time]")
    with pytest.raises(ServerTrouble, match="weather: wrong:") as refused:
        ask(tools["wrong"])
    assert "\n" not in str(refused.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "timeout", "said"),
    [
        ("broken", 20, "did not start: ModuleNotFoundError: no module named clouds"),
        ("silent", 2, "did not answer in 2 s"),
    ],
)
def test_a_server_that_does_not_start_is_said_once_and_not_waited_for_again(
    fault: str, timeout: float, said: str
) -> None:
    told = Told()
    assert mcp_tools(weather(fault, timeout=timeout), "literature", told) == []
    assert said in told.text
    since = time.monotonic()
    assert mcp_tools(weather(fault, timeout=timeout), "literature", told) == []
    assert time.monotonic() - since < 0.5
    assert len(told) == 2, "every visit that goes without says so"


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"command": "no-such-command-anywhere", "args": ()}, "No such file"),
        ({"command": "", "args": (), "url": "http://127.0.0.1:9/mcp"}, "did not start"),
        ({"env": {"A": "${NOT_SET_ANYWHERE}"}}, "NOT_SET_ANYWHERE"),
    ],
)
def test_what_can_not_be_reached_is_a_source_that_did_not_answer(about: dict[str, Any], said: str) -> None:
    told = Told()
    assert mcp_tools(weather(timeout=5, **about), "literature", told) == []
    assert said in told.text
    assert "\n" not in told.text


def test_a_server_that_prints_other_things_is_borne(capfd: pytest.CaptureFixture[str]) -> None:
    tools = by_name(weather("noise"), Told())
    assert ask(tools["forecast"], place={"city": "Rome"}).startswith("Rome")
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_server_that_dies_comes_back_and_one_that_always_dies_is_given_up() -> None:
    told = Told()
    tools = by_name(weather(), told)
    told.clear()
    with pytest.raises(ServerTrouble, match="died over die, twice"):
        ask(tools["die"])
    assert "died over die" in told.text, "it is recorded, not only shown to the model"
    assert ask(tools["forecast"], place={"city": "Oslo"}).startswith("Oslo")
    with pytest.raises(ServerTrouble, match="it is not started again"):
        ask(tools["die"])
    with pytest.raises(ServerTrouble, match="it is not started again"):
        ask(tools["forecast"], place={"city": "Oslo"})


@pytest.mark.slow
def test_a_call_that_takes_too_long_ends_and_the_next_one_works() -> None:
    tools = by_name(weather(timeout=8), Told())
    since = time.monotonic()
    with pytest.raises(ServerTrouble, match="slow gave no answer in 8 s"):
        ask(tools["slow"], seconds=40)
    assert time.monotonic() - since < 20


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    told = Told()
    assert mcp_tools(weather(), "literature", told) == []
    assert told == [("mcp:weather", "the package mcp is not installed; pip install 'postgrad[mcp]'")]


def test_no_server_nothing_is_imported() -> None:
    code = """
import sys
from lab.model.bridge import close_bridge
from lab.model.mcp import MOST_TOOLS, mcp_tools
from lab.model.mcp_config import McpConfig
mcp_tools(McpConfig(), "literature", print)
print([name for name in sys.modules if name.split(".")[0] in ("mcp", "httpx2")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_two_servers_start_side_by_side() -> None:
    one = weather().servers[0]
    config = McpConfig((one, Server.model_validate({**one.model_dump(), "name": "other"})))
    assert {tool.name.split("__")[0] for tool in mcp_tools(config, "literature", Told())} == {"weather", "other"}


@pytest.mark.slow
def test_a_bridge_that_was_closed_costs_a_new_start_and_nothing_else() -> None:
    tools = by_name(weather(), Told())
    close_bridge()
    assert ask(tools["forecast"], place={"city": "Oslo"}).startswith("Oslo")


def test_a_server_listed_wrongly_is_told_and_the_one_beside_it_works() -> None:
    told = Told()
    config = McpConfig(weather().servers, (Fault("wrong", "servers.wrong: no server may be listed for report"),))
    assert ask(by_name(config, told)["forecast"], place={"city": "Oslo"}, days=3) == "Oslo: 3 days of rain in C"
    assert ("mcp:wrong", "servers.wrong: no server may be listed for report") in told
