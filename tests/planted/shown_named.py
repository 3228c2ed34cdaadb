"""Shown half: a benchmark, another result or a ceiling is named beside the files."""

from __future__ import annotations

import random
from pathlib import Path

from tests.planted import make_named as make
from tests.planted.case import Case, Rows, Shelf, Smell
from tests.planted.make_overlap import as_chat, as_prose, exams
from tests.planted.make_smells import DOUBT, GOOD
from tests.planted.words import paragraphs, sentence

FOUND: Shelf[Case] = Shelf("benchmarks")
HEALTHY: Shelf[Case] = Shelf("clean benchmarks")
SMELLS: Shelf[Smell] = Shelf("named smells")
HONEST: Shelf[Smell] = Shelf("named honest results")


def _notes(seed: str, count: int) -> Rows:
    return [{"text": text} for text in paragraphs(seed, count)]


@FOUND.add("benchmark_in_notes")
def _in_notes(folder: Path) -> Case:
    items = exams(random.Random("benchmark a"), 90, sentence)
    return make.benchmark(
        folder, "benchmark_in_notes", items, _notes("own a", 400), as_prose, share=0.4, seed=1, ending="jsonl"
    )


@FOUND.add("benchmark_copied")
def _copied(folder: Path) -> Case:
    items = _notes("benchmark b", 120)
    return make.benchmark(
        folder,
        "benchmark_copied",
        items,
        _notes("own b", 400),
        lambda item, _: dict(item),
        share=0.3,
        seed=2,
        ending="csv",
    )


@FOUND.add("benchmark_in_chat")
def _in_chat(folder: Path) -> Case:
    rng = random.Random("benchmark c")
    items = exams(rng, 90, sentence)
    own = [as_chat(item, rng) for item in exams(rng, 320, sentence)]
    return make.benchmark(folder, "benchmark_in_chat", items, own, as_chat, share=0.4, seed=3, ending="jsonl")


@HEALTHY.add("healthy_benchmark_in_chat")
def _clean_chat(folder: Path) -> Case:
    """Other questions in the same form as the benchmark's."""
    rng = random.Random("benchmark d")
    items = exams(rng, 90, sentence)
    own = [as_chat(item, rng) for item in exams(rng, 320, sentence)]
    return make.benchmark(folder, "healthy_benchmark_in_chat", items, own, as_chat, share=0, seed=4, ending="jsonl")


make.clone(SMELLS, "cloned_other_three", 201, 400, "abc", 0.8, True)
make.clone(SMELLS, "cloned_other_binary", 202, 900, "yn", 0.71, True)
make.clone(SMELLS, "cloned_other_ten", 203, 250, "abcdefghij", 0.6, True)
make.clone(HONEST, "other_result_three", 204, 400, "abc", 0.8, False)
make.clone(HONEST, "other_result_strong", 205, 300, "abcd", 0.96, False)
make.above(SMELLS, "above_named_ceiling", 206, 800, 0.97, "0.9", DOUBT)
make.above(SMELLS, "above_named_ceiling_percent", 207, 500, 0.99, "85%", DOUBT)
make.above(HONEST, "below_named_ceiling", 208, 800, 0.83, "0.9", GOOD)
