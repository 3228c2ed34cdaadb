"""fewshot_overlap: a question of the test among the worked examples of a prompt."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lab.checks.parts import Looked, Roles, Table
from lab.checks.tables.cells import blank
from lab.checks.tables.frame import sample
from lab.checks.tables.layouts import SHORT, Prompt, flat, split_prompt, strings, telling
from lab.checks.tables.say import finding, pair, read
from state.products import Finding

KIND = "fewshot_overlap"
EXAMPLES = re.compile(
    r"(?<![a-z])(few_?-?shots?|shots?|examples?|demos?|demonstrations?|exemplars?|context_qa|icl|in_?context)(?![a-z])",
    re.IGNORECASE,
)
"""What columns are called that hold the examples: by whole words, since `article` holds `icl` too."""
BLOCK_ROWS = 3
MOST = 20_000
COMMON = 0.2
"""A piece that is the own question of more than this share of rows is part of the template."""
SURE = 1e-3
"""Short questions meet by chance as often as they do among themselves; more must be less likely than this."""

Hits = dict[int, int]
"""Test rows whose question is shown, and the row that shows it."""


def _prompts(table: Table, roles: Roles, places: Sequence[int]) -> list[Prompt]:
    """Each row's own question and its examples, over all text columns."""
    names = [name for name in roles.text if name in table.columns and name != roles.label]
    banks = [name for name in table.columns if EXAMPLES.search(name) and name != roles.label]
    asked = [name for name in names if name not in banks] or names
    found = []
    for place in places:
        own = whole = ""
        examples: set[str] = set()
        loose: dict[str, str] = {}
        for name in asked:
            value = table.columns[name][place]
            if blank(value):
                continue
            prompt = split_prompt("\n".join(strings(value)) if not isinstance(value, str) else value)
            if not own and telling(prompt.own):
                own, whole = prompt.own, prompt.whole
            examples |= prompt.examples
            loose |= prompt.loose
        for name in banks:
            for text in strings(table.columns[name][place]):
                shown = split_prompt(text)
                examples |= shown.examples | ({shown.own} if telling(shown.own) else set())
        found.append(Prompt(own, frozenset(examples), loose, whole))
    return found


def fewshot_overlap(train: Table, test: Table, roles: Roles, seed: int = 0) -> Looked:
    """Do the examples of any prompt hold a question of the test?"""
    if not [name for name in roles.text if name in test.columns and name != roles.label]:
        return Looked(KIND, not_run="no text column")
    there = sample(len(test), MOST, seed).tolist()
    here = sample(len(train), MOST, seed).tolist()
    asked, taught = _prompts(test, roles, there), _prompts(train, roles, here)
    if not any(each.examples or each.loose for each in (*asked, *taught)):
        return Looked(KIND, not_run="no prompt shows worked examples")
    counts = Counter(each.own for each in asked if each.own)
    template = {text for text, count in counts.items() if count > max(3, COMMON * len(asked))}
    answers = _answers(test, roles, there)
    own = {row: row for row, each in enumerate(asked) if each.own in each.examples and each.own not in template}
    own = _beyond(own, asked, asked, (*asked, *taught))
    among = _hits(asked, asked, answers, template)
    others = _beyond({k: v for k, v in among.items() if k not in own}, asked, asked, (*asked, *taught))
    learnt = _beyond(_hits(asked, taught, answers, template), asked, taught, (*asked, *taught))
    at = [int(test.index[place]) for place in there]
    said = [
        _said(own, len(asked), "test prompts show their own question among the worked examples",
              ({"test": at[row]} for row in own)),
        _said(others, len(asked), "test questions are worked examples in the prompts of other test rows",
              ({"test": at[row], "shown_in_test": at[host]} for row, host in others.items())),
        _said(learnt, len(asked), "test questions are worked examples in the prompts of train",
              (pair(train, test, here[host], there[row]) for row, host in learnt.items())),
    ]  # fmt: skip
    return Looked(KIND, tuple(each for each in said if each), looked_at=read(train, test, len(here), len(there)))


def _said(rows: Hits, of: int, what: str, examples: Iterator[dict[str, int]]) -> Finding | None:
    if not rows:
        return None
    severity = "block" if len(rows) >= BLOCK_ROWS else "warn"
    why = f"{len(rows)} of {of:,} {what}"
    return finding(KIND, severity, len(rows), of, why, "draw the examples from train", examples)


def _answers(test: Table, roles: Roles, there: Sequence[int]) -> list[str]:
    values = test.columns.get(roles.label or "")
    return [flat(str(values[place])) if values and not blank(values[place]) else "" for place in there]


def _hits(asked: list[Prompt], hosts: list[Prompt], answers: list[str], template: set[str]) -> Hits:
    """Questions worked in the prompts of these hosts. Where no marks tell an example, its answer must follow it."""
    shown: dict[str, int] = {}
    loose: dict[str, list[int]] = {}
    for row, each in enumerate(hosts):
        for text in each.examples:
            shown.setdefault(text, row)
        for text in each.loose:
            loose.setdefault(text, []).append(row)
    found: Hits = {}
    for row, each in enumerate(asked):
        if not each.own or each.own in template:
            continue
        marked = shown.get(each.own)
        if marked is not None and not _goes_on(each, hosts[marked]):
            found[row] = marked
            continue
        for host in loose.get(each.own, ())[:20]:
            if _worked(answers[row], each.own, hosts[host].loose) and not _goes_on(each, hosts[host]):
                found[row] = host
                break
    return found


def _goes_on(prompt: Prompt, host: Prompt) -> bool:
    """Is the host the same conversation, some turns later?"""
    return host is not prompt and len(host.whole) > len(prompt.whole) and host.whole.startswith(prompt.whole)


def _worked(answer: str, question: str, loose: Mapping[str, str]) -> bool:
    behind = loose[question].replace(question, " ", 1)
    return (bool(answer.strip()) and f" {answer.strip()} " in f" {behind} ") or (
        len(answer) > SHORT and answer in behind
    )


def _beyond(hits: Hits, asked: Sequence[Prompt], hosts: Sequence[Prompt], everyone: Sequence[Prompt]) -> Hits:
    """The hits, but short questions only where they are more than short questions meet by chance."""
    from scipy.stats import poisson

    short = {row for row in hits if sum(map(str.isalnum, asked[row].own)) < SHORT}
    if not short:
        return hits
    counts = Counter(each.own for each in everyone if each.own and sum(map(str.isalnum, each.own)) < SHORT)
    rows = sum(counts.values())
    meet = (sum(count * (count - 1) for count in counts.values()) + 1) / max(1, rows * (rows - 1))
    shown = len({text for each in hosts for text in each.examples if sum(map(str.isalnum, text)) < SHORT})
    expected = meet * shown * sum(1 for each in asked if each.own and sum(map(str.isalnum, each.own)) < SHORT)
    if poisson.sf(len(short) - 1, expected) < SURE:
        return hits
    return {row: host for row, host in hits.items() if row not in short}
