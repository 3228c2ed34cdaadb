"""Short texts and rows of numbers found again on one line of what a model was told.

Every word and number of what was told knows the lines it stands on, as bits of one number; a row was shown if all of its own stand
on one line. Where a line names the table's columns, each value has to stand under its own name.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from lab.data.shown_texts import STRETCH, letters, own, unescaped
from lab.data.table import Input, as_number

ENOUGH = 4
"""Values of a row that tell it from others by themselves; of fewer, the answer has to stand on the line too."""
PHRASE = 3
"""Words of a short text that tell it from others when they stand side by side."""
BEGINNING = 100
"""Characters of a longer cell that are compared: every tool shows so many before it cuts."""

NUMBERED = re.compile(r"(?:\d+: )?(\{.*\})\s*")
ATOM = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?!\w)|\w+")
TRUTH = {"true": "1", "false": "0"}


def atoms(text: str) -> list[str]:
    """Words and numbers, small, numbers in one spelling."""
    return [_spelt(found) for found in ATOM.findall(unescaped(text).casefold())]


def _spelt(word: str) -> str:
    number = as_number(word)
    return TRUTH.get(word, word) if number is None else f"{number:.10g}"


def of_value(value: Any) -> list[str]:
    """The atoms of a cell; of a long one those of its beginning, without a last word that may be cut."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [str(int(value))]
    if isinstance(value, int | float):
        return [f"{value:.10g}"]
    text = str(value)
    return atoms(text if len(text) <= BEGINNING else text[:BEGINNING].rpartition(" ")[0])


@dataclass
class _Lines:
    """Lines that were told, by the words and numbers on them."""

    said: list[str] = field(default_factory=list)
    """The atoms of each, side by side, so that a phrase is found in it."""
    cells: set[str] = field(default_factory=set)
    bits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """An atom's lines; the second of its kind on a line has a name of its own, so that a row with it twice needs both."""
    named: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    naming: int = 0
    """Lines that name every column of the table."""

    @property
    def every(self) -> int:
        return (1 << len(self.said)) - 1

    def add(self, line: str, columns: Set[str]) -> None:
        bit = 1 << len(self.said)
        cells = _cells(line)
        found = [
            of for _, value in cells for of in (atoms(value) if isinstance(value, str) else of_value(value), ["|"])
        ]
        flat = [atom for each in found for atom in each]
        self.said.append(f" {' '.join(flat)} ")
        for name, count in Counter(flat).items():
            for nth in range(1, count + 1):
                self.bits[_nth(name, nth)] |= bit
        self.cells.update(" ".join(each) for each in found if len(cells) > 1)
        if columns and columns <= {name for name, _ in cells}:
            self.naming |= bit
            for name, value in cells:
                self.named[name, " ".join(of_value(value))] |= bit

    def holding(self, wanted: Iterable[str], among: int) -> int:
        """Of these lines those on which all of it stands, each as often as it is wanted."""
        counts: Counter[str] = Counter()
        for atom in wanted:
            counts[atom] += 1
            among &= self.bits.get(_nth(atom, counts[atom]), 0)
            if not among:
                break
        return among

    def numbers(self, among: int) -> Iterator[int]:
        while among:
            low = among & -among
            yield low.bit_length() - 1
            among ^= low


def _nth(atom: str, nth: int) -> str:
    return atom if nth == 1 else f"{atom}\n{nth}"


def _cells(line: str) -> list[tuple[str, Any]]:
    """Names and values of a line that is an object of JSON, its lists and objects taken apart; else the line as one cell."""
    match = NUMBERED.fullmatch(line)
    try:
        said = json.loads(match[1]) if match else None
    except ValueError:
        said = None
    return list(_leaves("", said)) if isinstance(said, dict) else [("", line)]


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(str(key), each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(name, each)
    else:
        yield name, value


def on_one_line(inputs: Sequence[Input], answers: Sequence[Set[str]], told: Iterable[str], known: Set[int]) -> set[int]:
    """Numbers of the inputs that stand on one line; texts that are long enough to be found by themselves are left out."""
    names = {name for given in inputs[:1] if isinstance(given, dict) for name in given}
    lines = _Lines()
    for line in dict.fromkeys(line for each in told for line in each.split("\n")):
        if line.strip():
            lines.add(line, names)
    middles = own([given if isinstance(given, str) else "" for given in inputs])
    return {
        at for at, given in enumerate(inputs) if at not in known
        and (_row_stands(lines, given, answers[at]) if isinstance(given, dict) else _text_stands(lines, given, middles[at], answers[at]))
    }  # fmt: skip


def _row_stands(lines: _Lines, given: Mapping[str, Any], answers: Set[str]) -> bool:
    under = lines.naming
    for name, value in given.items():
        if not under:
            break
        if value is not None:
            under &= lines.named.get((name, " ".join(of_value(value))), 0)
    if under and any(value is not None for value in given.values()):
        return True
    wanted = (atom for value in given.values() for atom in of_value(value))
    among = lines.holding(wanted, lines.every & ~lines.naming)
    if not among:
        return False
    count = sum(len(of_value(value)) for value in given.values())
    return count >= ENOUGH or (
        bool(count) and any(lines.holding(of_value(answer), among) for answer in answers if answer)
    )


def _text_stands(lines: _Lines, text: str, middle: str, answers: Set[str]) -> bool:
    if len(letters(middle)) >= STRETCH:
        return False
    words, few = atoms(text), atoms(middle)
    if not words:
        return False
    phrase = " ".join(words)
    if phrase in lines.cells:
        return True
    beside = _beside(lines, words)
    if beside and len(words) >= PHRASE:
        return True
    both = beside | (_beside(lines, few) if len(few) > 1 else 0)
    return bool(both) and any(lines.holding(of_value(answer), both) for answer in answers if answer)


def _beside(lines: _Lines, words: Sequence[str]) -> int:
    """Lines on which the words stand side by side."""
    phrase = f" {' '.join(words)} "
    return sum(1 << at for at in lines.numbers(lines.holding(words, lines.every)) if phrase in lines.said[at])
