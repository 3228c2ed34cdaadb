"""Time, memory, recall and precision of the overlap detector, and of a plain implementation of the same three stages.

python bench/overlap.py --rows 1000000                 the detector alone
python bench/overlap.py --rows 100000 --reference      and the plain one (scikit-learn, rapidfuzz) beside it on the same rows

Train rows are made as they are read, so memory is the detector's; the time to make them is measured by a pass of its own and taken off.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

BATCH = 4000
KINDS = ("exact", "case", "edit", "reorder", "paraphrase", "embedded")
NEGATIVE = ("clean", "twin")
BOILER = (
    "Answer the following question as carefully as you can and explain each of your steps.",
    "You are a helpful assistant; please reply to the message below in a short and polite way.",
    "Read the passage and then write down the one sentence which tells best what it is about.",
    "Below is an instruction that describes a task. Write a response that completes the request.",
    "Translate the text into plain language and keep every name and every number as it is.",
)
PEOPLE = ["Tom", "Ann", "Bob", "Sue", "Kim", "Lee", "Max", "Joe", "Pat", "Ray", "Eva", "Ian", "Zoe", "Amy", "Gus"]
THINGS = ["apples", "books", "coins", "cards", "stamps", "pens", "shells", "plates", "chairs", "lamps"]


class World:
    """Texts of a Zipf vocabulary: two in five under a boilerplate instruction, one in ten a templated sum."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=draw.randint(2, 10))) for _ in range(30_000)]
        total = 0.0
        self.odds = [total := total + 1 / (rank + 2.7) for rank in range(30_000)]

    def text(self, draw: random.Random) -> str:
        length = max(8, min(120, round(draw.lognormvariate(3.33, 0.4))))
        return " ".join(draw.choices(self.words, cum_weights=self.odds, k=length))

    def sum(self, draw: random.Random) -> str:
        who, other = draw.sample(PEOPLE, 2)
        what = draw.choice(THINGS)
        return (
            f"{who} has {draw.randint(2, 999)} {what} and gets {draw.randint(2, 999)} more from {other}. Then {who} gives away "
            f"{draw.randint(2, 99)} of them. How many {what} does {who} have now?"
        )

    def row(self, draw: random.Random) -> str:
        kind = draw.random()
        if kind < 0.1:
            return self.sum(draw)
        return f"{draw.choice(BOILER)} {self.text(draw)}" if kind < 0.5 else self.text(draw)

    def copy(self, kind: str, text: str, draw: random.Random) -> str:
        words = text.split()
        if kind == "case":
            return "  ".join(words).upper() + " !!"
        if kind == "edit":
            for _ in range(draw.randint(1, 3)):
                at = draw.randrange(len(words))
                words[at : at + 1] = draw.choice([[], [draw.choice(self.words)], [words[at], draw.choice(self.words)]])
        if kind == "reorder":
            third = len(words) // 3
            words = words[third : 2 * third] + words[2 * third :] + words[:third]
        if kind == "paraphrase":
            windows = [draw.sample(part, len(part)) for part in (words[at : at + 4] for at in range(0, len(words), 4))]
            words = [draw.choice(self.words) if draw.random() < 0.15 else word for part in windows for word in part]
        if kind == "embedded":
            around = draw.choices(self.words, cum_weights=self.odds, k=120)
            words = around[:60] + words + around[60:]
        return " ".join(words)


def side_to_test(world: World, rows: int, seed: int) -> tuple[list[str], list[str]]:
    """Test rows and what was done to each: a tenth of each copied kind, three tenths clean, a tenth twins."""
    draw = random.Random(seed)
    kinds = [kind for kind in KINDS for _ in range(rows // 10)]
    kinds += ["twin"] * (rows // 10) + ["clean"] * (rows - len(kinds) - rows // 10)
    lead = {"twin": world.sum}
    return [lead.get(kind, world.text if draw.random() < 0.6 else world.row)(draw) for kind in kinds], kinds


def train_side(
    world: World, rows: int, test: list[str], kinds: list[str], seed: int
) -> Callable[[], Iterator[list[str]]]:
    """A function that makes the same train rows again each time, a batch at a time, copies strewn among them."""
    draw = random.Random(seed)
    copied = [at for at, kind in enumerate(kinds) if kind in KINDS]
    places = dict(zip(draw.sample(range(rows), len(copied)), copied, strict=True))

    def batches() -> Iterator[list[str]]:
        for start in range(0, rows, BATCH):
            own = random.Random(seed * 1_000_003 + start)
            batch = [world.row(own) for _ in range(min(BATCH, rows - start))]
            for at in range(len(batch)):
                if start + at in places:
                    number = places[start + at]
                    batch[at] = world.copy(kinds[number], test[number], own)
            yield batch

    return batches


def ours(test: list[str], batches: Iterator[list[str]]) -> set[int]:
    from lab.checks.overlap.find import find_overlap

    return set(find_overlap(test, batches).real.tolist())


def plain(test: list[str], batches: Iterator[list[str]]) -> set[int]:
    """The three stages with stock parts: hash, rarity-weighted containment by sparse product, rapidfuzz on the best twenty."""
    import heapq
    import re

    import numpy as np
    from rapidfuzz import fuzz
    from sklearn.feature_extraction.text import HashingVectorizer

    def normal(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    vectors = HashingVectorizer(
        analyzer=str.split, n_features=2**20, norm=None, alternate_sign=False, binary=True, dtype=np.float32
    )
    tests = [normal(text) for text in test]
    exact = {text: at for at, text in enumerate(tests)}
    first: list[list[str]] = []
    for batch in batches:
        first.append([normal(text) for text in batch])
        if sum(map(len, first)) >= 20_000:
            break
    sample = vectors.transform([text for batch in first for text in batch])
    frequency = np.asarray(sample.sum(axis=0)).ravel()
    rarity = np.log((sample.shape[0] + 1) / (frequency + 1)).astype(np.float32)
    rarity[frequency > 0.02 * sample.shape[0]] = 0
    side = vectors.transform(tests).multiply(rarity).tocsr()
    total = np.asarray(side.sum(axis=1)).ravel()
    side = side.multiply(1 / np.maximum(total, 1e-9)[:, None]).tocsr().T.tocsr()
    found: set[int] = set()
    best: list[list[tuple[float, int, str]]] = [[] for _ in tests]

    def rest() -> Iterator[list[str]]:
        yield from first
        for batch in batches:
            yield [normal(text) for text in batch]

    count = 0
    for batch in rest():
        found.update(exact[text] for text in batch if text in exact)
        score = (vectors.transform(batch) @ side).tocoo()
        keep = score.data >= 0.6
        for row, number, value in zip(score.row[keep], score.col[keep], score.data[keep], strict=True):
            count += 1
            heapq.heappush(best[number], (float(value), count, batch[row]))
            if len(best[number]) > 20:
                heapq.heappop(best[number])
    for number, candidates in enumerate(best):
        for _, _, text in candidates:
            if max(fuzz.token_set_ratio(tests[number], text), fuzz.partial_ratio(tests[number], text)) >= 80:
                found.add(number)
    return found


def measure(rows: int, tests: int, seed: int, method: str) -> dict[str, object]:
    """One method in this process: processor seconds and memory beyond what was there before."""
    world = World(seed)
    test, kinds = side_to_test(world, tests, seed + 1)
    batches = train_side(world, rows, test, kinds, seed + 2)
    before = time.process_time()
    for batch in batches():
        _ = len(batch)
    making = time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = time.process_time()
    found = {"ours": ours, "plain": plain}[method](test, batches())
    seconds = time.process_time() - before - making
    of = {kind: [at for at, its in enumerate(kinds) if its == kind] for kind in (*KINDS, *NEGATIVE)}
    copied = {at for kind in KINDS for at in of[kind]}
    return {
        "method": method, "rows": rows, "cpu_s": round(seconds, 1), "making_s": round(making, 1),
        "extra_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024),
        "recall": round(len(found & copied) / len(copied), 4), "precision": round(len(found & copied) / max(1, len(found)), 4),
        **{kind: round(len(found & set(of[kind])) / max(1, len(of[kind])), 3) for kind in of},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--tests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--reference", action="store_true", help="measure the plain implementation too, in a process of its own"
    )
    parser.add_argument("--method", choices=("ours", "plain"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.method:
        print(json.dumps(measure(asked.rows, asked.tests, asked.seed, asked.method)))
        return
    results = []
    for method in ("ours", "plain") if asked.reference else ("ours",):
        command = [sys.executable, __file__, "--method", method]
        command += [word for name in ("rows", "tests", "seed") for word in (f"--{name}", str(getattr(asked, name)))]
        results.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(json.dumps(results[-1]), flush=True)
    if len(results) == 2:
        print(f"processor time, ours over plain: {results[0]['cpu_s'] / results[1]['cpu_s']:.2f}")


if __name__ == "__main__":
    main()
