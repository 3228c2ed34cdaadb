"""Shown half: results with a bug or a wish in them."""

from __future__ import annotations

import random
from pathlib import Path

from tests.planted import make_smells as make
from tests.planted.case import Shelf, Smell, write
from tests.planted.make_smells import DOUBT, FAIL
from tests.planted.words import name as a_name
from tests.planted.words import sentence

SHELF: Shelf[Smell] = Shelf("smells")
SHIFT = r"shift|off.by|align|position|moved|order|row"
MAP = r"permut|map|swap|relabel|renam|label"
DENOMINATOR = r"denominator|unparsed|missing|dropped|rows|parsed|answered"
CONSTANT = r"constant|same|one answer|single|varie|unique|majority"
GRIM = r"impossible|possible|reach|k/n|n=|of 150|grim|claim"
MAJORITY = r"majority|baseline|most common|commonest"
CEILING = r"ceiling|noise|too good|perfect|conflict"
CLONED = r"clon|identical|cop|repeat|same|too good|perfect"
CLAIM = r"claim|differ|real|recompute"


def _classes(seed: int, n: int, k: int, accuracy: float) -> tuple[make.Values, make.Values, random.Random]:
    rng = random.Random(seed)
    answers = make.labels(rng, n, [f"c{i}" for i in range(k)])
    return make.guesses(rng, answers, accuracy), answers, rng


for _n, _k, _by, _seed in ((500, 10, 1, 1), (300, 4, -1, 2), (1200, 2, 1, 3)):

    def _off(folder: Path, n: int = _n, k: int = _k, by: int = _by, seed: int = _seed) -> Smell:
        said, answers, _ = _classes(seed, n, k, 0.95)
        return make.put(folder, f"off_by_one_{seed}", make.shifted(said, by), answers, verdict=FAIL, says=SHIFT)

    SHELF.put(f"off_by_one_{_seed}", _off)


for _k, _accuracy, _seed in ((5, 0.9, 4), (2, 0.93, 5), (10, 0.85, 6)):

    def _map(folder: Path, k: int = _k, accuracy: float = _accuracy, seed: int = _seed) -> Smell:
        said, answers, _ = _classes(seed, 400, k, accuracy)
        kinds = [f"c{i}" for i in range(k)]
        return make.put(folder, f"permuted_{seed}", make.mapped(said, kinds), answers, verdict=FAIL, says=MAP)

    SHELF.put(f"permuted_{_seed}", _map)


@SHELF.add("denominator_rows_gone")
def _gone(folder: Path) -> Smell:
    """Only the rows that were right were written; 100 % of them is claimed."""
    said, answers, _ = _classes(7, 400, 4, 0.65)
    ids = [f"r{i}" for i in range(400)]
    kept = [i for i in range(400) if said[i] == answers[i]]
    given = write(folder / "predictions.jsonl", [{"id": ids[i], "prediction": said[i]} for i in kept])
    wanted = write(folder / "answers.jsonl", [{"id": i, "answer": a} for i, a in zip(ids, answers, strict=True)])
    return Smell("denominator_rows_gone", given, wanted, ("--claimed", "1.0"), FAIL, DENOMINATOR)


@SHELF.add("denominator_nulls")
def _nulls(folder: Path) -> Smell:
    """A third could not be parsed; the claim is over the others."""
    said, answers, rng = _classes(8, 600, 5, 0.8)
    for i in rng.sample(range(600), 200):
        said[i] = None
    told = [(p, a) for p, a in zip(said, answers, strict=True) if p is not None]
    claim = sum(p == a for p, a in told) / len(told)
    return make.put(
        folder, "denominator_nulls", said, answers, "--claimed", f"{claim:.3f}", verdict=FAIL, says=DENOMINATOR
    )


@SHELF.add("denominator_empty_strings")
def _empty(folder: Path) -> Smell:
    said, answers, rng = _classes(9, 300, 3, 0.85)
    for i in rng.sample(range(300), 90):
        said[i] = ""
    told = [(p, a) for p, a in zip(said, answers, strict=True) if p]
    claim = 100 * sum(p == a for p, a in told) / len(told)
    return make.put(
        folder,
        "denominator_empty_strings",
        said,
        answers,
        "--claimed",
        f"{claim:.1f}%",
        ending="csv",
        verdict=FAIL,
        says=DENOMINATOR,
    )


for _n, _weights, _seed in ((400, (1, 1), 10), (600, (19, 1), 11), (250, (3, 1, 1), 12)):

    def _constant(folder: Path, n: int = _n, weights: tuple[int, ...] = _weights, seed: int = _seed) -> Smell:
        answers = make.labels(random.Random(seed), n, "abc"[: len(weights)], weights)
        return make.put(folder, f"constant_{seed}", ["a"] * n, answers, ending="csv", verdict=FAIL, says=CONSTANT)

    SHELF.put(f"constant_{_seed}", _constant)


for _n, _right, _claim, _seed in ((150, 131, "87.4%", 13), (80, 61, "0.771", 14), (40, 33, "81.7%", 15)):

    def _impossible(folder: Path, n: int = _n, right: int = _right, claim: str = _claim, seed: int = _seed) -> Smell:
        rng = random.Random(seed)
        answers = make.labels(rng, n, "abcde")
        said = [a if i < right else make.mapped([a], "abcde")[0] for i, a in enumerate(answers)]
        order = rng.sample(range(n), n)
        return make.put(
            folder,
            f"impossible_{seed}",
            [said[i] for i in order],
            [answers[i] for i in order],
            "--claimed",
            claim,
            verdict=FAIL,
            says=GRIM,
        )

    SHELF.put(f"impossible_{_seed}", _impossible)


for _n, _rare, _hits, _seed in ((800, 0.1, 0.15, 16), (400, 0.2, 0.25, 17), (2000, 0.05, 0.1, 18)):

    def _majority(folder: Path, n: int = _n, rare: float = _rare, hits: float = _hits, seed: int = _seed) -> Smell:
        """Mostly the common class, and the rare one at chance."""
        rng = random.Random(seed)
        answers = make.labels(rng, n, ("fine", "fraud"), (1 - rare, rare))
        said = ["fraud" if rng.random() < hits / 3 else "fine" for _ in answers]
        return make.put(folder, f"majority_{seed}", said, answers, verdict=FAIL, says=MAJORITY)

    SHELF.put(f"majority_{_seed}", _majority)


for _noise, _accuracy, _seed in ((0.2, 0.998, 19), (0.15, 0.99, 20), (0.3, 0.97, 21)):

    def _ceiling(folder: Path, noise: float = _noise, accuracy: float = _accuracy, seed: int = _seed) -> Smell:
        """The same input has other labels in training, and yet hardly an answer is missed."""
        rng = random.Random(seed)
        kinds = ("low", "mid", "high")
        train = write(folder / "train.csv", make.conflicting(rng, 300, kinds, noise))
        answers = make.labels(rng, 600, kinds)
        more = [{"text": f"case number {300 + i} of the ward"} for i in range(600)]
        return make.put(
            folder, f"ceiling_{seed}", make.guesses(rng, answers, accuracy), answers, "--train", str(train), ending="csv", more=more,
            verdict=DOUBT, says=CEILING,
        )  # fmt: skip

    SHELF.put(f"ceiling_{_seed}", _ceiling)


@SHELF.add("cloned_free_text")
def _free(folder: Path) -> Smell:
    """Free answers of a model that equal the references to the last odd space."""
    rng = random.Random(22)
    answers = [sentence(rng) + rng.choice(("", " ", "  ")) + sentence(rng) for _ in range(300)]
    return make.put(folder, "cloned_free_text", answers, answers, verdict=DOUBT, says=CLONED)


@SHELF.add("cloned_block")
def _block(folder: Path) -> Smell:
    """Free answers of one batch written again and again for the others."""
    rng = random.Random(23)
    answers = [f"{a_name(rng)} {a_name(rng)}" for _ in range(320)]
    first = make.guesses(rng, answers, 0.7)[:32]
    return make.put(folder, "cloned_block", first * 10, answers, verdict=DOUBT)


@SHELF.add("cloned_numbers")
def _numbers(folder: Path) -> Smell:
    """A regression whose predictions are the answers."""
    _, answers = make.numbers(random.Random(24), 400, 1)
    return make.put(
        folder, "cloned_numbers", answers, answers, "--metric", "r2", ending="csv", verdict=DOUBT, says=CLONED
    )


for _real, _claim, _seed in ((0.71, "0.94", 25), (0.6, "72%", 26), (0.85, "0.89", 27)):

    def _differs(folder: Path, real: float = _real, claim: str = _claim, seed: int = _seed) -> Smell:
        said, answers, _ = _classes(seed, 1000, 4, real)
        return make.put(folder, f"claim_differs_{seed}", said, answers, "--claimed", claim, verdict=FAIL, says=CLAIM)

    SHELF.put(f"claim_differs_{_seed}", _differs)


for _claim, _seed in (("94", 28), ("94.0", 29), ("0.94%", 30)):

    def _percent(folder: Path, claim: str = _claim, seed: int = _seed) -> Smell:
        """A percent sign forgotten, or put where a fraction stands."""
        said, answers, _ = _classes(seed, 500, 4, 0.94)
        return make.put(
            folder, f"percent_{seed}", said, answers, "--claimed", claim, verdict=FAIL, refused="%" not in claim
        )

    SHELF.put(f"percent_{_seed}", _percent)


for _claim, _metric, _seed in (("1.04", "accuracy", 31), ("104%", "accuracy", 32), ("1.2", "r2", 33)):

    def _beyond(folder: Path, claim: str = _claim, metric: str = _metric, seed: int = _seed) -> Smell:
        """More than there is to have."""
        rng = random.Random(seed)
        said, answers = make.numbers(rng, 300, 4)
        if metric == "accuracy":
            said, answers, _ = _classes(seed, 300, 3, 0.9)
        return make.put(
            folder, f"beyond_{seed}", said, answers, "--claimed", claim, "--metric", metric, verdict=FAIL, refused=True
        )

    SHELF.put(f"beyond_{_seed}", _beyond)
