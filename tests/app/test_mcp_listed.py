"""mcp.toml before anything depends on it: what `doctor` says of it, and what `run` and `resume` do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from door import Door
from test_cli_model import OPEN, WINES, asked, at

from tests.scripted.server import Scripted, says

LISTED = f"""
[servers.fine]
command = "{sys.executable}"
args = ["-c", "raise SystemExit"]
stages = ["curation"]
[servers.both]
command = "{sys.executable}"
stages = ["literature", "report"]
[servers.keyed]
url = "http://127.0.0.1:9/mcp"
headers = {{ Authorization = "${{NO_SUCH_TOKEN}}" }}
stages = ["literature"]
[servers.gone]
command = "no-such-server"
stages = ["literature"]
[servers.idle]
command = "{sys.executable}"
"""


@pytest.fixture
def provider() -> Iterator[Scripted]:
    with Scripted(lambda body: says("ready" if len(body["messages"]) == 1 else OPEN)) as serving:
        yield serving


def write(postgrad: Door, text: str) -> None:
    postgrad.home.mkdir(exist_ok=True)
    (postgrad.home / "mcp.toml").write_text(text, encoding="utf-8")


def told(postgrad: Door) -> dict[str, tuple[str, str]]:
    said = postgrad("doctor", "--json")
    assert said.code == 0, "nothing needs a server"
    lines = [check for check in said.object["checks"] if check["what"].startswith("mcp")]
    return {line["what"]: (line["state"], f"{line['found']}; {line['do']}") for line in lines}


def test_the_doctor_says_each_servers_fault_in_a_line(postgrad: Door) -> None:
    write(postgrad, LISTED)
    lines = told(postgrad)
    assert lines.pop("mcp") == ("ok", "fine (curation); ")
    for name, why in (
        ("both", "servers.both: no server may be listed for report: it tells what the run's records hold"),
        ("keyed", "asks for ${NO_SUCH_TOKEN}, which is not set; set it"),
        ("gone", "there is no command no-such-server"),
        ("idle", "listed for no stage"),
    ):
        state, said = lines.pop(f"mcp:{name}")
        assert state == "broken"
        assert why in said
        assert "\n" not in said
    assert lines == {}


def test_the_doctor_says_that_a_file_is_broken_and_is_content_with_none(postgrad: Door) -> None:
    assert told(postgrad)["mcp"][0] == "ok"
    write(postgrad, "[servers.a\n")
    ((state, said),) = told(postgrad).values()
    assert state == "broken"
    assert "not readable as TOML" in said


def test_a_broken_file_is_refused_before_a_run_with_a_model_starts(postgrad: Door, provider: Scripted) -> None:
    write(postgrad, "[servers.a\n")
    assert "mcp.toml: not readable as TOML" in postgrad.refused(*at(provider))
    assert provider.requests == [], "not even probed"


def test_a_broken_file_is_refused_before_a_run_goes_on(postgrad: Door, provider: Scripted) -> None:
    said = postgrad(*at(provider, "--no-probe", "--json"))
    gate = said.object["waiting"][0]["id"]
    answer = ("resume", "w", "--reject", gate, "--why", "classes matter equally")
    write(postgrad, "[servers.a\n")
    refused = postgrad(*answer)
    assert (refused.code, refused.out) == (2, "")
    assert "mcp.toml: not readable as TOML" in refused.err
    assert refused.err.count("\n") == 1
    write(postgrad, "")
    assert postgrad(*answer).code == 4, "the gate was not used up"
    assert asked(provider) == [2, 2]


def test_a_run_without_a_model_does_not_care(postgrad: Door) -> None:
    write(postgrad, "[servers.a\n")
    said = postgrad(*WINES)
    assert said.code == 4, said.err
    assert "TOML" not in said.err


@pytest.mark.parametrize("stages", [["report"], ["literature", "report"]])
def test_one_server_listed_wrongly_is_said_and_the_run_starts(
    postgrad: Door,
    provider: Scripted,
    stages: list[str],
) -> None:
    write(postgrad, f'[servers.both]\ncommand = "{sys.executable}"\nstages = {json.dumps(stages)}\n')
    said = postgrad(*at(provider, "--no-probe", "--json"))
    assert said.code == 4, said.err
    lines = [line for line in said.err.splitlines() if line.startswith("mcp:both: ")]
    assert len(lines) == 1
    assert "no server may be listed for report" in lines[0]
