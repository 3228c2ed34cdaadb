"""What a model looks at before the split trains, whatever it does with it; and it gets to look at few rows of a source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.data.seal import read_split
from lab.hub.words import rows_as_lines
from lab.model.toolwork import Outcome, ToolJournal
from nodes.folders import TOOLS_FILE
from state.products import DatasetCard
from tests.nodes.curation_stage import FLATTEN, SUMS, TALK, Stage, choose
from tests.nodes.tool_desk import desk_at, tools_at
from tests.scripted.server import calls
from tests.standins.hub import HubStandIn

STORY = "Once upon a time there was number {n}, which met number {m} on a long road in the hills and told it everything it knew. "
LONG = [{"question": STORY.format(n=n, m=n * 7) * 9, "answer": str(n), "user": f"u{n % 40}"} for n in range(700)]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStandIn]:
    with HubStandIn() as standing:
        monkeypatch.setenv("HF_ENDPOINT", standing.url)
        monkeypatch.setenv("POSTGRAD_HUBVIEWER_URL", standing.viewer_url)
        standing.add_dataset("owner/sums", {"train.parquet": SUMS}, card="---\nlicense: mit\n---\n")
        standing.add_dataset("owner/talk", {"train.jsonl": TALK}, card="---\nlicense: mit\n---\n")
        standing.add_dataset("owner/long", {"train.parquet": LONG}, card="---\nlicense: mit\n---\n")
        yield standing


@pytest.fixture
def stage(tmp_path: Path, hub: HubStandIn) -> Stage:
    return Stage(tmp_path)


def held(stage: Stage, made: dict[str, Any]) -> set[str]:
    """Inputs of the rows that validate or are sealed."""
    card = DatasetCard.model_validate(made["card"])
    return {str(row["input"]) for part in ("validation", "sealed") for row in read_split(stage.workspace, card, part)}  # type: ignore[arg-type]


def trained(stage: Stage, made: dict[str, Any]) -> set[str]:
    card = DatasetCard.model_validate(made["card"])
    return {str(row["input"]) for row in read_split(stage.workspace, card, "train")}


def shown_before(workspace: Path, *told: str) -> None:
    """Results on file, as a stage before this one left them."""
    journal = ToolJournal(workspace / TOOLS_FILE, "1 literature")
    for at, each in enumerate(told):
        journal.keep(f"c{at}", "dataset_rows", {"id": "owner/sums", "start": at}, Outcome(each), 0.1)


def test_rows_that_were_paged_through_train(stage: Stage) -> None:
    blind = Stage(stage.home / "blind").visit(choose())
    looked = {row["question"] for row in SUMS[:20]}
    assert looked & held(Stage(stage.home / "blind"), blind), "else this shows nothing"
    made = stage.visit(calls("raw_rows", {"source": "owner/sums", "count": 20}), choose())
    assert not looked & held(stage, made)
    assert looked <= trained(stage, made)
    assert [part["rows"] for part in made["card"]["splits"].values()] == [
        part["rows"] for part in blind["card"]["splits"].values()
    ]
    (note,) = made["card"]["repairs"]
    assert note.endswith("shown to the model before the split; all of them train")
    assert note in [record["text"] for record in stage.records("note")]
    assert blind["card"]["repairs"] == []


def test_long_rows_cut_on_the_page_train(stage: Stage) -> None:
    made = stage.visit(
        calls("dataset_rows", {"id": "owner/long", "count": 40}),
        calls("inspect_dataset", {"id": "owner/long"}),
        choose("owner/long"),
    )
    assert "more characters]" in stage.results()[0]
    assert not {row["question"] for row in LONG[:40]} & held(stage, made)


def test_rows_that_were_reshaped_after_the_look_train(stage: Stage) -> None:
    made = stage.visit(
        calls("raw_rows", {"source": "owner/talk", "count": 15}),
        calls("write_data_script", {"name": "flatten", "source": "owner/talk", "script": FLATTEN}),
        calls("run_data_script", {"name": "flatten"}),
        choose("owner/talk", script="flatten"),
    )
    assert not {row["messages"][0]["content"] for row in TALK[:15]} & held(stage, made)
    assert [line.split()[0] for line in made["card"]["repairs"]] == ["reshaped", "14"], "the script drops 3+4"


def test_what_literature_saw_of_named_data_trains_too(stage: Stage, tmp_path: Path) -> None:
    rows = [{"x": n * 1.37, "y": n * n / 7, "z": (n * 31) % 101, "label": "ab"[n % 2]} for n in range(300)]
    (tmp_path / "named.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    stage.brief |= {"data": "named.jsonl", "where": str(tmp_path / "brief.yaml")}
    stage.workspace.mkdir(parents=True)
    shown_before(stage.workspace, rows_as_lines(rows[:30], 0, 400))
    made = stage.visit()
    asked = {str({key: float(value) for key, value in row.items() if key != "label"}) for row in rows[:30]}
    assert not asked & held(stage, made)
    assert asked <= trained(stage, made)
    assert made["card"]["repairs"][0].startswith("30 rows were shown to the model")


def test_too_many_shown_is_said(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "named.jsonl").write_text("".join(json.dumps(row) + "\n" for row in SUMS))
    stage.brief |= {"data": "named.jsonl", "where": str(tmp_path / "brief.yaml")}
    stage.workspace.mkdir(parents=True)
    shown_before(stage.workspace, rows_as_lines(SUMS, 0, 400))
    made = stage.visit()
    assert "held-out rows had been shown to the model" in made["card"]["repairs"][0]
    assert any("held-out rows had been shown" in record["why"] for record in stage.records("fallback"))
    assert any("held-out rows had been shown" in line for line in stage.said)


@pytest.mark.parametrize("kind", ["group_leak", "time_leak"])
def test_split_anew_shown_rows_still_train_where_they_can(stage: Stage, tmp_path: Path, kind: str) -> None:
    rows = [
        {
            "date": f"2020-{1 + n // 28:02}-{1 + n % 28:02}",
            "site": n % 60,
            "x": n * 1.37,
            "y": n / 7,
            "label": "ab"[n % 2],
        }
        for n in range(300)
    ]
    (tmp_path / "named.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    stage.brief |= {"data": "named.jsonl", "where": str(tmp_path / "brief.yaml")}
    stage.visit()
    shown_before(stage.workspace, rows_as_lines(rows[285:], 0, 400))
    finding = {"kind": kind, "severity": "block", "why": "made", "remedy": "", "examples": [{"column": "site"}]}
    made = stage.visit(step=5, findings=[finding])
    seen = {str({key: float(row[key]) for key in ("site", "x", "y")}) for row in rows[285:]}  # type: ignore[arg-type]
    notes = made["card"]["repairs"]
    if kind == "group_leak":
        assert not seen & held(stage, made)
        assert notes[-1] == "15 rows were shown to the model before the split; all of them train"
    else:
        assert seen <= held(stage, made)
        assert notes[-1].startswith("15 held-out rows had been shown to the model: a split by time")
        assert stage.records("fallback")
    assert notes[0].startswith("split anew by ")


def test_no_more_than_a_tenth_is_shown_and_statistics_go_on(stage: Stage) -> None:
    stage.visit(
        calls("raw_rows", {"source": "owner/sums", "count": 15}),
        calls("raw_rows", {"source": "owner/sums", "start": 15, "count": 20}),
        calls("raw_rows", {"source": "owner/sums", "start": 40, "count": 5}),
        calls("raw_rows", {"source": "owner/sums", "start": 2, "count": 3}),
        calls("dataset_rows", {"id": "owner/sums", "start": 100}),
        calls("read_hub_file", {"id": "owner/sums", "path": "train.parquet", "start": 60}),
        calls("inspect_dataset", {"id": "owner/sums"}),
        calls("audit_table", {"source": "owner/sums", "input": "question", "answer": "answer", "why": "x"}),
        choose(),
    )
    first, second, third, again, hub, file, look, audit = stage.results()
    assert "14: {" in first
    assert "19: {" in second
    assert "20: {" not in second
    assert "[15 more not shown: 20 rows of its 200 of owner/sums have been shown and no more than 20 are" in second
    for refused in (third, hub, file):
        assert "no more than 20 are" in refused
        assert "What is" not in refused
    assert "4: {" in again, "what was seen may be seen again"
    assert "split train: 200 rows" in look
    assert "question (" in look
    assert "200 rows, kind generation" in audit


def test_rows_of_a_script_count_as_those_of_its_source(stage: Stage) -> None:
    stage.visit(
        calls("raw_rows", {"source": "owner/talk", "count": 15}),
        calls("write_data_script", {"name": "flatten", "source": "owner/talk", "script": FLATTEN}),
        calls("run_data_script", {"name": "flatten"}),
        calls("raw_rows", {"name": "flatten", "start": 60}),
        choose("owner/talk", script="flatten"),
    )
    assert "no more than 15 are" in stage.results()[3]


def test_what_is_on_file_counts_and_uncounted_sources_end_at_sixty(tmp_path: Path, hub: HubStandIn) -> None:
    workspace = desk_at(tmp_path, "literature").workspace
    shown_before(workspace, *(rows_as_lines(SUMS[at : at + 19], at, 400) for at in (100, 119, 138)))
    page = tools_at(tmp_path, "literature")["dataset_rows"]
    said = page.run(page.takes.model_validate({"id": "owner/sums", "count": 10}))
    assert "2: {" in said
    assert "3: {" not in said
    assert "[7 more not shown: 60 rows of owner/sums have been shown and no more than 60 are" in said


def test_lines_of_a_text_file_are_rows_and_words_about_a_set_are_none(tmp_path: Path, hub: HubStandIn) -> None:
    lines = "\n".join(f"sentence {n} of a long collection" for n in range(100))
    hub.add_dataset("owner/lines", {"all.txt": lines.encode()}, card=f"---\nlicense: mit\n---\n{lines}\n")
    tools = tools_at(tmp_path, "curation")
    read = tools["read_hub_file"]
    said = read.run(read.takes.model_validate({"id": "owner/lines", "path": "all.txt"}))
    assert "sentence 59 of" in said
    assert "sentence 60 of" not in said
    assert "[40 more not shown" in said
    card = read.run(read.takes.model_validate({"id": "owner/lines", "path": "README.md"}))
    assert "sentence 99 of" in card


def test_a_table_file_counts_its_rows_alone(tmp_path: Path, hub: HubStandIn) -> None:
    read = tools_at(tmp_path, "curation")["read_hub_file"]
    for start in (0, 5, 10, 15):
        said = read.run(read.takes.model_validate({"id": "owner/sums", "path": "train.parquet", "start": start}))
        assert "not shown" not in said
    with pytest.raises(Exception, match="no more than 20 are"):
        read.run(read.takes.model_validate({"id": "owner/sums", "path": "train.parquet", "start": 20}))


def test_pages_of_the_web_that_hold_rows_are_not_opened(
    tmp_path: Path, hub: HubStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAVE_API_KEY", "x")
    page = tools_at(tmp_path, "literature")["read_page"]
    for address in (
        "https://datasets-server.huggingface.co/rows?dataset=owner%2Fsums&config=default&split=train",
        "https://huggingface.co/datasets/owner/sums/viewer/default/train",
        "https://huggingface.co/datasets/owner/sums/resolve/main/train.jsonl",
    ):
        with pytest.raises(Exception, match="holds rows of a data set"):
            page.run(page.takes.model_validate({"url": address}))
