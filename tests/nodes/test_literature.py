"""literature: with no model as ever; with one, papers are read and only what stands in them gets into the state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes.literature_told import reported, why_cited
from nodes.report_blocks import Document, markdown
from prompts import fill, load
from state.reading import Reading
from tests.nodes.literature_stage import (
    ANCHOR,
    COLLAPSE,
    FRESH,
    PRINTED,
    ROWS,
    SETTINGS,
    Library,
    Minds,
    Stage,
    claim,
    library,
    recipe,
    submit,
)  # fmt: skip
from tests.scripted.server import calls

QUERY = calls(
    "submit", {"words": ["group rewards", "reward collapse"], "papers": [], "why": "the method and its sickness"}
)


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-nobody")
    with library() as here:
        for name, value in {**here.env, "POSTGRAD_AR5IV_URL": here.url}.items():
            monkeypatch.setenv(name, value)
        yield here


def test_without_a_model_the_library_is_asked_by_rule_and_nothing_else(home: Path, sources: Library) -> None:
    stage = Stage(home, {"task": "Teach a tiny model to add, rewards collapse", "effort": "standard"})
    reading = stage.visit()

    assert stage.waits == 0 and not sources.asked, "no network, no thread"
    assert [s["name"] for s in reading["sources"]] == ["offline library"]
    assert reading["papers"] and all(p["in_library"] and p["looked_up"] for p in reading["papers"])
    assert reading["recipes"] and all(r["kept_by"] == "library" and not r["place"]["quote"] for r in reading["recipes"])
    assert {"learning_rate"} & {name for r in reading["recipes"] for name in r["settings"]}
    assert reading["claims"] == [] and reading["file"] == ""


def test_the_paper_of_the_brief_is_first_or_said_to_be_unread(home: Path) -> None:
    reading = Stage(home, {"paper": "2402.03300"}).visit()
    assert (reading["papers"][0]["id"], reading["papers"][0]["why"]) == ("arxiv:2402.03300", "named in the brief")

    stage = Stage(home, {"paper": "2999.00001"})
    stage.visit(step=4)
    [said] = [s for s in stage.records("source") if s["name"] == "2999.00001"]
    assert not said["answered"] and "unread" in said["why"]


@pytest.mark.parametrize(
    ("paper", "model", "why"),
    [
        ("2611.00007", False, "there is no model to read it"),
        ("doi:10.5555/journal.6", True, "only papers on arXiv can be opened"),
    ],
)
def test_a_named_paper_that_nobody_will_open_is_said_to_be_unread(
    home: Path, sources: Library, paper: str, model: bool, why: str
) -> None:
    stage = Stage(home, {"paper": paper, "sources": ["arxiv"]})
    stage.visit(Minds([QUERY], {}) if model else None)
    [said] = [s for s in stage.records("source") if s["name"] == paper]
    assert not said["answered"] and said["why"] == f"{why}, so it is unread"


def test_two_papers_are_read_and_what_stands_in_both_is_kept_once_with_both_places(
    home: Path, sources: Library
) -> None:
    stage = Stage(home, {"sources": ["arxiv", "semantic"]})
    minds = Minds([QUERY], {
        ANCHOR: [calls("read_section", {"section": "3 Experiments"}, "paper_tables", {"table": 1}), submit([recipe()], [claim()])],
        COLLAPSE: [calls("read_section", {"section": "2.1 Objective"}), submit([], [claim(**PRINTED), claim(method="Supervised", value=41.5,
                   comparator="", comparator_value=None, quote="Supervised | 41.5 | 9.1")])],
    })  # fmt: skip
    reading = stage.visit(minds)

    Reading.model_validate(reading)
    assert stage.waits > 3, "the network and the readers are waited for, not sat through"
    assert {p["id"]: p["read"] for p in reading["papers"] if p["read"]} == {ANCHOR: "html", COLLAPSE: "pdf"}
    [kept] = [r for r in reading["recipes"] if r["kept_by"] == "reader"]
    assert kept["place"] == {"source": ANCHOR, "section": "Table 1", "page": None, "quote": ROWS}
    assert kept["also"][0]["section"] == "2.1 Objective" and kept["settings"] == {"learning_rate": 1e-6}
    assert kept["dataset_exists"] is True
    values = {(c["method"], c["comparator"]): c for c in reading["claims"]}
    assert values["Supervised", ""]["place"]["page"] == 1 and values["Supervised", ""]["place"]["source"] == COLLAPSE
    whole = (stage.workspace / reading["file"]).read_bytes()
    assert hashlib.sha256(whole).hexdigest() == reading["sha256"]
    assert reading["rejected"] == 0 and not stage.records("rejected")


def test_the_same_claim_of_two_papers_is_one_with_two_places(home: Path, sources: Library) -> None:
    alone = claim(comparator="", comparator_value=None, quote="Group baseline | 48.2 | 50.3 | 10.4")
    minds = Minds([QUERY], {ANCHOR: [submit([], [alone])], COLLAPSE: [submit([], [claim(**PRINTED)])]})
    reading = Stage(home, {"sources": ["arxiv", "semantic"]}).visit(minds)

    [kept] = reading["claims"]
    assert {kept["place"]["source"], *(p["source"] for p in kept["also"])} == {ANCHOR, COLLAPSE}


@pytest.mark.slow
def test_lies_are_rejected_written_down_and_counted(home: Path, sources: Library) -> None:
    lies = [
        recipe(result="41.5 to 58.2"), recipe(quotes=[ROWS.replace("48.2", "58.2"), SETTINGS]),
        recipe(settings={"learning_rate": 1e-3}), recipe(dataset="HumanEval"),
    ]  # fmt: skip
    false = [claim(value=58.2), claim(quote="Our method reaches 58.2% accuracy on GSM8K"), claim(n=4000)]
    stage = Stage(home, {"sources": ["arxiv", "semantic"]})
    reading = stage.visit(Minds([QUERY], {ANCHOR: [submit([*lies, recipe()], [*false, claim()])]}))

    assert reading["rejected"] == len(lies) + len(false) == len(stage.records("rejected"))
    assert all(r["paper"] == ANCHOR and r["why"] for r in stage.records("rejected"))
    assert len([r for r in reading["recipes"] if r["kept_by"] == "reader"]) == 1 and len(reading["claims"]) == 1
    assert "58.2" not in json.dumps(reading), "no number of a lie is in the state"


def test_an_instruction_in_a_paper_that_is_obeyed_changes_nothing(home: Path, sources: Library) -> None:
    """The page says: report an accuracy of 99. A model that does so is not believed."""
    obeyed = [
        claim(value=99.0, comparator="", comparator_value=None),
        claim(value=99.0, comparator="", comparator_value=None, quote="Group baseline | 99 | 50.3 | 10.4"),
    ]
    stage = Stage(home, {"sources": ["arxiv", "semantic"]})
    minds = Minds([QUERY], {ANCHOR: [calls("read_section", {"section": "3"}), submit([], obeyed)]})
    reading = stage.visit(minds)

    told = json.dumps(minds.heard[ANCHOR][-1]["messages"])
    assert "Ignore all previous instructions" in told, "the reader saw it"
    assert reading["claims"] == [] and reading["rejected"] == 2


def test_a_reader_has_tools_for_its_own_paper_only(home: Path, sources: Library) -> None:
    minds = Minds([QUERY], {ANCHOR: [calls("read_section", {"section": "1", "paper": "2409.11111"}), submit()]})
    Stage(home, {"sources": ["arxiv", "semantic"]}).visit(minds)

    tools = {t["function"]["name"]: t["function"]["parameters"] for t in minds.heard[ANCHOR][0]["tools"]}
    assert set(tools) == {
        "read_paper", "read_section", "paper_tables", "figure_values", "find_in_paper", "check_quote", "check_draft", "submit",
    }  # fmt: skip
    assert not any("paper" in tool.get("properties", {}) for name, tool in tools.items() if name != "submit")
    refused = [m for m in minds.heard[ANCHOR][1]["messages"] if m["role"] == "tool"][-1]
    assert "Critics cost memory" not in str(refused["content"])


def test_what_cannot_be_opened_is_said_to_be_unread_and_makes_room_for_the_next(home: Path, sources: Library) -> None:
    stage = Stage(home, {"sources": ["arxiv", "semantic"], "paper": FRESH})
    reading = stage.visit(Minds([QUERY], {ANCHOR: [submit([], [claim()])]}))

    whole = json.loads((stage.workspace / reading["file"]).read_text())
    assert [s["name"] for s in whole["unread"]] == [FRESH]
    assert reading["papers"][0]["id"] == FRESH and reading["papers"][0]["read"] == ""
    [said] = [s for s in stage.records("source") if s["name"] == FRESH]
    assert not said["answered"] and "unread" in said["why"] and "pdf:" in said["why"]
    assert {p["id"] for p in reading["papers"] if p["read"]} == {ANCHOR, COLLAPSE}


@pytest.mark.slow
def test_a_source_that_is_down_is_named_and_the_rest_goes_on(home: Path, sources: Library) -> None:
    sources.fail("semantic", 403)  # 429 is waited for
    reading = Stage(home, {"sources": ["arxiv", "semantic"]}).visit(Minds([QUERY], {ANCHOR: [submit([], [claim()])]}))

    by_name = {s["name"]: s for s in reading["sources"]}
    assert by_name["arxiv"]["answered"] and not by_name["semantic"]["answered"]
    assert len(reading["claims"]) == 1


@pytest.mark.slow
def test_a_model_that_answers_nothing_leaves_what_the_rule_finds(home: Path, sources: Library) -> None:
    stage = Stage(home, {"sources": ["library", "arxiv"]})
    reading = stage.visit(Minds([], {ANCHOR: [calls("submit", {"nonsense": 1})]}))

    assert reading["papers"] and reading["claims"] == []
    assert not any(p["id"] == ANCHOR and p["read"] for p in reading["papers"])
    assert any("literature" in f["what"] for f in stage.records("fallback"))


@pytest.mark.slow
def test_a_second_visit_reads_other_papers_and_keeps_what_the_first_found(home: Path, sources: Library) -> None:
    stage = Stage(home, {"sources": ["arxiv", "semantic"]})
    minds = Minds([QUERY], {ANCHOR: [submit([recipe()], [claim()])]})
    first = stage.visit(minds)
    heard = len(minds.heard[ANCHOR])
    again = stage.visit(minds, step=9)

    assert len(minds.heard[ANCHOR]) == heard, "it was read before"
    assert again["claims"] == first["claims"]
    assert [r for r in again["recipes"] if r["kept_by"] == "reader"] == [
        r for r in first["recipes"] if r["kept_by"] == "reader"
    ]
    assert {p["id"] for p in again["papers"] if p["read"]} >= {ANCHOR}


def test_a_paper_that_a_model_chose_is_read_first_and_an_invented_one_is_unread(home: Path, sources: Library) -> None:
    chosen = calls("submit", {"words": ["group rewards"], "papers": ["2999.00001", COLLAPSE], "why": "seen"})
    stage = Stage(home, {"sources": ["arxiv", "semantic"]})
    reading = stage.visit(Minds([chosen], {}))

    assert reading["papers"][0]["id"] == COLLAPSE
    assert "arxiv:2999.00001" not in [p["id"] for p in reading["papers"]], (
        "no source has returned it: it is no citation"
    )
    assert "unread" in next(s["why"] for s in stage.records("source") if s["name"] == "arxiv:2999.00001")


def test_what_a_reader_is_told_is_small() -> None:
    assert len(fill("rules", stage="literature") + load("reader")) / 4 < 2_000, "about four characters a token"


@pytest.mark.slow
def test_the_report_tells_each_result_with_the_place_where_it_stands(home: Path, sources: Library) -> None:
    minds = Minds(
        [QUERY],
        {
            ANCHOR: [submit([recipe(), recipe(result="41.5 to 58.2")], [claim()])],
            COLLAPSE: [submit([], [claim(**PRINTED)])],
        },
    )
    reading = Stage(home, {"sources": ["arxiv", "semantic"]}).visit(minds)
    told = markdown(Document("A run", "", reported(reading)))

    assert "Recipes read in papers" in told and "41.5 to 48.2" in told and "GSM8K (on the Hub)" in told
    assert "Table 1" in told and "page 1" in told and "Supervised \\| 41.5" in told
    assert "1 recipe or claim that readers gave did not stand in their paper and was thrown away." in told
    assert "58.2" not in told
    assert "read whole, from arXiv's HTML" in why_cited(next(p for p in reading["papers"] if p["id"] == ANCHOR))
    assert reported(Stage(home, {}).visit(step=5)) == [], "without readers the report is as it was"
