"""The offline literature: every entry sound, searches find what a researcher would expect, broken files are named."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.papers.bm25 import Passage, search
from lab.papers.follow import related
from lab.papers.library import LIBRARY, Entry, find_entry, load_library, parse_entry
from lab.papers.words import terms
from state.errors import UserError

ENTRIES = load_library()
GOOD = """---
id: arxiv:2402.03300
title: A title
authors: Someone
year: 2024
kind: paper
methods: [grpo]
looked_up: {where: "a page, https://example.org/x", on: 2026-11-21}
recipes:
  - {name: run, method: grpo, settings: {learning_rate: 3e-4}, result: fine, place: section 1}
---
What it found.
"""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_is_sound(entry: Entry) -> None:
    assert 80 <= len(entry.body.split()) <= 200
    assert all(re.fullmatch(r"[a-z0-9-]+", method) for method in entry.methods)
    for heading in ("What to do with it", "When it misleads"):
        assert heading in entry.body
    if entry.kind == "paper":
        assert entry.looked_up is not None
        assert re.search(r"https?://\S+\.\S+", entry.looked_up.where)
        assert entry.looked_up.on.year == 2026
        arxiv_year = int(entry.id[6:8]) + 2000
        assert entry.year == arxiv_year
    else:
        assert entry.recipes
        assert entry.based_on


def test_the_library_is_as_large_as_promised_and_ids_are_unique() -> None:
    kinds = [entry.kind for entry in ENTRIES]
    assert kinds.count("paper") >= 24
    assert kinds.count("recipe") >= 8
    assert len({entry.id for entry in ENTRIES}) == len(ENTRIES)


def test_a_file_is_named_after_its_kind_and_a_recipe_after_its_id() -> None:
    for path in LIBRARY.glob("*.md"):
        if path.name != "README.md":
            entry = parse_entry(path)
            assert path.stem.startswith(f"{entry.kind}-")
            assert entry.kind == "paper" or entry.id == f"postgrad:{path.stem}"


def test_settings_are_numbers_where_they_look_like_numbers() -> None:
    for entry in ENTRIES:
        for recipe in entry.recipes:
            for value in recipe.settings.values():
                assert not (isinstance(value, str) and re.fullmatch(r"[\d.]+(e-?\d+)?", value))
    rate = find_entry("postgrad:recipe-grpo-tiny-arithmetic").recipes[0].settings["learning_rate"]
    assert rate == 3e-4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("reward collapse learning rate too high grpo", "postgrad:recipe-grpo-learning-rate"),
        ("KL penalty beta to stop drift", "postgrad:recipe-grpo-kl"),
        ("entropy collapse exploration clip higher", "postgrad:recipe-grpo-entropy"),
        ("group of two generations noisy advantage", "postgrad:recipe-grpo-group-size"),
        ("reward is always zero from the first step", "postgrad:recipe-grpo-zero-signal"),
        ("proxy reward rises while accuracy falls, reward hacking", "postgrad:recipe-grpo-reward-hacking"),
        ("teach a tiny transformer to add two-digit numbers with GRPO", "postgrad:recipe-grpo-tiny-arithmetic"),
        ("Teach a tiny transformer to add", "arxiv:2307.03381"),
        ("leakage duplicates across splits", "arxiv:2207.07048"),
        ("how many seeds", "arxiv:1806.08295"),
        ("confidence interval for a small benchmark", "arxiv:2503.01747"),
        ("beat this baseline on a tabular dataset", "postgrad:recipe-tabular-ladder"),
        ("classify texts with TF-IDF", "postgrad:recipe-text-tfidf-logistic"),
        ("best-of-n with a verifier", "arxiv:2110.14168"),
        ("majority vote over sampled answers", "arxiv:2203.11171"),
        ("answers get longer, length bias", "arxiv:2503.20783"),
        ("fine-tune with low-rank adapters", "arxiv:2106.09685"),
        ("does a random reward work as well? benchmark contamination", "arxiv:2507.10532"),
        ("agent tampers with the evaluator", "arxiv:2603.11337"),
        ("preference pairs chosen rejected", "arxiv:2305.18290"),
        ("2402.03300", "arxiv:2402.03300"),
    ],
)
def test_a_search_finds_it_among_the_first_three(query: str, expected: str) -> None:
    hits = search(query, 3)
    assert expected in [hit.id for hit in hits]
    for hit in hits:
        assert hit.why
        assert set(hit.why) <= set(terms(query))
        assert hit.snippet
        assert hit.score > 0


def test_hits_are_ordered_and_equals_stand_by_id() -> None:
    twins = [Passage("b", "Same", "a walrus sings"), Passage("a", "Same", "a walrus sings")]
    twice = [search("walrus songs sung by a walrus", 5, extra_texts=texts) for texts in (twins, twins[::-1])]
    assert twice[0] == twice[1]
    assert [hit.id for hit in twice[0]][:2] == ["a", "b"]
    scores = [hit.score for hit in search("grpo entropy", 30)]
    assert scores == sorted(scores, reverse=True)


def test_words_in_every_text_do_not_turn_the_ranking_round() -> None:
    texts = [Passage("once", "", "seal data early"), Passage("twice", "", "seal the seal")]
    assert [hit.id for hit in search("seal", 2, entries=[], extra_texts=texts)] == ["twice", "once"]
    assert [hit.id for hit in search("seal", 2, entries=[], extra_texts=texts[:1])] == ["once"]


def test_a_search_without_a_match_is_empty_and_without_words_an_error() -> None:
    assert search("zyzzyva", 3) == []
    assert search("grpo", 3, entries=[]) == []
    with pytest.raises(UserError, match="nothing to search for"):
        search("how is it?", 3)
    with pytest.raises(UserError, match="at least 1"):
        search("grpo", 0)


def test_terms_fold_case_accents_plurals_and_keep_compounds() -> None:
    assert "best-of-n" in terms("Best-of-N")
    assert terms("low-rank") == ["low-rank", "low", "rank"]
    assert terms("Seeds loss bias") == ["seed", "loss", "bias"]
    assert terms("learning_rate=3e-4") == ["learning_rate", "learning", "rate", "3e-4", "3e"]
    assert terms("Gaël") == terms("gael")


def test_related_follows_links_both_ways() -> None:
    assert related("arxiv:2503.20783")[:2] == ["arxiv:2402.03300", "arxiv:2501.12948"]
    assert "arxiv:2503.20783" in related("arxiv:2402.03300")
    assert "postgrad:recipe-grpo-kl" in related("arxiv:2210.10760")
    with pytest.raises(UserError, match=re.escape("arxiv:9999.99999 is not in the library")):
        related("arxiv:9999.99999")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("---\nid", "id"), "no front matter"),
        (("year: 2024", "year: [2024"), "not valid YAML"),
        (("year: 2024", "year: soon"), "year"),
        (("arxiv:2402.03300", "2402.03300"), "id"),
        (("authors: Someone\n", ""), "authors"),
        (("kind: paper", "kind: rumour"), "kind"),
        (("kind: paper", "kind: paper\nsource: hearsay"), "source"),
        (('looked_up: {where: "a page, https://example.org/x", on: 2026-11-21}\n', ""), "looked_up"),
        (("https://example.org/x", "memory"), "looked_up.where"),
        (("What it found.\n", ""), "body"),
        (("methods: [grpo]", "methods: [grpo]\nmethods: [ppo]"), "not valid YAML"),
        (("methods: [grpo]", "methods: [grpo]\ncites: ['arxiv:1111.11111']"), "arxiv:1111.11111"),
    ],
)
def test_a_broken_entry_is_named_in_one_line(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "paper-x.md").write_text(GOOD.replace(*change), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_library(tmp_path)
    message = str(caught.value)
    assert "paper-x.md" in message or "arxiv:2402.03300" in message
    assert said in message
    assert "\n" not in message


def test_a_good_entry_a_repeated_id_and_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no library entries"):
        load_library(tmp_path)
    one = tmp_path / "one"
    one.mkdir()
    (one / "paper-x.md").write_text(GOOD, encoding="utf-8")
    (entry,) = load_library(one)
    assert entry.recipes[0].settings == {"learning_rate": 3e-4}
    two = tmp_path / "two"
    shutil.copytree(one, two)
    shutil.copy(two / "paper-x.md", two / "paper-y.md")
    with pytest.raises(UserError, match=re.escape("arxiv:2402.03300 is used by two entries")):
        load_library(two)


@pytest.mark.slow
def test_the_sunset_notice_is_the_only_warning_silenced_and_loading_imports_no_langchain() -> None:
    """In a fresh interpreter with warnings as errors, as the first search of a process."""
    code = (
        "import sys; from lab.papers.bm25 import search; from lab.papers.library import load_library; load_library()\n"
        "assert not [name for name in sys.modules if name.startswith('langchain')]\n"
        "print(search('grpo', 1)[0].id)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_nothing_else_imports_the_package_that_is_being_wound_down() -> None:
    root = LIBRARY.parent.parent
    rooms = ("state", "prompts", "lab", "nodes", "graph", "app")
    files = [path for room in rooms for path in (root / room).rglob("*.py")]
    importing = [path.name for path in files if re.search(r"(from|import) langchain_community", path.read_text())]
    assert importing == ["bm25.py"]
