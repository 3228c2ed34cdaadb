"""`postgrad mcp` as another program meets it: a process of its own, asked by the real MCP client."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from door import COMMAND, ROOT, Door

from app.mcp_checks import Checks, shortened
from lab.model.tool import LONGEST
from nodes.tools.table import ROOMS
from state.errors import PostgradError, UserError

pytestmark = pytest.mark.slow

OURS = {"search_library", "read_library", "audit", "diagnose", "smell"}
SOURCES = {name for room in ("papers", "reading", "hub", "code") for name in ROOMS[room].tools} - {
    "check_draft", "web_search", "read_page",
}  # fmt: skip
"""Every source of the stages but what belongs to a reader of one paper, and the web, where no search is set up."""

Talk = Callable[[Any], Awaitable[None]]


def talk(postgrad: Door, ask: Talk, command: Sequence[str] = COMMAND, **more: str) -> None:
    """One conversation over stdio; however it goes, the server is gone afterwards."""
    import anyio
    from mcp import Client, StdioServerParameters, stdio_client

    stderr = (
        sys.__stderr__
    )  # not what it was when mcp was first imported, which another test may have taken for its own
    assert stderr is not None

    async def whole() -> None:
        about = StdioServerParameters(
            command=command[0], args=[*command[1:], "mcp"], env=postgrad.environment(**more), cwd=postgrad.cwd
        )
        with anyio.fail_after(100):
            async with Client(stdio_client(about, errlog=stderr), mode="legacy") as client:
                await ask(client)

    anyio.run(whole)


async def said(client: Any, name: str, /, **values: Any) -> tuple[str, bool]:
    result = await client.call_tool(name, values)
    return result.content[0].text, not result.is_error


def write(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_it_introduces_itself_and_lists_what_reads_and_nothing_else(postgrad: Door) -> None:
    async def ask(client: Any) -> None:
        assert client.server_info.name == "postgrad"
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == OURS | SOURCES
        for tool in tools.values():
            assert tool.annotations.read_only_hint
            assert tool.input_schema["additionalProperties"] is False, "a word too many is refused"
            assert len(tool.description) > 20

    talk(postgrad, ask)


@pytest.mark.parametrize("variable", ["POSTGRAD_SEARCH_URL", "BRAVE_API_KEY"])
def test_the_web_is_offered_only_where_a_search_is_set_up(postgrad: Door, variable: str) -> None:
    async def ask(client: Any) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == OURS | SOURCES | {"web_search", "read_page"}

    talk(postgrad, ask, **{variable: "http://127.0.0.1:9"})


def test_the_checks_answer_as_the_commands_do(postgrad: Door) -> None:
    train = write(
        postgrad.cwd / "train.jsonl", [{"text": f"a sentence about {n} and {n * 7}", "label": n % 2} for n in range(60)]
    )
    test = write(
        postgrad.cwd / "test.jsonl", [{"text": f"a sentence about {n} and {n * 7}", "label": n % 2} for n in range(20)]
    )
    metrics = write(postgrad.cwd / "m.jsonl", [{"step": n, "loss": 1 / n if n < 30 else "NaN"} for n in range(1, 40)])
    given = write(postgrad.cwd / "p.jsonl", [{"id": str(n), "prediction": "a"} for n in range(50)])
    answers = write(postgrad.cwd / "a.jsonl", [{"id": str(n), "answer": "ab"[n % 2]} for n in range(50)])

    async def ask(client: Any) -> None:
        for name, values, words in (
            ("audit", {"train": train, "test": test}, [train, test]),
            ("diagnose", {"metrics": metrics, "steps": 100}, [metrics, "--steps=100"]),
            ("smell", {"predictions": given, "answers": answers, "claimed": "50%"}, [given, answers, "--claimed=50%"]),
        ):
            text, fine = await said(client, name, **values)
            assert fine, text
            assert json.loads(text) == postgrad.apart(name, "--json", *words).object
        assert json.loads(text)["value"] == 0.5

    talk(postgrad, ask)


def test_the_library_is_there_without_a_network(postgrad: Door) -> None:
    async def ask(client: Any) -> None:
        text, fine = await said(client, "search_library", words="entropy collapse", count=3)
        assert fine
        text, fine = await said(client, "read_library", id=text.split(": ")[0])
        assert fine
        assert json.loads(text)["body"]

    talk(postgrad, ask)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("search_library", {}, "words: Field required"),
    ("search_library", {"words": "a", "cuont": 3}, "cuont: Extra inputs"),
    ("search_library", {"words": "a", "count": 10_000}, "count"),
    ("read_library", {"id": "arxiv:9999.99999"}, "not in the library"),
    ("audit", {"train": "no.csv", "test": "no.csv"}, "no.csv"),
    ("audit", {"train": "--fix=out", "test": "--fix=out"}, "--fix=out is no file"),
    ("audit", {"train": "a.csv", "test": "b.csv", "fix": "out"}, "fix: Extra inputs"),
    ("diagnose", {"metrics": "/etc/passwd"}, "diagnose: /etc/passwd, line 1: not JSON"),
    ("smell", {"predictions": "/etc/passwd", "answers": "/etc/passwd"}, "smell: passwd is of no kind that can be read"),
    ("audit", {"train": "/etc/passwd", "test": "/etc/passwd"}, "audit: /etc/passwd is of no kind that can be read"),
    ("diagnose", {"metrics": "m\0.jsonl"}, "is no path or name"),
    ("diagnose", {"metrics": "m" * 200_000}, "is no path or name"),
    ("diagnose", {"metrics": "~nobody-here/m.jsonl"}, "no such file"),
    ("diagnose", {"metrics": "m.jsonl", "against": ["a" * 4000] * 1000}, "against: "),
    ("diagnose", {"metrics": "no.jsonl", "steps": 0}, "steps"),
    ("diagnose", {"metrics": "no.jsonl"}, "no.jsonl"),
    ("smell", {"predictions": "no.csv", "answers": "no.csv"}, "no.csv"),
    ("search_hub", {"kind": "secrets"}, "kind"),
    ("read_paper", {"paper": "2402.03300"}, "unread"),
    ("search_papers", {"query": "grpo", "source": "arxiv"}, "offline"),
    ("citations", {"paper": "arxiv:2402.03300"}, "offline"),
    ("find_examples", {"repo": "owner/code", "query": "reward"}, "offline"),
    ("read_docs", {"library": "trl", "page": "index"}, "offline"),
    ("signature", {"name": "no.such.thing"}, "no"),
    ("inspect_dataset", {"id": "owner/name"}, "offline"),
    ("dataset_rows", {"id": "owner/name"}, "offline"),
    ("inspect_model", {"id": "owner/name"}, "offline"),
    ("hub_files", {"id": "owner/name"}, "offline"),
    ("read_hub_file", {"id": "owner/name", "path": "README.md"}, "offline"),
    ("hub_card", {"id": "owner/name"}, "offline"),
    ("hub_discussions", {"id": "owner/name"}, "offline"),
    ("search_hub", {"words": "gsm8k"}, "offline"),
]


def test_whatever_is_wrong_is_one_line_and_the_conversation_goes_on(postgrad: Door) -> None:
    async def ask(client: Any) -> None:
        from mcp import MCPError

        for name, values, words in BAD:
            text, fine = await said(client, name, **values)
            assert not fine, (name, values, text)
            assert words in text, (name, values, text)
            assert "\n" not in text
            assert "Traceback" not in text
        with pytest.raises(MCPError, match="there is no tool 'launch'"):
            await said(client, "launch")
        assert (await said(client, "search_library", words="entropy"))[1]

    talk(postgrad, ask, HF_HUB_OFFLINE="1")
    assert not (postgrad.cwd / "out").exists()


def test_the_check_is_ours_also_where_the_other_program_has_a_package_app(postgrad: Door) -> None:
    """`python -m app` in a folder that holds an `app` runs that: a stranger's code, whose words answer for ours."""
    (postgrad.cwd / "app").mkdir()
    (postgrad.cwd / "app" / "__init__.py").touch()
    (postgrad.cwd / "app" / "__main__.py").write_text("raise SystemExit('a stranger ran')", encoding="utf-8")

    async def ask(client: Any) -> None:
        text, fine = await said(client, "diagnose", metrics="/etc/passwd")
        assert not fine
        assert text == "diagnose: " + postgrad("diagnose", "/etc/passwd").err.removeprefix("postgrad: ").rstrip()

    talk(postgrad, ask, [sys.executable, "-P", *COMMAND[1:]])


def test_a_check_that_ends_without_an_answer_hands_on_its_last_line() -> None:
    with pytest.raises(PostgradError, match=r"^postgrad diagnoze ended with code 2: .*No such command 'diagnoze'"):
        Checks()._process(["diagnoze", "--json"])


def test_sealed_answers_stay_sealed(postgrad: Door) -> None:
    sealed = postgrad.home / "runs" / "a" / "sealed"
    sealed.mkdir(parents=True)
    answers = write(sealed / "sealed_answers.jsonl", [{"id": "1", "answer": "a"}])
    given = write(postgrad.cwd / "p.jsonl", [{"id": "1", "prediction": "a"}])
    (postgrad.cwd / "innocent.jsonl").symlink_to(answers)

    async def ask(client: Any) -> None:
        for path in (
            answers,
            str(postgrad.cwd / "innocent.jsonl"),
            f"{sealed}/../sealed/sealed_answers.jsonl",
            f"{sealed}:train",
        ):
            for name, values in (("smell", {"predictions": given, "answers": path}), ("audit", {"train": path, "test": given}),
                                 ("diagnose", {"metrics": given, "against": [path]})):  # fmt: skip
                text, fine = await said(client, name, **values)
                assert not fine
                assert "is sealed: only the run's own examination opens it" in text

    talk(postgrad, ask)


def test_nothing_is_written(postgrad: Door) -> None:
    train = write(postgrad.cwd / "train.jsonl", [{"text": f"sentence {n}", "label": n % 2} for n in range(30)])
    before = sorted(postgrad.cwd.rglob("*"))

    async def ask(client: Any) -> None:
        await said(client, "audit", train=train, test=train)
        await said(client, "search_library", words="lora")
        await said(client, "inspect_dataset", id="owner/name")

    talk(postgrad, ask)
    assert sorted(postgrad.cwd.rglob("*")) == before
    assert not [path for path in postgrad.home.rglob("*") if path.is_file()]


HELLO = [
    {"jsonrpc": "2.0", "id": 1, "method": "initialize",
     "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}},
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "search_library", "arguments": {"words": "lora"}}},
    {"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"name": "audit", "arguments": {"train": "a", "test": "b"}}},
]  # fmt: skip


def start(postgrad: Door, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "mcp", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=postgrad.cwd, env=postgrad.environment(),
    )  # fmt: skip


def test_stdout_carries_the_protocol_and_nothing_else_even_when_spoken_to_badly(postgrad: Door) -> None:
    with start(postgrad) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(line) + "\n" for line in HELLO[:1]))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline())]
        process.stdin.write("this is no JSON\n{}\n" + "".join(json.dumps(line) + "\n" for line in HELLO[1:]))
        process.stdin.flush()
        while not {2, 3, 4} <= {answer.get("id") for answer in answers}:
            answers.append(json.loads(process.stdout.readline()))
        rest, _ = process.communicate(timeout=60)
        assert rest == ""
        assert process.returncode == 0, "it ends when the other side hangs up"
    assert {answer["jsonrpc"] for answer in answers} == {"2.0"}


def test_it_is_there_in_well_under_two_seconds(postgrad: Door) -> None:
    """Of work: what a machine that is busy elsewhere makes of it is not ours."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with start(postgrad) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HELLO[0]) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "postgrad"
        process.communicate(timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2


def test_without_the_package_one_line_says_what_to_install(postgrad: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert postgrad.refused("mcp") == "the package mcp is not installed; pip install 'postgrad[mcp]'"


def test_a_long_answer_stays_json_and_says_what_it_left_out() -> None:
    short = shortened({"a": list(range(10))})
    assert json.loads(short) == {"a": list(range(10))}
    long = shortened(
        {"verdict": "leaking", "rows": list(range(100_000)), "findings": [{"ids": list(range(5000))}] * 30}
    )
    assert len(long) <= LONGEST
    found = json.loads(long)
    assert found["verdict"] == "leaking"
    assert found["rows"][-1] == f"… {100_000 - len(found['rows']) + 1} more"


def test_help_does_not_import_it() -> None:
    code = "import sys, app.cli; print([name for name in ('mcp', 'lab.model.mcp') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


def test_what_never_comes_to_an_end_is_no_file(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"id": "1", "answer": "a", "prediction": "a", "loss": 1.0}])
    os.mkfifo(tmp_path / "pipe.jsonl")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    tools = {tool.name: tool for tool in Checks().tools()}
    for strange in ("pipe.jsonl", "zero.jsonl", "/dev/zero", "pipe.py"):
        place = str(tmp_path / strange)
        for name, values in (
            ("smell", {"predictions": str(rows), "answers": place}),
            ("diagnose", {"metrics": place}),
            ("diagnose", {"metrics": str(rows), "log": place}),
            ("audit", {"train": str(rows), "test": str(rows), "script": [place]}),
        ):
            with pytest.raises(UserError, match="no plain file"):
                tools[name].run(tools[name].takes.model_validate(values))
