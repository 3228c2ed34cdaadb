"""What a run's model has said, in `replies.jsonl`: written down before anyone acts on it, read back after a kill.

A question is a model, a conversation, tools and settings. Asked twice in one visit of a stage, it was meant twice (a
second opinion, a reader's second paper that reads alike), so the second asking gets the second answer. A visit that is
begun again counts anew and finds both. Another visit asks anew: its stage came back because the first answer did not do.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic_core import to_jsonable_python

from lab.ledger.files import append_line, read_lines

Line = dict[str, Any]

REPLIES = "replies.jsonl"
"""In the run's folder: every paid answer, what was new in its question, and what it cost."""


REMEMBERED = 1024
"""Messages whose bare words are remembered: those of a few long conversations."""


class Replies:
    """The answers of one run, as one visit of a stage sees them."""

    def __init__(self, path: Path, visit: str = "") -> None:
        self.path, self.visit = path, visit
        self.kept: dict[str, list[Line]] = defaultdict(list)
        self.times: Counter[str] = Counter()
        """How often a question, as another run would ask it, was answered in the whole run."""
        self.calls: dict[str, float | None] = {}
        self.asked: Counter[str] = Counter()
        self.guard = threading.Lock()
        for line in read_lines(path):
            self._keep(line)

    def take(self, key: str) -> Line | None:
        """The answer this visit was given before, if it was."""
        with self.guard:
            before, kept = self.asked[key], self.kept[key]
            self.asked[key] += 1
            return kept[before] if before < len(kept) else None

    def add(self, line: Line) -> None:
        line = {**line, "visit": self.visit}
        append_line(self.path, line)
        with self.guard:
            self._keep(line)

    def _keep(self, line: Line) -> None:
        if "reply" not in line:  # of an older postgrad
            return
        self.times[line["shared"] if "shared" in line else line["key"]] += 1
        self.calls[line["call"]] = line["usd"]
        if line["visit"] == self.visit:
            self.kept[line["key"]].append(line)


def key_of(model: str, messages: list[BaseMessage], settings: dict[str, Any]) -> str:
    """The question by what is said, not by how its objects are called: a replayed conversation has the same keys."""
    told = [_told(message) for message in messages]
    return _hashed([model, told, settings])


def _told(message: BaseMessage) -> list[Any]:
    calls: list[Any] = []
    if isinstance(message, AIMessage):
        calls = [[c["id"], c["name"], c["args"]] for c in (*message.tool_calls, *message.invalid_tool_calls)]
    answers = message.tool_call_id if isinstance(message, ToolMessage) else None
    return [message.type, message.content, calls, answers]


TOOK = re.compile(
    r"\d+(?:[.,]\d+)?(?:e-?\d+)? ?(?:ns|µs|us|ms|s|sec|secs|seconds?|min|minutes?|h|hours?)\b(?!/)"
    r"|\d+(?:\.\d+)? ?(?:s/it|it/s|steps?/s|rows/s|samples/s|iterations?/s)\b|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
    r"|\d{4}-\d{2}-\d{2}(?=[T ]\d)"
    r"|\d[\d,]* bytes|(?<=result )[0-9a-f]{20}\b"
    r"|(?<=[\"' ])(?:t|time|timestamp|created|seconds|secs|elapsed|duration|took|runtime|wall"
    r"|\w+_(?:s|sec|seconds|time|per_second|runtime))"
    r"[\"']?\s*[:=]\s*-?\d[\d.e+-]*"
)
"""How long something took, or when, how large what tells it is, and the mark that fences it: never the same twice."""


def shared_key(model: str, messages: list[BaseMessage], settings: dict[str, Any], workspace: Path) -> str:
    """The question as another run would ask it: without where this one's folder is, and how long its tools took."""

    def bare(message: BaseMessage) -> list[Any]:
        told = _told(message)
        text = message.content if isinstance(message.content, str) else json.dumps(message.content)
        return [told[0], _anyones(text, str(workspace), isinstance(message, ToolMessage)), *told[2:]]

    return _hashed([model, [bare(message) for message in messages], settings])


@lru_cache(maxsize=REMEMBERED)
def _anyones(text: str, workspace: str, from_a_tool: bool) -> str:
    """Remembered: a conversation is looked through again at each call, and only its end is new."""
    name = Path(workspace).name
    text = re.sub(rf"{re.escape(workspace)}|\bruns/{re.escape(name)}\b", "RUN", text)
    return TOOK.sub("#", text.replace(f'"run": "{name}"', '"run": "RUN"')) if from_a_tool else text


def _hashed(whole: list[Any]) -> str:
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()


def what_is_new(messages: list[BaseMessage]) -> list[Line]:
    """What was said since the model last spoke; the rest stands in the lines before, so the file grows with the talk."""
    last = max((at for at, message in enumerate(messages) if isinstance(message, AIMessage)), default=-1)
    return [{"role": message.type, "content": clean(message.content)} for message in messages[last + 1 :]]


def kept_of(message: AIMessage) -> Line:
    """An answer as plain JSON."""
    extra = {name: value for name, value in message.additional_kwargs.items() if name not in ("tool_calls", "function_call")}  # fmt: skip
    return {
        "content": message.content, "calls": message.tool_calls, "broken": message.invalid_tool_calls,
        "extra": to_jsonable_python(extra, fallback=str), "usage": message.usage_metadata,
        "finish": message.response_metadata.get("finish_reason"), "id": message.id,
    }  # fmt: skip


def message_of(kept: Line, **about: Any) -> AIMessage:
    """The same answer again."""
    return AIMessage(
        content=kept["content"], tool_calls=kept["calls"], invalid_tool_calls=kept["broken"], id=kept["id"],
        additional_kwargs=kept["extra"], usage_metadata=kept["usage"],
        response_metadata={"finish_reason": kept["finish"], "model_provider": "litellm", **about},
    )  # fmt: skip


def clean(value: Any) -> Any:
    """What can be written down: half characters become question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(key): clean(inner) for key, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list | tuple) else value
