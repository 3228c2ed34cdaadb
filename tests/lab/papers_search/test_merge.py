"""Merging and ranking: which tellings are one paper, and in what order papers come. Pure."""

from __future__ import annotations

from itertools import permutations

import pytest

from lab.papers.found import Found
from lab.papers.merge import merge, rank, same


def paper(name: str, title: str, source: str = "semantic", **more: object) -> Found:
    return Found(id=name, title=title, sources=(source,), **more)  # type: ignore[arg-type]


A = paper("arxiv:2402.00001", "Group Relative Rewards", year=2024)


@pytest.mark.parametrize(
    ("other", "one"),
    [
        (paper("arxiv:2402.00001", "Another title of it"), True),
        (paper("s2:" + "a" * 40, "Group relative rewards.", year=2025), True),
        (paper("s2:" + "a" * 40, "Group-Relative Rewards", year=2024), True),
        (paper("doi:10.1/x", "Group Relative Reward", year=2024), True),
        (paper("doi:10.1/x", "Group Relative Rewards", year=2021), False),
        (paper("doi:10.1/x", "Group Relative Rewards II", year=2024), False),
        (paper("doi:10.1/x", "Group Relative Rewards 2", year=2024), False),
        (paper("arxiv:2402.00002", "Group Relative Rewards", year=2024), False),
        (paper("doi:10.1/x", "Group Absolute Rewards", year=2024), False),
        (paper("doi:10.1/x", "", year=2024), False),
    ],
)  # fmt: skip
def test_which_are_one_paper(other: Found, one: bool) -> None:
    assert same(A, other) is one
    assert same(other, A) is one


def test_series_are_told_apart_by_their_short_words() -> None:
    first = paper("doi:10.1/a", "A Long Study of Very Many Interesting Things in Language Models: Part I", year=2024)
    second = paper("doi:10.1/b", "A Long Study of Very Many Interesting Things in Language Models: Part II", year=2024)
    third = paper("doi:10.1/c", "The Long Study of Very Many Interesting Things in Language Model: Part I", year=2024)
    assert not same(first, second)
    assert same(first, third)


def test_dois_and_semantic_scholars_ids_make_one() -> None:
    assert same(paper("arxiv:2402.00001", "x", doi="10.1/a"), paper("doi:10.1/a", "y", doi="10.1/a"))
    assert same(paper("arxiv:2402.00001", "x", s2="f"), paper("s2:f", "y", s2="f"))


def test_a_merged_paper_has_what_each_source_told() -> None:
    told = {
        "arxiv": [paper("arxiv:2402.00001", "Rewards", "arxiv", abstract="long abstract", year=2024, notes=("n1",))],
        "hf": [paper("arxiv:2402.00001", "Rewards", "hf", code="https://github.com/a/b")],
        "semantic": [
            paper("doi:10.1/x", "Rewards", "semantic", citations=7, doi="10.1/x", year=2025, authors=("A", "B"), notes=("n2", "n1"))
        ],
    }  # fmt: skip
    (one,) = merge(told)  # type: ignore[arg-type]
    assert (one.id, one.sources, one.citations, one.code) == (
        "arxiv:2402.00001",
        ("arxiv", "hf", "semantic"),
        7,
        "https://github.com/a/b",
    )
    assert (one.abstract, one.year, one.authors, one.doi) == ("long abstract", 2024, ("A", "B"), "10.1/x")
    assert one.notes == ("n1", "n2")


def test_two_preprints_do_not_come_together_through_a_third() -> None:
    told = {
        "arxiv": [
            paper("arxiv:2402.00001", "Rewards", "arxiv", doi="10.1/x"),
            paper("arxiv:2402.00002", "Rewards", "arxiv"),
        ],
        "semantic": [paper("doi:10.1/x", "Rewards", doi="10.1/x")],
    }
    assert sorted(p.id for p in merge(told)) == ["arxiv:2402.00001", "arxiv:2402.00002"]  # type: ignore[arg-type]


def test_a_paper_that_links_two_groups_joins_them() -> None:
    told = {
        "arxiv": [paper("arxiv:2402.00001", "One", "arxiv", s2="f")],
        "hf": [paper("doi:10.1/x", "Two", "hf", doi="10.1/x")],
        "semantic": [paper("s2:f", "Three", doi="10.1/x", s2="f")],
    }
    assert [p.id for p in merge(told)] == ["arxiv:2402.00001"]  # type: ignore[arg-type]


def test_two_sources_outweigh_one_first_place_and_words_break_near_ties() -> None:
    both = paper("arxiv:2402.00009", "Both")
    told = {
        "arxiv": [paper("arxiv:2402.00001", "First"), both],
        "hf": [paper("arxiv:2402.00002", "Other first"), both],
    }
    assert rank("nothing of it", told)[0].id == both.id  # type: ignore[arg-type]
    named = {"arxiv": [paper("arxiv:2402.00001", "First"), paper("arxiv:2402.00002", "Reward collapse")]}
    assert rank("reward collapse", named)[0].id == "arxiv:2402.00002"  # type: ignore[arg-type]


def test_equals_go_by_id_and_the_order_of_the_dictionary_changes_nothing() -> None:
    lists = {
        "arxiv": [paper("arxiv:2402.00002", "B")],
        "hf": [paper("arxiv:2402.00001", "A")],
        "semantic": [paper("arxiv:2402.00003", "C")],
    }
    orders = {tuple(p.id for p in rank("q", {s: lists[s] for s in order})) for order in permutations(lists)}  # type: ignore[misc]
    assert orders == {("arxiv:2402.00001", "arxiv:2402.00002", "arxiv:2402.00003")}


def test_a_paper_twice_in_one_list_counts_once() -> None:
    told = {"hf": [paper("arxiv:2402.00001", "A"), paper("arxiv:2402.00001", "A"), paper("arxiv:2402.00002", "B")]}
    assert [p.id for p in rank("q", told)] == ["arxiv:2402.00001", "arxiv:2402.00002"]  # type: ignore[arg-type]
