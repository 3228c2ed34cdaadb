"""What a person may write into mcp.toml, and what is refused with one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from lab.model.mcp_config import MAY_LIST, McpConfig, filled, read_mcp_config
from state.errors import UserError
from state.words import Stage

GOOD = """
[servers.weather]
command = "weather-server"
env = { WEATHER_KEY = "${MY_KEY}" }
stages = ["literature", "curation"]
tools = ["forecast"]
timeout = 5
[servers.maps]
url = "https://maps.example/mcp"
headers = { Authorization = "Bearer ${MAPS}" }
"""


def read(home: Path, text: str, **environ: str) -> McpConfig:
    home.mkdir(exist_ok=True)
    (home / "mcp.toml").write_text(text, encoding="utf-8")
    return read_mcp_config(home, environ)


def refused(home: Path, line: str, name: str = "a") -> str:
    """Why the one server is left out. The other beside it works all the same."""
    config = read(home, f'[servers."{name}"]\n{line}\n[servers.fine]\ncommand = "b"\nstages = ["literature"]\n')
    assert [server.name for server in config.of("literature")] == ["fine"]
    (fault,) = config.faults
    assert fault.name == name
    return fault.why


def test_servers_are_offered_to_the_stages_they_name_and_to_no_other(tmp_path: Path) -> None:
    config = read(tmp_path, GOOD)
    assert [s.name for s in config.of("literature")] == ["weather"]
    assert [s.name for s in config.of("implementation")] == []
    assert {stage for stage in get_args(Stage) if config.of(stage)} == {"literature", "curation"}


def test_no_file_no_servers_and_a_second_file_is_named_by_the_environment(tmp_path: Path) -> None:
    assert read_mcp_config(tmp_path, {}).servers == ()
    other = tmp_path / "more.toml"
    other.write_text('[servers.b]\ncommand = "b"\n', encoding="utf-8")
    assert [s.name for s in read(tmp_path, '[servers.a]\ncommand = "a"\n', POSTGRAD_MCP=str(other)).servers] == [
        "a",
        "b",
    ]
    other.write_text('[servers.a]\ncommand = "b"\n', encoding="utf-8")
    with pytest.raises(UserError, match="drop one"):
        read(tmp_path, '[servers.a]\ncommand = "a"\n', POSTGRAD_MCP=str(other))
    with pytest.raises(UserError, match="can't be read"):
        read_mcp_config(tmp_path, {"POSTGRAD_MCP": str(tmp_path / "gone.toml")})


@pytest.mark.parametrize("stage", sorted(set(get_args(Stage)) - set(MAY_LIST)))
def test_a_stage_that_may_not_reach_beyond_the_run_refuses_and_says_why(tmp_path: Path, stage: str) -> None:
    fault = refused(tmp_path, f'command = "a"\nstages = ["literature", "{stage}"]')
    assert re.search(rf"servers\.a: no server may be listed for {stage}: .+; list it for literature", fault)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "give either a command or a url"),
        ('command = "a"\nurl = "https://a"', "give either a command or a url"),
        ('command = "a"\nheaders = { A = "b" }', "headers belong to a url"),
        ('url = "https://a"\nenv = { A = "b" }', "belong to a command"),
        ('url = "ftp://a/b"', "no url a server is asked at"),
        ('url = "https://me:secret@a/b"', "a password stands in the url"),
        ('url = "http://a.example/b"\nheaders = { A = "b" }', "travel unencrypted"),
        ('command = "a"\nstages = ["reading"]', "stages.0"),
        ('command = "a"\ntimeout = 0', "timeout"),
        ('command = "a"\ntimeout = 1e9', "timeout"),
        ('command = "a"\nshell = true', "shell"),
    ],
)
def test_what_can_not_be_meant_is_refused_in_one_line(tmp_path: Path, line: str, said: str) -> None:
    fault = refused(tmp_path, line)
    assert said in fault
    assert "\n" not in fault
    assert "secret" not in fault, "a value is never repeated: it may be a password"


@pytest.mark.parametrize("name", ["A", "a__b", "a b", "1a", "x" * 40])
def test_a_name_is_short_plain_and_can_not_look_like_another_servers_tool(tmp_path: Path, name: str) -> None:
    assert "name: " in refused(tmp_path, 'command = "a"', name)


@pytest.mark.parametrize("text", ["[servers", "servers = 3", "[sevrers.a]\ncommand = 'a'\n"])
def test_a_file_in_which_no_server_can_be_told_is_refused_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"mcp\.toml"):
        read(tmp_path, text)


def test_only_what_the_config_names_is_filled_in_and_what_is_not_set_is_told_by_its_name(tmp_path: Path) -> None:
    weather, maps = read(tmp_path, GOOD).servers
    environ = {"MY_KEY": "k", "MAPS": "m", "HF_TOKEN": "hf"}
    assert filled(weather, weather.env, environ) == {"WEATHER_KEY": "k"}
    assert filled(maps, maps.headers, environ) == {"Authorization": "Bearer m"}
    with pytest.raises(UserError, match=r"weather asks for \$\{MY_KEY\}, which is not set"):
        filled(weather, weather.env, {})
