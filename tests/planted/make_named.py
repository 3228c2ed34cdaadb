"""Cases with something named beside the two files: a benchmark, another result, a ceiling."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.planted import make_smells as make
from tests.planted.case import LEAKING, NOT_LEAKING, Case, Row, Rows, Shelf, Smell, pair, write
from tests.planted.make_smells import DOUBT, GOOD

Change = Callable[[Row, random.Random], Row]


def benchmark(
    folder: Path, name: str, items: Rows, own: Rows, change: Change, *, share: float, seed: int, ending: str
) -> Case:
    """A split that is clean in itself, whose training part holds items of a benchmark; share 0 makes a healthy set."""
    rng = random.Random(f"{name}{seed}")
    cut = len(own) * 3 // 4
    train = own[:cut] + [change(items[i], rng) for i in rng.sample(range(len(items)), round(share * len(items)))]
    rng.shuffle(train)
    named = write(folder / f"benchmark.{ending}", items)
    files = pair(folder, train, own[cut:], "jsonl")
    options = ("--benchmark", str(named))
    if not share:
        return Case(name, *files, options, (), NOT_LEAKING)
    return Case(name, *files, options, ("contamination",), LEAKING)


def _beside(folder: Path, case: Smell, other: make.Values) -> Smell:
    """The same result with the predictions of another one beside it."""
    file = write(folder / f"other{case.predictions.suffix}", [{"prediction": p} for p in other])
    return Smell(
        case.name, case.predictions, case.answers, (*case.options, "--others", str(file)), case.verdict, case.says
    )


def clone(shelf: Shelf[Smell], name: str, seed: int, n: int, kinds: str, accuracy: float, same: bool) -> None:
    """Another model's predictions beside these: the very same ones, or ones that agree as two honest models do."""

    def build(folder: Path) -> Smell:
        rng = random.Random(seed)
        answers = make.labels(rng, n, kinds)
        said = make.guesses(rng, answers, accuracy)
        case = make.put(
            folder, name, said, answers, verdict=DOUBT if same else GOOD, says="clon|identical|same|cop" if same else ""
        )
        return _beside(folder, case, said if same else make.guesses(rng, answers, accuracy + 0.02))

    shelf.put(name, build)


def above(
    shelf: Shelf[Smell], name: str, seed: int, n: int, accuracy: float, ceiling: str, verdict: frozenset[str]
) -> None:
    """A result and the most that an honest one could reach."""

    def build(folder: Path) -> Smell:
        rng = random.Random(seed)
        answers = make.labels(rng, n, "abc")
        return make.put(
            folder, name, make.guesses(rng, answers, accuracy), answers, "--ceiling", ceiling, verdict=verdict
        )

    shelf.put(name, build)
