"""Search, models, files, branches, discussions: through the tools, as a model sees them."""

from __future__ import annotations

import struct

import pytest

from lab.hub import files, search
from lab.hub.client import Hub
from lab.hub.model import look_at_model
from lab.hub.search import Wanted
from lab.net.web import SourceTrouble, Web
from nodes.tools.hub import hub_tools
from tests.lab.hub.conftest import SUMS, Ask
from tests.standins.hub import HubStandIn

MODEL = """---
license: apache-2.0
base_model: big/base
datasets: [owner/sums]
---
"""


def safetensors(header: bytes = b'{"w": {"dtype": "F32", "shape": [10, 30], "data_offsets": [0, 1200]}}') -> bytes:
    return struct.pack("<Q", len(header)) + header + bytes(1200)


def add_model(hub: HubStandIn, **facts: object) -> None:
    kept = {"model.safetensors": safetensors(), "tokenizer.json": "{}", "chat_template.jinja": "{{ x }}"}
    hub.add_model(
        "owner/tiny", kept, card=MODEL, pipeline_tag="text-generation", tags=["base_model:finetune:big/base"], **facts
    )


def test_filters_must_all_hold_and_the_order_is_asked_for(client: Hub) -> None:
    found = [repo.id for repo in search.find_datasets(client, Wanted(author="owner"))]
    assert found == ["owner/sums", "owner/lines", "owner/secret", "owner/gone"]
    wanted = Wanted(task="question-answering", licence="mit", size="1K<n<10K", language="en")
    assert [repo.id for repo in search.find_datasets(client, wanted)] == ["owner/sums", "owner/secret"]
    assert search.find_datasets(client, Wanted(words="nothing like it")) == []


def test_hits_give_ids_and_say_what_is_closed(ask: Ask) -> None:
    said = ask("search_hub", words="s", task="question-answering").splitlines()
    assert said[0].startswith("owner/sums: mit; question-answering; 1K<n<10K; 500 downloads")
    assert "GATED" in said[1]
    assert "use fewer or other words" in ask("search_hub", words="nothing like it")


def test_what_was_trained_on_what(hub: HubStandIn, ask: Ask, client: Hub) -> None:
    add_model(hub, config={"architectures": ["LlamaForCausalLM"]})
    assert ask("search_hub", kind="models", trained_on="owner/sums").startswith("owner/tiny: apache-2.0")
    found = look_at_model(client, "owner/tiny")
    assert [(base.id, base.relation) for base in found.bases] == [("big/base", "finetune")]
    assert found.trained_on == ("owner/sums",)


def test_parameters_are_counted_in_the_files_where_the_hub_did_not(hub: HubStandIn, client: Hub) -> None:
    add_model(hub)
    found = look_at_model(client, "owner/tiny")
    assert (found.parameters, found.counted_by) == (300, "headers of its safetensors files")
    assert found.chat_template
    assert found.tokenizer == ("tokenizer.json",)


def test_a_pickled_model_is_said_to_be_one(hub: HubStandIn, ask: Ask) -> None:
    hub.add_model(
        "owner/old", {"pytorch_model.bin": b"\x80\x02"}, config={"model_type": "bert", "auto_map": {"AutoModel": "x.X"}}
    )
    said = ask("inspect_model", id="owner/old")
    assert "pickles, which can run code" in said
    assert "code of its own" in said
    assert "parameters: not known" in said


def test_files_are_paged_and_binary_is_refused(hub: HubStandIn, ask: Ask) -> None:
    hub.add_model(
        "owner/files",
        {"long.txt": "line\n" * 5000, "weights.bin": b"\x00\x01" * 50, **{f"f/{n}": "x" for n in range(80)}},
    )
    listed = ask("hub_files", id="owner/files", kind="model")
    assert "82 files" in listed
    assert "22 more: ask from 60" in listed
    assert "f/79" in ask("hub_files", id="owner/files", kind="model", start=60)
    first = ask("read_hub_file", id="owner/files", kind="model", path="long.txt")
    assert "[goes on: ask from 12000]" in first
    assert "[goes on" not in ask("read_hub_file", id="owner/files", kind="model", path="long.txt", start=24_000)
    with pytest.raises(SourceTrouble, match="is binary"):
        ask("read_hub_file", id="owner/files", kind="model", path="weights.bin")
    with pytest.raises(SourceTrouble, match=r"did you mean f/3\?"):
        ask("read_hub_file", id="owner/files", kind="model", path="3")


def test_tables_are_previewed(hub: HubStandIn, ask: Ask) -> None:
    hub.add_dataset(
        "owner/tables", {"a.csv": 'q,a\n"one, two",2\n', "b.json": '[{"q": "x"}, {"q": "y"}]', "c.parquet": SUMS[:30]}
    )
    assert '0: {"q": "one, two", "a": "2"}' in ask("read_hub_file", id="owner/tables", path="a.csv")
    assert "2 rows (read through and counted)" in ask("read_hub_file", id="owner/tables", path="b.json")
    said = ask("read_hub_file", id="owner/tables", path="c.parquet", start=28)
    assert "30 rows (parquet footers)" in said
    assert said.splitlines()[-1].startswith('29: {"question": "What is 29+30?"')


def test_branches_commits_and_discussions(hub: HubStandIn, ask: Ask, client: Hub) -> None:
    repo = hub.repos["datasets", "owner/sums"]
    hub.add_discussion(repo, "Row 7 is wrong", "2+2 is not 5")
    hub.add_discussion(repo, "Mend row 7", "here", pull_request=True)
    assert f"refs/heads/main at {repo.sha()}" in ask("hub_files", id="owner/sums", what="branches")
    assert repo.sha() in ask("hub_files", id="owner/sums", what="commits")
    assert ask("hub_discussions", id="owner/sums").splitlines()[1].startswith("2 [open, pull request]")
    assert "someone: 2+2 is not 5" in ask("hub_discussions", id="owner/sums", number=1)
    assert "+b" in ask("hub_discussions", id="owner/sums", number=2)
    assert ask("hub_discussions", id="owner/lines") == "nobody has opened a discussion there"
    with pytest.raises(SourceTrouble):
        files.open_discussion(client, "dataset", "owner/sums", 9)


def test_collections_and_spaces(hub: HubStandIn, ask: Ask, client: Hub) -> None:
    hub.add_collection("owner/good-1", "Good sums", [("dataset", "owner/sums"), ("paper", "2402.03300")])
    hub.add_space("owner/demo", {"app.py": "x"})
    assert (
        ask("search_hub", kind="collections", words="owner")
        == "owner/good-1: Good sums: dataset owner/sums, paper 2402.03300"
    )
    assert "Good sums" in ask("search_hub", kind="collections", holds="datasets/owner/sums")
    assert search.open_collection(client, "owner/good-1").items[1] == ("paper", "2402.03300")
    assert ask("search_hub", kind="spaces", words="demo").startswith("owner/demo")


def test_lists_longer_than_a_page_are_followed(hub: HubStandIn, client: Hub) -> None:
    hub.page = 2
    assert len(search.find_datasets(client, Wanted(author="owner"), 4)) == 4


def test_no_tool_writes_and_each_names_its_hosts(web: Web) -> None:
    tools = hub_tools(web)
    assert len(tools) == 8
    assert not any(tool.writes for tool in tools)
    assert {host for tool in tools for host in tool.reaches} == {"hub", "hubviewer"}


def test_only_get_is_ever_sent(hub: HubStandIn, ask: Ask) -> None:
    ask("inspect_dataset", id="owner/sums")
    ask("hub_files", id="owner/sums")
    assert {asked.method for asked in hub.requests} <= {"GET", "HEAD"}
