"""Longer texts found again in what a model was told: cut, reshaped, set in a template, with other spaces or escapes.

Texts are compared by their letters and digits alone. Stretches of 24 of them are looked up in a set, at every twelfth place of a
row's text, so that the work grows with the texts and not with rows times what was told.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set

from lab.data.table import Input

STRETCH = 24
"""Letters that make a stretch: four or five words, which two texts seldom share by chance when they are short."""
EVERY = 12
"""Half a stretch: whatever sets a text apart lies in at least one stretch that is looked up."""
ALL = 60
"""Letters in one piece that are enough of any text, twelve words; of a shorter one half is. A cell is never cut below 120."""
FEW, OF = 20, 200
"""A stretch in at most so many rows, and in one of 200, is their own; in more it is a template, unless it was told half as often."""

WORK = 50_000_000
"""Letters that are compared one by one, some seconds: what is made to need more is taken for shown."""

ESCAPED = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[nrtbf])")
LOWER = bytes(range(256)).lower()
DROPPED = bytes(each for each in range(128) if not chr(each).isalnum())


def unescaped(text: str) -> str:
    """Escapes of JSON as what they stand for; done to both sides, so that it need not know which texts are JSON."""
    if "\\" not in text:
        return text
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", text)


def letters(text: str) -> str:
    """Letters and digits alone, small."""
    plain = unescaped(text)
    if plain.isascii():
        return plain.encode().translate(LOWER, DROPPED).decode()
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", plain).casefold()))


def own(texts: Sequence[str]) -> list[str]:
    """The same without the beginning and the end that all of them share: a template is nobody's."""
    given = [text for text in texts if text]
    if len(set(given)) < 2:
        return ["" for _ in texts]
    head = _shared(min(given), max(given))
    turned = [text[head:][::-1] for text in given]
    tail = _shared(min(turned), max(turned))
    return [text[head : len(text) - tail] for text in texts]


def _shared(one: str, other: str) -> int:
    """Letters with which both begin; of the first and last text in order, with which all begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def in_running_text(inputs: Sequence[Input], answers: Sequence[Set[str]], told: Iterable[str]) -> set[int]:
    """Numbers of the inputs of which a longer text, or of whose answers one, was shown."""
    stream = "\0".join(_fresh(told))
    stretches = {stream[at : at + STRETCH] for at in range(len(stream) - STRETCH + 1)}
    few = min(FEW, len(inputs) // OF)
    found: set[int] = set()
    for owners, texts in columns(inputs, answers):
        runs: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, text in zip(owners, own([letters(text) for text in texts]), strict=True):
            for run in _runs(text, stretches):
                runs[run].append((at, min(ALL, max(STRETCH, len(text) // 2))))
        found |= _telling(runs, stream, few)
    return found


def _fresh(told: Iterable[str]) -> list[str]:
    """Each result without lines that were told before: a row that is looked at ten times was told once."""
    seen: set[str] = set()
    made = []
    for each in told:
        lines = [line for line in dict.fromkeys(each.split("\n")) if line not in seen]
        seen.update(lines)
        made.append(letters("\n".join(lines)))
    return made


def columns(inputs: Sequence[Input], answers: Sequence[Set[str]]) -> list[tuple[list[int], list[str]]]:
    """Texts of one kind together, each with the number of its input."""
    made: dict[str, tuple[list[int], list[str]]] = defaultdict(lambda: ([], []))
    for at, given in enumerate(inputs):
        for name, value in (given if isinstance(given, dict) else {"": given}).items():
            if isinstance(value, str):
                made[f"input {name}"][0].append(at)
                made[f"input {name}"][1].append(value)
        for answer in answers[at]:
            made["answer"][0].append(at)
            made["answer"][1].append(answer)
    return list(made.values())


def _telling(runs: Mapping[str, Sequence[tuple[int, int]]], stream: str, few: int) -> set[int]:
    """Whose runs are their own: a stretch of one, or all of it, is in few other rows, or was told nearly as often as it is held."""
    held: Counter[str] = Counter()
    for run, owners in runs.items():
        for piece in set(pieces(run)):
            held[piece] += len(owners)
    places: dict[str, list[int]] = defaultdict(list)
    for at in range(len(stream) - STRETCH + 1 if held else 0):
        if (piece := stream[at : at + STRETCH]) in held:
            places[piece].append(at)
    found: set[int] = set()
    work = [WORK]
    for run, owners in runs.items():
        rare = [at for at, piece in enumerate(pieces(run)) if held[piece] <= max(few, 2 * len(places[piece]))]
        count = min(len(places[piece]) for piece in pieces(run))
        enough = 1 if len(owners) <= few else -(-len(owners) // 2)
        whole = len(owners) <= max(few, 2 * count) and _stands(run, stream, enough)  # all of it, told in one piece
        longest = len(run) if whole else 0
        for at in () if whole else rare[::EVERY]:
            longest = max(longest, _goes_on(run, at, stream, places, work))
            if longest >= ALL:
                break
        found.update(owner for owner, needed in owners if longest >= needed)
    return found


def _stands(run: str, stream: str, times: int) -> bool:
    """Whether all of it was told so often."""
    at = -1
    for _ in range(times):
        at = stream.find(run, at + 1)
        if at < 0:
            return False
    return True


def _goes_on(run: str, at: int, stream: str, places: Mapping[str, Sequence[int]], work: list[int]) -> int:
    """How many letters of a run round this stretch were told in one piece, as far as it matters."""
    longest = 0
    for place in places[run[at : at + STRETCH]]:
        begin, end = 0, STRETCH
        while begin < ALL and at - begin > 0 and place - begin > 0 and run[at - begin - 1] == stream[place - begin - 1]:
            begin += 1
        while (
            end < ALL and at + end < len(run) and run[at + end : at + end + 1] == stream[place + end : place + end + 1]
        ):
            end += 1
        longest = max(longest, begin + end)
        work[0] -= begin + end
        if longest >= ALL or work[0] < 0:
            return ALL
    return longest


def pieces(run: str) -> list[str]:
    """All stretches of a run."""
    return [run[at : at + STRETCH] for at in range(len(run) - STRETCH + 1)]


def _runs(text: str, stretches: Set[str]) -> list[str]:
    """The parts of a text of which every stretch was told, each as long as it goes on."""
    last = len(text) - STRETCH
    if last < 0:
        return []
    hits = [at for at in range(0, last, EVERY) if text[at : at + STRETCH] in stretches]
    if text[last:] in stretches:
        hits.append(last)
    found: list[str] = []
    end = -1
    for at in hits:
        if at <= end:
            continue
        begin, end = at, at
        while begin > 0 and text[begin - 1 : begin - 1 + STRETCH] in stretches:
            begin -= 1
        while end < last and text[end + 1 : end + 1 + STRETCH] in stretches:
            end += 1
        found.append(text[begin : end + STRETCH])
    return found
