"""Unseen half: the same faults of results in other shapes. Closed until the end."""

from __future__ import annotations

import random
from pathlib import Path

from tests.planted import make_smells as make
from tests.planted.case import Shelf, Smell, write
from tests.planted.make_smells import DOUBT, FAIL
from tests.planted.words import name as a_name
from tests.planted.words import sentence

SHELF: Shelf[Smell] = Shelf("smells")


def _drawn(
    seed: int, n: int, kinds: str | tuple[object, ...], accuracy: float
) -> tuple[make.Values, make.Values, random.Random]:
    rng = random.Random(seed)
    answers = make.labels(rng, n, kinds)
    return make.guesses(rng, answers, accuracy), answers, rng


@SHELF.add("off_by_one_with_ids")
def _ids(folder: Path) -> Smell:
    """The ids were given out after the shift, so that joining by them doesn't mend it."""
    said, answers, _ = _drawn(101, 700, tuple(range(10)), 0.96)
    return make.put(
        folder,
        "off_by_one_with_ids",
        make.shifted(said, 1),
        answers,
        ids=list(range(700)),
        mixed=101,
        ending="csv",
        verdict=FAIL,
    )


@SHELF.add("off_by_one_free_text")
def _free(folder: Path) -> Smell:
    rng = random.Random(102)
    answers = [f"{a_name(rng)} {a_name(rng)}" for _ in range(260)]
    said = [a if rng.random() < 0.8 else a_name(rng) for a in answers]
    return make.put(folder, "off_by_one_free_text", make.shifted(said, -1), answers, verdict=FAIL)


@SHELF.add("off_by_one_dropped_first")
def _header(folder: Path) -> Smell:
    """The first row was taken for a header and the last one repeated."""
    said, answers, _ = _drawn(103, 450, "abcde", 0.9)
    return make.put(folder, "off_by_one_dropped_first", [*said[1:], said[-1]], answers, ending="csv", verdict=FAIL)


@SHELF.add("permuted_three")
def _three(folder: Path) -> Smell:
    said, answers, _ = _drawn(104, 240, (0, 1, 2), 0.97)
    return make.put(folder, "permuted_three", make.mapped(said, (0, 1, 2), 2), answers, ending="csv", verdict=FAIL)


@SHELF.add("permuted_two_of_six")
def _two(folder: Path) -> Smell:
    """Only two of the names were changed for each other."""
    said, answers, _ = _drawn(105, 900, "abcdef", 0.94)
    swap = {"b": "e", "e": "b"}
    return make.put(folder, "permuted_two_of_six", [swap.get(p, p) for p in said], answers, verdict=DOUBT)


@SHELF.add("permuted_alphabetical")
def _alphabet(folder: Path) -> Smell:
    """Numbers of classes sorted as words: 10 comes after 1."""
    kinds = [str(i) for i in range(12)]
    said, answers, _ = _drawn(106, 1200, tuple(kinds), 0.95)
    sorted_kinds = sorted(kinds)
    return make.put(folder, "permuted_alphabetical", [sorted_kinds[int(p)] for p in said], answers, verdict=FAIL)


@SHELF.add("denominator_confident_only")
def _confident(folder: Path) -> Smell:
    said, answers, rng = _drawn(107, 800, "abc", 0.7)
    keep = [i for i in range(800) if (rng.random() < 0.95 if said[i] == answers[i] else rng.random() < 0.25)]
    claim = sum(said[i] == answers[i] for i in keep) / len(keep)
    given = write(folder / "predictions.csv", [{"id": i, "prediction": said[i]} for i in keep])
    wanted = write(folder / "answers.csv", [{"id": i, "answer": a} for i, a in enumerate(answers)])
    return Smell("denominator_confident_only", given, wanted, ("--claimed", f"{claim:.1%}"), FAIL)


@SHELF.add("denominator_numeric_nulls")
def _numeric(folder: Path) -> Smell:
    rng = random.Random(108)
    answers = [rng.randint(100, 999) for _ in range(500)]
    said = [a if rng.random() < 0.6 else None if rng.random() < 0.6 else a + 1 for a in answers]
    told = [(p, a) for p, a in zip(said, answers, strict=True) if p is not None]
    claim = sum(p == a for p, a in told) / len(told)
    return make.put(folder, "denominator_numeric_nulls", said, answers, "--claimed", f"{claim:.4f}", verdict=FAIL)


@SHELF.add("denominator_last_quarter_gone")
def _quarter(folder: Path) -> Smell:
    """The run died before its end, and the mean is over what there is."""
    said, answers, _ = _drawn(109, 400, "abcd", 0.82)
    claim = sum(p == a for p, a in zip(said[:300], answers[:300], strict=True)) / 300
    given = write(folder / "predictions.jsonl", [{"id": f"t{i}", "prediction": p} for i, p in enumerate(said[:300])])
    wanted = write(folder / "answers.jsonl", [{"id": f"t{i}", "answer": a} for i, a in enumerate(answers)])
    return Smell("denominator_last_quarter_gone", given, wanted, ("--claimed", f"{claim:.3f}"), FAIL)


@SHELF.add("constant_text")
def _constant_text(folder: Path) -> Smell:
    answers = make.labels(random.Random(110), 300, ("entailment", "neutral", "contradiction"))
    return make.put(folder, "constant_text", ["neutral"] * 300, answers, verdict=FAIL)


@SHELF.add("constant_mean_of_numbers")
def _mean(folder: Path) -> Smell:
    _, answers = make.numbers(random.Random(111), 300, 1)
    mean = round(sum(answers) / 300, 3)
    return make.put(
        folder, "constant_mean_of_numbers", [mean] * 300, answers, "--metric", "r2", ending="csv", verdict=FAIL
    )


@SHELF.add("constant_but_three")
def _almost(folder: Path) -> Smell:
    rng = random.Random(112)
    answers = make.labels(rng, 500, ("no", "yes"), (17, 3))
    said = ["no"] * 500
    for i in rng.sample(range(500), 3):
        said[i] = "yes"
    return make.put(folder, "constant_but_three", said, answers, verdict=FAIL)


for _n, _right, _claim, _seed in ((30, 14, "45.5%", 113), (120, 97, "0.8125", 114), (198, 81, "41.2%", 115)):

    def _impossible(folder: Path, n: int = _n, right: int = _right, claim: str = _claim, seed: int = _seed) -> Smell:
        rng = random.Random(seed)
        answers = make.labels(rng, n, "ABCD")
        said = [a if i < right else make.mapped([a], "ABCD")[0] for i, a in enumerate(answers)]
        return make.put(folder, f"impossible_{seed}", said, answers, "--claimed", claim, ending="csv", verdict=FAIL)

    SHELF.put(f"impossible_{_seed}", _impossible)


@SHELF.add("majority_of_five")
def _five(folder: Path) -> Smell:
    """Guesses drawn in the proportions of the classes."""
    rng = random.Random(116)
    weights = (12, 3, 2, 2, 1)
    answers = make.labels(rng, 1000, "abcde", weights)
    return make.put(folder, "majority_of_five", make.labels(rng, 1000, "abcde", weights), answers, verdict=FAIL)


@SHELF.add("majority_minus_a_little")
def _minus(folder: Path) -> Smell:
    rng = random.Random(117)
    answers = make.labels(rng, 600, (0, 1), (7, 3))
    said = [1 if rng.random() < 0.12 else 0 for _ in answers]
    return make.put(folder, "majority_minus_a_little", said, answers, ending="csv", verdict=FAIL)


@SHELF.add("majority_beaten_by_train")
def _told(folder: Path) -> Smell:
    """Balanced coin tosses."""
    rng = random.Random(118)
    answers = make.labels(rng, 900, ("heads", "tails"))
    return make.put(
        folder, "majority_beaten_by_train", make.labels(rng, 900, ("heads", "tails")), answers, verdict=FAIL
    )


for _noise, _kinds, _seed in ((0.25, ("yes", "no"), 119), (0.2, tuple("abcdefgh"), 120), (0.18, (1, 2, 3, 4), 121)):

    def _ceiling(folder: Path, noise: float = _noise, kinds: tuple[object, ...] = _kinds, seed: int = _seed) -> Smell:
        rng = random.Random(seed)
        train = write(folder / "train.jsonl", make.conflicting(rng, 400, kinds, noise))
        answers = make.labels(rng, 800, kinds)
        more = [{"text": f"case number {400 + i} of the ward"} for i in range(800)]
        return make.put(
            folder,
            f"ceiling_{seed}",
            make.guesses(rng, answers, 0.995),
            answers,
            "--train",
            str(train),
            more=more,
            verdict=DOUBT,
        )

    SHELF.put(f"ceiling_{_seed}", _ceiling)


@SHELF.add("cloned_long_answers")
def _long(folder: Path) -> Smell:
    rng = random.Random(122)
    answers = [f"{sentence(rng)} {sentence(rng)} {sentence(rng)}" for _ in range(200)]
    return make.put(folder, "cloned_long_answers", answers, answers, ending="csv", verdict=DOUBT)


@SHELF.add("cloned_two_answers_for_all")
def _pair(folder: Path) -> Smell:
    """Two answers in turn, to hundreds of different questions."""
    rng = random.Random(123)
    answers = [str(rng.randint(1, 500)) for _ in range(400)]
    return make.put(folder, "cloned_two_answers_for_all", ["42", "7"] * 200, answers, verdict=DOUBT)


@SHELF.add("cloned_float_answers")
def _floats(folder: Path) -> Smell:
    rng = random.Random(124)
    answers = [rng.lognormvariate(3, 1) for _ in range(500)]
    return make.put(folder, "cloned_float_answers", answers, answers, "--metric", "mse", verdict=DOUBT)


@SHELF.add("claim_differs_balanced")
def _balanced(folder: Path) -> Smell:
    """Accuracy claimed under the name of balanced accuracy."""
    rng = random.Random(125)
    answers = make.labels(rng, 1200, ("well", "ill"), (8, 2))
    said = [a if rng.random() < (0.98 if a == "well" else 0.55) else "well" if a == "ill" else "ill" for a in answers]
    claim = sum(p == a for p, a in zip(said, answers, strict=True)) / 1200
    return make.put(
        folder,
        "claim_differs_balanced",
        said,
        answers,
        "--metric",
        "balanced_accuracy",
        "--claimed",
        f"{claim:.3f}",
        verdict=FAIL,
    )


@SHELF.add("claim_differs_r2")
def _r2(folder: Path) -> Smell:
    return make.put(
        folder,
        "claim_differs_r2",
        *make.numbers(random.Random(126), 400, 8),
        "--metric",
        "r2",
        "--claimed",
        "0.93",
        ending="csv",
        verdict=FAIL,
    )


@SHELF.add("claim_differs_upwards_by_rounding_twice")
def _rounding(folder: Path) -> Smell:
    said, answers, _ = _drawn(127, 1000, "abcd", 0.0)
    said = [answers[i] if i < 746 else said[i] for i in range(1000)]
    return make.put(
        folder, "claim_differs_upwards_by_rounding_twice", said, answers, "--claimed", "75.0%", verdict=FAIL
    )


for _claim, _seed in (("71", 128), ("8.7", 129), ("0.87%", 130)):

    def _percent(folder: Path, claim: str = _claim, seed: int = _seed) -> Smell:
        said, answers, _ = _drawn(seed, 400, "abc", 0.87)
        return make.put(
            folder, f"percent_{seed}", said, answers, "--claimed", claim, verdict=FAIL, refused="%" not in claim
        )

    SHELF.put(f"percent_{_seed}", _percent)


for _claim, _metric, _seed in (
    ("-0.1", "accuracy", 131),
    ("112.5%", "macro_f1", 132),
    ("1.0001", "balanced_accuracy", 133),
):

    def _beyond(folder: Path, claim: str = _claim, metric: str = _metric, seed: int = _seed) -> Smell:
        said, answers, _ = _drawn(seed, 300, "abc", 0.95)
        return make.put(
            folder,
            f"beyond_{seed}",
            said,
            answers,
            f"--claimed={claim}",
            "--metric",
            metric,
            verdict=FAIL,
            refused=True,
        )

    SHELF.put(f"beyond_{_seed}", _beyond)
