"""All sources at once, citations both ways, and passages: over real HTTP to the stand-in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lab.net.trouble import SourceTrouble
from lab.net.web import Web
from lab.papers.bm25 import Passage
from lab.papers.crawl import follow_citations
from lab.papers.everywhere import Searched, search_all
from lab.papers.library import find_entry
from lab.papers.passages import LONG, find_passages, pieces
from state.errors import UserError
from tests.standins.papers import STRANGE, Cites, Paper, PapersStandIn

ANCHOR = "arxiv:2402.03301"
QUESTION = "group relative rewards and reward collapse"


def answered(searched: Searched) -> dict[str, bool]:
    return {source.name: source.answered for source in searched.sources}


def test_every_source_is_asked_and_the_same_paper_comes_once(papers: PapersStandIn, web: Web) -> None:
    found = search_all(web, QUESTION, 10)
    assert answered(found) == dict.fromkeys(("library", "arxiv", "hf", "semantic"), True)
    ids = [p.id for p in found.papers]
    assert len(ids) == len(set(ids))
    by_id = {p.id: p for p in search_all(web, QUESTION, 100).papers}
    anchor = by_id[ANCHOR]
    assert anchor.sources == ("arxiv", "hf", "semantic")
    assert anchor.doi == "10.1234/twin"  # the printed version under the same title, a source's other record
    assert by_id[ANCHOR].citations == 122
    assert "doi:10.5555/journal.6" in by_id


def test_the_same_question_has_the_same_answer(papers: PapersStandIn, tmp_path: Path) -> None:
    first = search_all(Web(tmp_path / "a"), QUESTION, 7)
    assert first.papers == search_all(Web(tmp_path / "b"), QUESTION, 7).papers
    again = search_all(Web(tmp_path / "a"), QUESTION, 7)
    assert again.papers == first.papers
    assert all("cached" in s.why for s in again.sources if s.name != "library")
    assert first.left_out > 0


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["arxiv", "hf", "semantic"])
@pytest.mark.parametrize("status", [500, 404, STRANGE])
def test_one_source_that_fails_fails_nobody_else(
    papers: PapersStandIn, web: Web, lost: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.net.web.BACKOFF", 0.01)
    papers.fail(lost, status)
    found = search_all(web, QUESTION, 50)
    assert answered(found) == {name: name != lost for name in ("library", "arxiv", "hf", "semantic")}
    assert all(lost not in p.sources for p in found.papers)
    assert found.papers
    why = next(s.why for s in found.sources if s.name == lost)
    assert why
    assert "\n" not in why


def test_without_a_network_the_library_answers_at_once(monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    for name in (
        "POSTGRAD_ARXIV_URL",
        "POSTGRAD_ARXIVAPI_URL",
        "POSTGRAD_SEMANTIC_URL",
        "POSTGRAD_HUB_URL",
        "HF_ENDPOINT",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("POSTGRAD_OFFLINE", "1")
    found = search_all(web, "grpo reward collapse", 5)
    assert all("told to stay offline" in s.why for s in found.sources if s.name != "library")
    assert answered(found) == {"library": True, "arxiv": False, "hf": False, "semantic": False}
    assert {p.sources for p in found.papers} == {("library",)}


def test_a_source_that_is_too_slow_is_left_behind(
    papers: PapersStandIn, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.papers.hfpapers.search", lambda *_, **__: time.sleep(5))
    search_all(web, "warm the reader of the library up", 1, ["library"])
    began = time.monotonic()
    found = search_all(web, QUESTION, 5, ["library", "hf"], seconds=0.5)
    assert time.monotonic() - began < 4  # not the five that it sleeps
    assert answered(found) == {"library": True, "hf": False}
    assert "no answer in 0.5 s" in found.sources[1].why


def test_years_bind_every_source(papers: PapersStandIn, web: Web) -> None:
    found = search_all(web, QUESTION, 50, ["arxiv", "hf", "semantic"], since="2024-06", until="2025")
    assert {p.year for p in found.papers} <= {2024, 2025}
    assert ANCHOR not in {p.id for p in search_all(web, QUESTION, 50, ["arxiv"], since="2024-06").papers}


def test_a_question_one_source_cannot_be_asked_goes_to_the_others(papers: PapersStandIn, web: Web) -> None:
    found = search_all(web, "reward", 5, category="no such category", since="2024")
    assert answered(found) == {"library": True, "arxiv": True, "hf": True, "semantic": True}
    odd = search_all(web, "奖励", 5)  # a word, but none of a language the sources index here
    assert answered(odd) == {"library": True, "arxiv": True, "hf": True, "semantic": True}
    for wrong in ({"since": "yesterday"}, {"until": "2024-13"}):
        with pytest.raises(UserError, match="is no date"):
            search_all(web, "reward", 5, ["library"], **wrong)


def test_a_mistake_of_ours_is_heard(papers: PapersStandIn, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lab.papers.hfpapers.search", broken)
    with pytest.raises(ZeroDivisionError):
        search_all(web, QUESTION, 5)
    with pytest.raises(UserError, match="nothing to search for"):
        search_all(web, "of the", 5)


def test_citations_are_followed_both_ways_with_their_words(papers: PapersStandIn, web: Web) -> None:
    crawl = follow_citations(web, ["2402.03301v1"], depth=1)
    assert list(crawl.reached)[:3] == [ANCHOR, "arxiv:1707.01234", "arxiv:1909.08593"]
    assert {r.depth for r in crawl.reached.values()} == {0, 1}
    (step,) = crawl.reached["arxiv:1707.01234"].steps
    assert (step.start, step.way, step.influential) == (ANCHOR, "references", True)
    assert step.contexts[0] == "We follow the clipped objective of [3]."
    assert crawl.reached["arxiv:2409.11111"].steps[0].way == "citations"
    assert (crawl.cut, crawl.troubles, crawl.requests) == ([], [], 3)


def test_a_paper_reached_twice_is_met_once(papers: PapersStandIn, web: Web) -> None:
    crawl = follow_citations(web, [ANCHOR, "arxiv:2409.11111"], depth=1)
    kl = crawl.reached["arxiv:1909.08593"]
    assert {(s.start, s.way) for s in kl.steps} == {(ANCHOR, "references"), ("arxiv:2409.11111", "references")}
    deeper = follow_citations(web, [ANCHOR], depth=3, requests=100)
    assert len(deeper.reached) == len(set(deeper.reached))
    assert deeper.requests < 20  # each paper is asked about once each way


def test_what_a_bound_cut_off_is_said(papers: PapersStandIn, web: Web) -> None:
    narrow = follow_citations(web, [ANCHOR], breadth=1)
    assert narrow.cut == [f"references of {ANCHOR}: 1 of 2 followed", f"citations of {ANCHOR}: 1 of 2 followed"]
    assert "arxiv:1707.01234" in narrow.reached  # the influential one
    assert "arxiv:2409.11111" in narrow.reached
    late = Paper("late", "Late", arxiv="2512.00001", cites=(Cites("kl"), Cites("anchor", ("a [1]", "b [1]"), (), True)))
    papers.papers.append(late)
    assert follow_citations(Web(), [ANCHOR], breadth=1).reached.keys() >= {"arxiv:2512.00001"}  # cited in more places
    short = follow_citations(web, [ANCHOR], depth=3, requests=2)
    assert short.requests == 2
    assert "2 requests are used up" in short.cut[-1]
    papers.papers.extend(Paper(f"more{n}", f"More {n}", on=("semantic",), cites=(Cites("clip"),)) for n in range(120))
    many = follow_citations(web, ["arxiv:1707.01234"], ways=["citations"], breadth=3)
    assert "3 of 100 followed and there are more than were looked at" in many.cut[0]


def test_a_crawl_that_meets_trouble_says_so(papers: PapersStandIn, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.net.web.LIMITED_BACKOFF", 0.01)
    crawl = follow_citations(web, [ANCHOR, "2001.00001", "postgrad:recipe-x"])
    assert ["2001.00001" in t for t in crawl.troubles] == [False, True]
    withheld = follow_citations(web, ["doi:10.5555/journal.6"])
    assert "withholds" in withheld.troubles[0]
    papers.fail("semantic", 429)
    stopped = follow_citations(Web(), [ANCHOR])
    assert (stopped.reached, len(stopped.troubles)) == ({}, 1)
    with pytest.raises(UserError):
        follow_citations(web, [ANCHOR], breadth=0)


def test_a_crawl_is_the_same_every_time(papers: PapersStandIn, tmp_path: Path) -> None:
    first, second = (follow_citations(Web(tmp_path / name), [ANCHOR], depth=2) for name in "ab")
    assert list(first.reached.items()) == list(second.reached.items())


def test_passages_of_what_was_read_and_of_others(papers: PapersStandIn, web: Web) -> None:
    read = pieces(
        "arxiv:2501.00001",
        "A read paper",
        [("Results", "The loss went down.\n\nThe group deviation divides the rewards, learning rate 1e-5.")],
    )
    found = find_passages(web, "learning rate of group rewards", 5, read=read)
    assert (found.found[0].where, found.found[0].paper, found.found[0].section) == (
        "read",
        "arxiv:2501.00001",
        "Results",
    )
    assert {s.name: s.answered for s in found.sources} == {"read": True, "library": True, "semantic": True}
    assert ANCHOR in {e.paper for e in found.found if e.where == "semantic"}
    only = find_passages(web, "learning rate of group rewards", 5, read=read, papers=[ANCHOR])
    assert {e.paper for e in only.found} == {ANCHOR}
    papers.fail("semantic", 404)
    lost = find_passages(Web(), "learning rate of group rewards", 5, read=read)
    assert not lost.sources[-1].answered
    assert lost.found


def test_a_text_is_cut_into_pieces_and_nothing_is_lost() -> None:
    long = "word " * 1000 + "\n\n" + "x" * 4000 + "\n\n" + "A sentence here. " * 300
    made = pieces("arxiv:2501.00001", "T", [("One", long), ("Two", "short"), ("Empty", "  ")])
    assert all(len(p.text) <= LONG for p in made)
    assert "".join("".join(p.text for p in made).split()) == "".join((long + "short").split())
    assert len({p.id for p in made}) == len(made)
    assert isinstance(made[0], Passage)
    assert [p.text for p in pieces("arxiv:2501.00001", "T", [("One", "A first.\n\nA second.")])] == [
        "A first. A second."
    ]


def test_the_library_is_a_source_of_passages_in_our_words(web: Web) -> None:
    entry = find_entry("arxiv:2402.03300")
    found = find_passages(None, entry.title, 3)
    assert found.found[0].paper == entry.id
    assert found.found[0].section == "entry in our words"


def test_trouble_has_one_line_and_a_kind(papers: PapersStandIn, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.net.web.BACKOFF", 0.01)
    papers.fail("arxiv", 500)
    from lab.papers import arxiv

    with pytest.raises(SourceTrouble) as caught:
        arxiv.search(web, "rewards")
    assert (caught.value.kind, caught.value.source) == ("unreachable", "arxivapi")
