"""A model that goes round the seal by another name, and scripts whose results are made to break whoever reads them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.data.shown import rows_shown
from lab.data.table import Row, Table
from lab.model.tool import Tool
from nodes.curation_script import Workshop
from nodes.tools.curating import curating_tools
from nodes.tools.exposure import MOST
from state.errors import UserError
from tests.nodes.curation_stage import Stage
from tests.nodes.tool_desk import tools_at
from tests.standins.hub import HubStandIn
from tests.standins.web import WebStandIn

ROWS = [{"question": f"What is {n}+{n}?", "answer": f"It is {2 * n}."} for n in range(3_000)]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    """A data set that has moved: the Hub goes on answering under its old names."""
    with HubStandIn() as hub:
        repo = hub.add_dataset("owner/sums", {"data/train.jsonl": ROWS})
        hub.repos["datasets", "sums"] = hub.repos["datasets", "formerly/sums"] = repo
        for name, value in {
            "HF_ENDPOINT": hub.url, "POSTGRAD_HUBVIEWER_URL": hub.viewer_url, "HF_HOME": "/nonexistent", "HF_HUB_OFFLINE": "0",
            "POSTGRAD_SEARCH_URL": "http://127.0.0.1:9",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        yield hub


@pytest.mark.parametrize("sealed", ["owner/sums", "formerly/sums"])
@pytest.mark.parametrize("asked", ["owner/sums", "sums", "formerly/sums", "Formerly/sums/"])
def test_an_old_name_of_the_sealed_data_leads_to_no_rows(home: Path, hub: HubStandIn, sealed: str, asked: str) -> None:
    if asked.startswith("F"):
        hub.repos["datasets", "Formerly/sums"] = hub.repos["datasets", "sums"]
    tools = tools_at(home, "implementation", {"card": {"source": f"hub: {sealed}@abc default/train"}})
    for name, values in (
        ("dataset_rows", {"id": asked}),
        ("inspect_dataset", {"id": asked}),
        ("read_hub_file", {"id": asked, "path": "data/train.jsonl"}),
        ("read_page", {"url": f"https://huggingface.co/datasets/{asked}/viewer"}),
        ("read_page", {"url": f"https://datasets-server.huggingface.co/rows?dataset={asked}&split=train"}),
    ):
        with pytest.raises(UserError, match="is split and sealed"):
            tools[name].run(tools[name].takes.model_validate(values))


@pytest.mark.parametrize("stage", ["literature", "implementation"])
def test_a_page_that_leads_to_rows_is_not_shown(
    home: Path, hub: HubStandIn, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setenv("POSTGRAD_ALLOW_LOCAL", "1")
    state = {"card": {"source": "hub: owner/sums@abc default/train"}} if stage == "implementation" else None
    with WebStandIn() as web:
        web.file("/datasets/formerly/sums/resolve/main/train.txt", "What is 0+0? It is 0.")
        web.file("/short", b"", status=302, Location="/datasets/formerly/sums/resolve/main/train.txt")
        web.file("/other", "<title>a\n\nb</title><p>What is said elsewhere.</p>", "text/html")
        tool = tools_at(home, stage, state)["read_page"]
        assert "said elsewhere" in tool.run(tool.takes(url=f"{web.url}/other"))
        with pytest.raises(UserError, match=r"holds rows of a data set|is split and sealed"):
            tool.run(tool.takes(url=f"{web.url}/short"))


def test_other_data_is_still_shown(home: Path, hub: HubStandIn) -> None:
    hub.add_dataset("owner/others", {"data/train.jsonl": ROWS})
    tools = tools_at(home, "implementation", {"card": {"source": "hub: owner/sums@abc default/train"}})
    assert "What is 0+0?" in tools["dataset_rows"].run(tools["dataset_rows"].takes(id="owner/others"))


def test_rows_seen_under_several_names_are_counted_together(home: Path, hub: HubStandIn) -> None:
    tools, seen = tools_at(home, "curation"), set[str]()
    for at, name in enumerate(["owner/sums", "sums", "formerly/sums"] * 2):
        try:
            said = tools["dataset_rows"].run(tools["dataset_rows"].takes(id=name, start=at * 20, count=20))
        except UserError as refused:
            assert "can't be held out" in str(refused)
            continue
        seen |= {line for line in said.splitlines() if line[:1].isdigit()}
    assert len(seen) == MOST


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Stage(tmp_path).workshop


@pytest.fixture
def tools(workshop: Workshop) -> dict[str, Tool]:
    return {tool.name: tool for tool in curating_tools(workshop)}


def wrote(tools: dict[str, Tool], script: str) -> str:
    write, run = tools["write_data_script"], tools["run_data_script"]
    write.run(write.takes(name="s", source="wine", script=script))
    return run.run(run.takes(name="s"))


@pytest.mark.parametrize(
    "script", ["-" * 50_000 + "1", "x = " + "+".join("1" * 25_000), "a" + ".b" * 25_000, "(" * 5_000]
)
def test_a_script_that_no_parser_bears_is_refused_in_a_line(tools: dict[str, Tool], script: str) -> None:
    with pytest.raises(UserError, match="it was not written"):
        wrote(tools, script)


@pytest.mark.parametrize("name", ["raw_rows", "audit_table", "write_data_script"])
def test_half_a_character_names_no_source(tools: dict[str, Tool], name: str) -> None:
    more = {"raw_rows": {}, "audit_table": {"why": "x"}, "write_data_script": {"name": "s", "script": "print(1)"}}[name]
    with pytest.raises(UserError, match="neither built in"):
        tools[name].run(tools[name].takes(source="\ud800", config="\udfff", **more))


@pytest.mark.parametrize(
    "script",
    [
        "open('out/rows.jsonl', 'w').write('{\"a\":' * 100_000 + '\\n{}')",
        "open('out/rows.jsonl', 'w').write('{\"a\": 1' + '0' * 5_000 + '}\\n')",
        "open('out/rows.jsonl', 'w').truncate(100_000_000)",
        "open('out/rows.jsonl', 'w').truncate(1 << 40)",
        "import os; os.mkfifo('out/rows.jsonl')",
    ],
)
def test_a_result_that_is_no_table_is_said_and_leaves_nothing(
    tools: dict[str, Tool], workshop: Workshop, script: str
) -> None:
    assert wrote(tools, script).startswith("data error: out/rows.jsonl")
    kept = workshop.desk.workspace / "sealed" / "raw"
    assert not [path for path in kept.glob("s-*") if path.is_file()], "what is no table is not kept"


@pytest.mark.parametrize("piece", ["a", "ab", "abcdefghijklmnopqrstuvwxyz1234", "a" * 40 + "b"])
def test_texts_that_repeat_themselves_are_looked_through_in_time(piece: str) -> None:
    """It took minutes, and more with every row."""
    rows = [
        Row(id=f"r{n}", input=f"{n}{(piece * 4_000)[:4_000]}{n}", answer=str(n % 2), group=None) for n in range(300)
    ]
    told = [f"{n}{(piece * 15_000)[:15_000]}{n}" for n in range(40)]
    began = time.monotonic()
    assert len(rows_shown(Table("n", "classification", rows, "s"), told)) == 300
    assert time.monotonic() - began < 15
