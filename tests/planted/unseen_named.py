"""Unseen half: a benchmark, another result or a ceiling is named beside the files. Closed until the end."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

from tests.planted import make_named as make
from tests.planted import mutate
from tests.planted.case import Case, Row, Shelf, Smell
from tests.planted.make_overlap import as_chat, exams
from tests.planted.make_prompts import riddles
from tests.planted.make_smells import DOUBT, GOOD
from tests.planted.words import sentence

FOUND: Shelf[Case] = Shelf("benchmarks")
HEALTHY: Shelf[Case] = Shelf("clean benchmarks")
SMELLS: Shelf[Smell] = Shelf("named smells")
HONEST: Shelf[Smell] = Shelf("named honest results")


@FOUND.add("benchmark_relettered")
def _relettered(folder: Path) -> Case:
    rng = random.Random("benchmark e")
    items = exams(rng, 70, sentence)
    own = [as_chat(item, rng) for item in exams(rng, 300, sentence)]
    change = partial(as_chat, reletter=True)
    return make.benchmark(folder, "benchmark_relettered", items, own, change, share=0.5, seed=5, ending="parquet")


@FOUND.add("benchmark_reworded_riddles")
def _reworded(folder: Path) -> Case:
    """Transitive: riddles of the benchmark with a word or two changed, under other column names."""

    def derive(item: Row, rng: random.Random) -> Row:
        return {"instruction": mutate.edit(item["prompt"], rng), "output": item["answer"]}

    rng = random.Random("benchmark f")
    items = riddles(rng, 100)
    own = [{"instruction": r["prompt"], "output": r["answer"]} for r in riddles(rng, 600)]
    return make.benchmark(folder, "benchmark_reworded_riddles", items, own, derive, share=0.3, seed=6, ending="csv")


@HEALTHY.add("healthy_benchmark_riddles")
def _clean(folder: Path) -> Case:
    rng = random.Random("benchmark g")
    items = riddles(rng, 100)
    own = [{"instruction": r["prompt"], "output": r["answer"]} for r in riddles(rng, 600)]
    return make.benchmark(
        folder, "healthy_benchmark_riddles", items, own, lambda item, _: item, share=0, seed=7, ending="jsonl"
    )


make.clone(SMELLS, "cloned_other_five", 301, 600, "abcde", 0.66, True)
make.clone(SMELLS, "cloned_other_many", 302, 3000, "abcd", 0.9, True)
make.clone(HONEST, "other_result_weak", 303, 500, "abcde", 0.5, False)
make.clone(HONEST, "other_result_few", 304, 60, "ab", 0.85, False)
make.above(SMELLS, "above_named_ceiling_close", 305, 2000, 0.96, "0.92", DOUBT)
make.above(HONEST, "at_named_ceiling", 306, 400, 0.9, "91%", GOOD)
