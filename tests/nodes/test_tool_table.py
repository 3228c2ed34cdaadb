"""Who may what: the table is closed, what it does not grant is refused, and no tool does more than its row says."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from lab.code.docs_sets import SETS, docs_set
from lab.model.tool import Tool
from lab.net.host import ELSEWHERE, KNOWN
from lab.net.web import Web
from nodes.tools import table
from nodes.tools.sealed_source import sealed_source
from nodes.tools.table import ROOMS, TABLE, NotGranted, granted, tools_for
from state.errors import PostgradError, UserError
from state.words import Stage
from tests.nodes.tool_desk import SAMPLES, STAGES, Ear, desk_at, listening, reader, tools_at
from tests.nodes.tool_page import PAGE, whole

TOOLS = Path(table.__file__).parent
READ_ONLY = [stage for stage in STAGES if not TABLE[stage].writes]
NAMES = {name for room in ROOMS.values() for name in room.tools}


@pytest.fixture(autouse=True)
def searching(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a web search set up, so that every tool there can be is there."""
    monkeypatch.setenv("POSTGRAD_SEARCH_URL", "http://127.0.0.1:9")


class Nothing(BaseModel):
    pass


def tool(name: str, **about: Any) -> Tool:
    return Tool(name, "A tool.", Nothing, lambda _: "done", **about)


# --- the table is closed ---------------------------------------------------------------------------------------


def test_every_tool_there_is_stands_in_the_table_and_every_name_in_it_is_a_tool(home: Path) -> None:
    made = {name for stage in STAGES for name in tools_at(home, stage)} | set(reader(Web()))
    assert made == NAMES
    assert set(SAMPLES) == NAMES, "each has a sample, so that no tool escapes the tests below"


def test_every_module_that_makes_tools_is_a_room_of_the_table() -> None:
    text = (TOOLS / "table.py").read_text(encoding="utf-8")
    for path in TOOLS.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            makes = isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node) == "list[Tool]"
            if makes and not node.name.startswith("_") and path.stem not in ("table", "sealed_source"):
                assert f"from nodes.tools.{path.stem} import {node.name}" in text, (
                    f"{path.stem}.{node.name} is granted nowhere"
                )


def test_no_stage_goes_round_the_table() -> None:
    """Tools are made where their row is looked at, and nowhere else."""
    for path in (*TOOLS.parent.glob("*.py"), *TOOLS.parent.parent.glob("graph/*.py")):
        text = path.read_text(encoding="utf-8")
        around = re.search(r"from nodes\.tools\.(?!table\b)\w+ import .*(_tools|tools_of)\b|\bTool\(", text)
        assert not around, f"{path.name}: {around and around[0]}"


def test_a_tool_belongs_to_one_room() -> None:
    names = [name for room in ROOMS.values() for name in room.tools]
    assert len(names) == len(set(names))
    for name, room in ROOMS.items():
        assert set(room.writes) <= set(room.tools), name


@pytest.mark.parametrize("stage", sorted(set(get_args(Stage)) - set(TABLE)))
def test_a_stage_that_is_code_has_no_tools(home: Path, stage: str) -> None:
    with pytest.raises(NotGranted, match="has no tools"):
        tools_for(stage, desk_at(home, stage), {})


def test_the_rows_are_those_of_the_contract() -> None:
    sources = {"papers", "reading", "hub", "code"}
    assert sources <= set(TABLE["literature"].rooms) & set(TABLE["implementation"].rooms)
    assert not TABLE["literature"].writes
    for stage in ("planning", "diagnosis", "report"):
        assert not TABLE[stage].writes
        assert not [host for room in TABLE[stage].rooms for host in ROOMS[room].hosts], "the run alone, and no host"
        assert "mcp" not in TABLE[stage].rooms
    assert "workshop" in TABLE["implementation"].rooms
    assert set(TABLE["curation"].rooms) == {"hub", "curating", "mcp"}
    assert [stage for stage in TABLE if TABLE[stage].writes] == ["curation", "implementation"]


# --- what it does not grant is refused when it is built ----------------------------------------------------------


@pytest.mark.parametrize("stage", READ_ONLY)
def test_a_tool_that_writes_is_refused_where_nothing_may_be_written(stage: str) -> None:
    for room in TABLE[stage].rooms:
        name = (*ROOMS[room].tools, "server__write")[0]
        with pytest.raises(NotGranted, match=f"{name} writes, and {stage} may not"):
            granted(stage, room, [tool(name, writes=True)])


@pytest.mark.parametrize("stage", ["curation", "implementation"])
def test_where_something_may_be_written_only_the_tools_named_for_it_may(stage: str) -> None:
    with pytest.raises(NotGranted, match="hub_card writes"):
        granted(stage, "hub", [tool("hub_card", writes=True)])


def test_a_tool_that_reaches_another_host_is_refused() -> None:
    assert granted("literature", "hub", [tool("hub_card", reaches=("hub",))])
    for strange in ("github", "evil", "any public page", "mcp:evil"):
        with pytest.raises(NotGranted, match=f"hub_card reaches {strange}"):
            granted("literature", "hub", [tool("hub_card", reaches=("hub", strange))])
    with pytest.raises(NotGranted, match="a__b reaches hub"):
        granted("literature", "mcp", [tool("a__b", reaches=("hub",))])


def test_an_unknown_tool_another_room_and_two_of_one_name_are_refused() -> None:
    with pytest.raises(NotGranted, match="stands in no row"):
        granted("literature", "hub", [tool("bash")])
    with pytest.raises(NotGranted, match="stands in no row"):
        granted("literature", "mcp", [tool("search_hub")])
    with pytest.raises(NotGranted, match="planning may not have hub"):
        granted("planning", "hub", [tool("hub_card")])
    with pytest.raises(NotGranted, match="two tools of one name"):
        table._named_once([tool("a"), tool("a")])


def test_no_stage_gets_another_stages_tools(home: Path) -> None:
    with pytest.raises(NotGranted, match="planning asks for the tools of implementation"):
        tools_for("implementation", desk_at(home, "planning"), {})


def test_what_a_stage_gives_and_no_room_takes_is_a_defect(home: Path) -> None:
    with pytest.raises(NotGranted, match="was given folder"):
        tools_for("literature", desk_at(home, "literature"), {}, folder=home)
    with pytest.raises(NotGranted, match="curation has to say its workshop"):
        tools_for("curation", desk_at(home, "curation"), {})


# --- what no tool is for -----------------------------------------------------------------------------------------

NEVER = re.compile(
    r"approve|gate|resume|budget|limit|cap\b|seal|unseal|launch|job\b|jobs\b|spend|pay\b|publish|upload|push|delete|commit|merge"
    r"|bash|shell|exec|install|token|secret|submit",
)
"""Names of what only a person or the machine does."""


def test_no_tool_is_called_like_what_only_a_person_or_the_machine_does() -> None:
    assert [name for name in NAMES if NEVER.search(name)] == []


def test_no_tool_takes_a_limit_of_its_own(home: Path) -> None:
    for stage in STAGES:
        for made in tools_at(home, stage).values():
            taken = set(made.takes.model_json_schema().get("properties", {}))
            taken -= (
                {"seconds"} if made.name == "run_tiny" else set()
            )  # it may ask for less than its bound, and gets no more
            assert not taken & {
                "timeout",
                "seconds",
                "memory",
                "network",
                "budget",
                "env",
                "host",
                "headers",
                "token",
                "cwd",
            }, made.name


# --- tokens ------------------------------------------------------------------------------------------------------

SECRETS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "S2_API_KEY", "GITHUB_TOKEN", "GH_TOKEN", "BRAVE_API_KEY", "OPENAI_API_KEY",
           "ANTHROPIC_API_KEY", "WANDB_API_KEY")  # fmt: skip


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[dict[str, Ear]]:
    """Every host that a tool can ask, each an ear of its own; every token set."""
    monkeypatch.setenv("HF_HOME", str(home / "nothing"))
    for name in SECRETS:
        monkeypatch.setenv(name, f"secret-{name}-")
    docs = {docs_set(name).host.name: docs_set(name).host for name in SETS}
    with ExitStack() as stack:
        ears = {name: stack.enter_context(listening()) for name in (*KNOWN, *docs, "brave")}
        for name, ear in ears.items():
            for variable in ELSEWHERE.get(name, (f"POSTGRAD_{name.upper().replace('-', '_')}_URL",)):
                monkeypatch.setenv(variable, ear.url)
        monkeypatch.delenv("POSTGRAD_SEARCH_URL")  # a person's own search would be asked before Brave
        yield ears


def test_a_token_goes_to_the_host_it_belongs_to_and_to_no_other(hosts: dict[str, Ear], home: Path) -> None:
    for stage in STAGES:
        for name, made in tools_at(home, stage).items():
            if made.reaches:
                with contextlib.suppress(PostgradError):  # every host says 404
                    made.run(made.takes.model_validate(SAMPLES[name]))
    owners = {name: KNOWN[name].token_env if name in KNOWN else () for name in hosts} | {"brave": ("BRAVE_API_KEY",)}
    for name, ear in hosts.items():
        for secret in SECRETS:
            if secret not in owners[name]:
                assert not [words for words in ear.heard if f"secret-{secret}-" in words], f"{secret} went to {name}"
    for name, secret in (("hub", "HF_TOKEN"), ("github", "GITHUB_TOKEN"), ("brave", "BRAVE_API_KEY")):
        assert any(f"secret-{secret}-" in words for words in hosts[name].heard), (
            f"{name} was never asked: this shows nothing"
        )


# --- sealed rows -------------------------------------------------------------------------------------------------


def test_rows_of_the_data_that_is_sealed_are_shown_by_no_tool(home: Path) -> None:
    state = {"card": {"source": "hub: Owner/Sums@abc123 default/train"}}
    assert sealed_source(state) == "owner/sums"
    for stage in ("literature", "implementation"):
        tools = tools_at(home, stage, state)
        for name, values in (
            ("dataset_rows", {"id": "owner/SUMS"}), ("dataset_rows", {"id": "owner/sums", "split": "test"}),
            ("inspect_dataset", {"id": "Owner/Sums"}), ("read_hub_file", {"id": "owner/sums", "path": "data/test.parquet"}),
            ("read_page", {"url": "https://huggingface.co/datasets/Owner/sums/resolve/main/test.jsonl"}),
            ("read_page", {"url": "https://datasets-server.huggingface.co/rows?dataset=owner%2Fsums&split=test"}),
        ):  # fmt: skip
            with pytest.raises(UserError, match="owner/sums is split and sealed"):
                tools[name].run(tools[name].takes.model_validate(values))
    assert sealed_source({"card": {"source": "wine.csv"}}) == sealed_source({}) == ""


def test_once_the_data_is_split_nobody_reads_raw_rows(home: Path) -> None:
    assert set(ROOMS["curating"].tools) <= set(tools_at(home, "curation"))
    after = tools_at(home, "curation", {"card": {"source": "wine.csv"}})
    assert not set(ROOMS["curating"].tools) & set(after)


# --- files -------------------------------------------------------------------------------------------------------

PLACES = ("../../../outside.txt", "/etc/hostname", "..", "../experiments/e001/train.py", "sealed/sealed_answers.jsonl",
          "../sealed/sealed_answers.jsonl", "link/outside.txt", "~/outside.txt", "a/../../../../outside.txt", "run.py",
          "experiment.json", "./../../sealed/looks.jsonl")  # fmt: skip
"""What a model that obeys a stranger would ask for."""


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_no_tool_reads_or_writes_outside_of_its_place(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("CANARY outside", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    run = home / "runs" / "a"
    sealed = run / "sealed"
    sealed.mkdir(parents=True)
    (sealed / "sealed_answers.jsonl").write_text("CANARY sealed\n", encoding="utf-8")
    draft = run / "drafts" / "e001"
    draft.mkdir(parents=True)
    (draft / "link").symlink_to(tmp_path)
    (draft / "train.py").symlink_to(outside)
    other = home / "runs" / "b"
    other.mkdir()
    (other / "journal.jsonl").write_text("CANARY other\n", encoding="utf-8")
    tried: set[str] = set()
    for stage in STAGES:
        for name, made in tools_at(home, stage).items():
            if name in tried:
                continue
            tried.add(name)
            texts = [
                key for key, about in made.takes.model_json_schema()["properties"].items() if "string" in str(about)
            ]
            before = {place: snapshot(place) for place in (sealed, other)}
            for key in texts:
                for place in PLACES:
                    with contextlib.suppress(PostgradError, ValueError):
                        said = made.run(made.takes.model_validate({**SAMPLES[name], key: place}))
                        assert "CANARY" not in said, f"{name} with {key}={place} read what is not its own"
            assert {place: snapshot(place) for place in (sealed, other)} == before, name
            assert outside.read_text(encoding="utf-8") == "CANARY outside"
    assert not {"run.py", "experiment.json"} & {path.name for path in draft.iterdir()}, "trusted code is not theirs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "outside.txt"]


def test_the_page_about_tools_is_current() -> None:
    """Else: python -m tests.nodes.tool_page"""
    text = PAGE.read_text(encoding="utf-8")
    assert whole(text) == text


def test_the_page_names_no_tool_that_is_not_there() -> None:
    """What the comparison says is here is here."""
    beside = PAGE.read_text(encoding="utf-8").partition("## Beside")[2]
    ours = [cell for line in beside.splitlines() if line.startswith("| ") for cell in line.split(" | ")[1:]]
    named = {name for cell in ours for name in re.findall(r"`(\w+)`", cell)}
    assert named <= NAMES
    assert len(named) > 30
