"""Is an agent going in circles? Pure functions over what it did: the tool, the arguments, and what came back.

Only the tail counts. What was repeated an hour ago is over as soon as something else is done, and a poll whose answer
changes is no repetition however often it is made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RUNNING = 3
"""The same call with the same result so often running: twice may be a look at what was written in between."""

LONGEST_CYCLE = 5
"""Calls in a cycle. Longer ones are rare, and every stage has its cap of calls besides."""

TURNS = 2
"""So often has a cycle of two or more calls to be gone through, each with the same results."""


@dataclass(frozen=True)
class Act:
    """One call and its result, by their hashes."""

    tool: str
    args: str
    result: str
    refused: bool = False
    """It was not carried out, because it would have gone on with a loop; `result` is what came back the time before."""

    @property
    def same(self) -> tuple[str, str, str]:
        return self.tool, self.args, self.result


def hashed(value: Any) -> str:
    """Of arguments in any order of their keys, or of a result's text."""
    words = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def act(tool: str, args: Mapping[str, Any], result: str) -> Act:
    return Act(tool, hashed(args), hashed(result))


def loop(history: Sequence[Act]) -> tuple[Act, ...]:
    """The shortest cycle that the history ends in, oldest call first; empty when it goes in no circle."""
    for length in range(1, LONGEST_CYCLE + 1):
        wanted = RUNNING if length == 1 else length * TURNS
        tail = history[-wanted:]
        if len(tail) == wanted and all(tail[at].same == tail[at - length].same for at in range(length, wanted)):
            return tuple(tail[-length:])
    return ()


def going_on(history: Sequence[Act], calls: Sequence[tuple[str, str]]) -> list[Act | None]:
    """For each of a reply's calls, in order, the act it would repeat; None from the first on that changes course."""
    cycle = loop(history)
    found: list[Act | None] = []
    for at, (tool, args) in enumerate(calls):
        old = cycle[at % len(cycle)] if cycle else None
        follows = old is not None and (at == 0 or found[-1] is not None) and (old.tool, old.args) == (tool, args)
        found.append(old if follows else None)
    return found


def in_words(cycle: Sequence[Act]) -> str:
    """What is repeated, for the model and for the report."""
    tools = " → ".join(one.tool for one in cycle)
    if len(cycle) == 1:
        return f"the same call of {tools} has given the same result {RUNNING} times running"
    return f"the calls {tools} go round in a circle, each with the same result as before"
