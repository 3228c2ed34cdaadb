"""prompt_contains_answer: the gold answer stands in the prompt, more often than another row's answer does.

Options of a question and the passage it is asked about hold the answer rightly. What gives it away is a cue before it
('answer: X'), or that prompts end with it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank
from lab.checks.tables.frame import sample, take
from lab.checks.tables.say import finding, percent, read, rows_of
from lab.checks.tables.target import read_target
from state.products import Finding

KIND = "prompt_contains_answer"
CUE = re.compile(
    r"(?:\b(?:(?:correct|right|true|gold) (?:option|choice)|"
    r"(?:correct |gold |right |true |final |expected |reference )?(?:answer|solution|label|target|output|response|result|"
    r"category|class|ground[ _]?truth|completion|answer key|gold|hint)s?"
    r"(?:\s+(?:is|are|was)\b\s*:?|\s*[:=]+>?|\s*->)|####|=>|\\boxed\{|</?(?:answer|label|solution)>)"
    r"[\s\"'`*(\[{]*)",
    re.IGNORECASE,
)
AFTER_CUE, AT_END = 200, 12
"""Characters after a cue that may hold the answer's start; characters that may follow an answer at the end."""
LONG = 3
"""Characters an answer needs to be looked for without a cue; 'B' or '4' stands everywhere."""
BLOCK_SHARE, BLOCK_ROWS = 0.05, 3
"""Of prompts that give the answer away, beyond what another row's answer would: a twentieth, and three at least."""
SAID_SHARE = 0.01
COPIED_SHARE, COPIED_WORDS = 0.2, 8
"""Whole sentences of the answer in a fifth of the prompts: told, for it may be copying by design."""
SURE = 1e-6
LAST_SHARE = 0.75
"""Of the prompts that hold the answer, how many must hold it last for the place to be more than one among several."""
MOSTLY = 0.5
"""An answer that is more than half of its prompt: correcting, copying, rewriting; holding it is the task."""
FEW_ANSWERS = 50
TURNS = 3
MOST, LONGEST = 4000, 20000


@dataclass(frozen=True)
class Found:
    """Rows in which the answer stands, by where it stands, and how often another row's would."""

    rows: list[int]
    shuffled: float
    of: int
    some: int
    """Rows in which any answer stands there, the right one or another: told at random, they would hit as `shuffled`."""
    same: float
    """Chance that two rows have one answer."""

    @property
    def excess(self) -> float:
        """Share of rows that are given away: the hits beyond chance, and those that chance hides."""
        return (len(self.rows) / self.of - self.shuffled) / max(0.02, 1 - self.same) if self.of else 0.0

    def sure(self) -> bool:
        from scipy.stats import binom

        by_luck = min(1.0, (self.shuffled * self.of + 0.5) / max(1, self.some))
        return float(binom.sf(len(self.rows) - 1, max(self.some, len(self.rows)), by_luck)) < SURE


def prompt_contains_answer(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Do the inputs give their answer away?"""
    texts = [name for name in roles.text if name != roles.label]
    if roles.label is None or not texts:
        return Looked(KIND, not_run="it needs a text column and a label column")
    target = read_target(train, test, roles)
    if isinstance(target, str):
        return Looked(KIND, not_run=target)
    found, looked = [], []
    for side, table in (("test", test), ("train", train)):
        if roles.label not in table.columns or not len(table):
            continue
        said, count = _side(side, table, roles.label, texts, target.kind == "open", seed)
        found.extend([said] if said else [])
        looked.append(f"{count:,} {side} rows")
    if not looked:
        return Looked(KIND, not_run="no labelled rows")
    return Looked(KIND, tuple(found), looked_at=f"{', '.join(looked)} of {read(train, test)}")


def _side(
    side: str, table: Table, label: str, texts: list[str], is_open: bool, seed: int
) -> tuple[Finding | None, int]:
    places = sample(len(table), MOST, seed)
    answers = ["" if blank(each) else _flat(str(each)) for each in take(table.columns[label], places)]
    known = [name for name in texts if name in table.columns]
    columns = [
        ["" if blank(each) else _flat(str(each)[:LONGEST]) for each in take(table.columns[name], places)]
        for name in known
    ]  # fmt: skip
    prompts = [" \n ".join(row) for row in zip(*columns, strict=True)] if columns else []
    full = [row for row in range(len(prompts)) if answers[row] and prompts[row]]
    if len(full) < 5:
        return None, len(full)
    rng = np.random.default_rng(seed)
    told = _compared([_cued(prompts[row]) for row in full], [answers[row] for row in full], rng, _begins)
    ends = _compared([prompts[row] for row in full], [answers[row] for row in full], rng, _ends)
    copied = _compared([prompts[row] for row in full], [answers[row] for row in full], rng, _holds)
    severity, seen, how = _judged(told, ends, copied, answers, prompts, full, is_open)
    if not severity:
        return None, len(full)
    rows = [int(places[full[row]]) for row in seen.rows]
    why = f"{len(rows)} of {len(full):,} {side} prompts {how}; another row's answer would in {percent(seen.shuffled)}"
    remedy = "cut the answer out of the prompt" if severity != "info" else ""
    return finding(KIND, severity, len(rows), len(full), why, remedy, rows_of(side, table, rows)), len(full)


def _judged(
    told: Found, ends: Found, copied: Found, answers: list[str], prompts: list[str], full: list[int], is_open: bool
) -> tuple[str, Found, str]:
    for seen, how in ((told, "name the answer ('answer: ...')"), (ends, "end with the answer")):
        if seen is ends and len(ends.rows) < LAST_SHARE * len(copied.rows):
            continue  # it stands anywhere, and sometimes last: a passage or a list of options
        if seen.excess >= SAID_SHARE and len(seen.rows) >= BLOCK_ROWS and seen.sure():
            return ("block" if seen.excess >= BLOCK_SHARE else "warn"), seen, how
    if not is_open or copied.excess < SAID_SHARE or not copied.sure():
        return "", copied, ""
    words = float(np.median([len(answers[full[row]].split()) for row in copied.rows]))
    whole = float(np.median([len(answers[full[row]]) / max(1, len(prompts[full[row]])) for row in copied.rows]))
    if copied.excess >= COPIED_SHARE and words >= COPIED_WORDS and whole < MOSTLY:
        return "warn", copied, "hold the whole answer, word for word"
    return "info", copied, "hold the answer somewhere, as passages and options do"


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def _cued(prompt: str) -> str:
    """What stands behind every cue, the pieces parted by a line end."""
    return "\n".join(prompt[each.end() : each.end() + AFTER_CUE] for each in CUE.finditer(prompt))


def _compared(texts: Sequence[str], answers: list[str], rng: np.random.Generator, fits: object) -> Found:
    """Rows whose own answer fits, against how often another row's does (of the same value counts as fitting too)."""
    assert callable(fits)
    rows = [row for row, text in enumerate(texts) if fits(text, answers[row])]
    hits = 0
    for _ in range(TURNS):
        order = rng.permutation(len(answers))
        hits += sum(bool(fits(texts[row], answers[other])) for row, other in enumerate(order.tolist()))
    counts = Counter(answers)
    same = sum((count / len(answers)) ** 2 for count in counts.values())
    some = len(texts)
    if len(counts) <= FEW_ANSWERS:
        some = sum(any(fits(text, each) for each in counts) for text in texts)
    return Found(rows, hits / (TURNS * len(answers)), len(answers), some, same)


def _begins(pieces: str, answer: str) -> bool:
    """Does one of the pieces begin with the answer, as a whole word?"""
    start = answer[:AFTER_CUE]
    return any(
        each.startswith(start) and not each[len(start) : len(start) + 1].isalnum() for each in pieces.split("\n")
    )


def _ends(prompt: str, answer: str) -> bool:
    if len(answer) < LONG or len(answer) > MOSTLY * len(prompt):
        return False
    place = prompt.rfind(answer)
    rest = len(prompt) - place - len(answer)
    return (
        place > 0
        and rest <= AT_END
        and _word(prompt, place, answer)
        and not prompt[place + len(answer) :].strip(" .!\"')]}>*")
    )


def _holds(prompt: str, answer: str) -> bool:
    place = prompt.find(answer) if len(answer) >= LONG else -1
    return place >= 0 and _word(prompt, place, answer)


def _word(prompt: str, place: int, answer: str) -> bool:
    before, after = prompt[place - 1 : place] if place else "", prompt[place + len(answer) : place + len(answer) + 1]
    return not ((before.isalnum() and answer[:1].isalnum()) or (after.isalnum() and answer[-1:].isalnum()))
