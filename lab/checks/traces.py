"""What a log says of its own: tracebacks with their chains, the script's own frames, the last words."""

from __future__ import annotations

import re
from dataclasses import dataclass

WIDEST = 240
"""Characters of a line that is shown."""
MESSAGE_LINES = 6
HEAD = "Traceback (most recent call last):"
LINKS = ("During handling of the above exception", "The above exception was the direct cause")
ASIDE = ("Exception ignored in", "Exception in thread", "Task exception was never retrieved")
"""Tracebacks under these are no failure of the script as a whole, unless there is no other."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FRAME = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>.+))?$')
_RAISED = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?::(?: (?P<message>.*))?)?$")
_RANK = re.compile(r"^\[rank(?P<rank>\d+)\]:\s?")
_GROUP = re.compile(r"^\s*[|+] ?(?![-+])|^\s*\+[-+]*(?P<edge>-[-+ \d.]*)$")
_CRASHED = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>.+)$')
LAUNCHERS = ("ChildFailedError", "ProcessExitedException")
"""What starts processes says only that one of them failed."""
_BAR = re.compile(r"^\s*(\d{1,3}%\|.*|.*\d+it \[\d\d:\d\d.*|.*\d+/\d+ \[\d\d:\d\d.*)$")


@dataclass(frozen=True)
class Frame:
    """One line of a call stack."""

    file: str
    line: int
    function: str
    text: str

    @property
    def name(self) -> str:
        return self.file.replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True)
class Trace:
    """One exception with the way to it."""

    kind: str
    """The name of its class, without its module."""
    message: str
    frames: tuple[Frame, ...]
    more: tuple[str, ...] = ()
    """Further lines of the message."""

    def own(self, script: str) -> tuple[Frame, ...]:
        return tuple(frame for frame in self.frames if frame.name == script)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.kind, self.message) if part)


def clean(log: str) -> list[str]:
    """The lines as a terminal would leave them: what a carriage return overwrote, colours and progress bars are gone."""
    lines = []
    for line in log.split("\n"):
        last = line.rstrip("\r").rpartition("\r")[2]
        last = _ANSI.sub("", last).replace("\0", "").rstrip()
        if not _BAR.match(last):
            lines.append(last)
    if any(line.endswith("Exception Group " + HEAD) for line in lines):
        lines = [_GROUP.sub("", line) for line in lines]
    return _by_rank(lines)


def _by_rank(lines: list[str]) -> list[str]:
    """Lines of several processes, written at once, sorted: what one of them said stands together."""
    ranks: dict[str, list[str]] = {}
    found: list[str | list[str]] = []
    for line in lines:
        of = _RANK.match(line)
        if of is None:
            found.append(line)
            continue
        if of["rank"] not in ranks:
            ranks[of["rank"]] = []
            found.append(ranks[of["rank"]])
        ranks[of["rank"]].append(line[of.end() :])
    return [each for part in found for each in ([part] if isinstance(part, str) else part)]


def chain(lines: list[str]) -> tuple[Trace, ...]:
    """The exceptions of the last failure, the one that ended it first, then what it was raised from."""
    starts = [i for i, line in enumerate(lines) if line.endswith(HEAD)]
    blocks = [(start, *_block(lines, start)) for start in starts]
    real = [block for block in blocks if not _aside(lines, block[0])] or blocks
    real = [block for block in real if block[1] is None or block[1].kind not in LAUNCHERS] or real
    if not real:
        broken = _unparsed(lines) or _crashed(lines)
        return (broken,) if broken is not None else ()
    found = [real[-1]]
    for block in reversed(real[:-1]):
        between = lines[block[2] : found[-1][0]]
        inner = "Original " in lines[found[-1][0]]
        if not inner and not any(line.strip().startswith(LINKS) for line in between):
            break
        found.append(block)
    return tuple(trace for _, trace, _ in found if trace is not None)


def last_words(lines: list[str], count: int = 3) -> tuple[str, ...]:
    """What was printed at the very end."""
    said = [line for line in lines if line.strip()]
    return tuple(line[:WIDEST] for line in said[-count:])


def _block(lines: list[str], start: int) -> tuple[Trace | None, int]:
    """One traceback, and the line behind it."""
    frames: list[Frame] = []
    at = start + 1
    while at < len(lines):
        line = lines[at]
        frame = _FRAME.match(line)
        if frame:
            text = lines[at + 1].strip() if at + 1 < len(lines) and not _FRAME.match(lines[at + 1]) else ""
            frames.append(Frame(frame["file"], int(frame["line"]), frame["function"] or "", text))
        elif line and not line[0].isspace() and not line.startswith("[Previous line"):
            break
        at += 1
    else:
        return (Trace("", "cut short", tuple(frames)), at) if frames else (None, at)
    raised = _RAISED.match(lines[at])
    end = at + 1
    while end < len(lines) and lines[end].strip() and not lines[end].endswith(HEAD):
        end += 1
    more = tuple(line[:WIDEST] for line in lines[at + 1 : end][:MESSAGE_LINES])
    if raised is None:
        return Trace("", lines[at][:WIDEST], tuple(frames), more), end
    kind = raised["kind"].rpartition(".")[2]
    return Trace(kind, (raised["message"] or "")[:WIDEST], tuple(frames), more), end


def _aside(lines: list[str], start: int) -> bool:
    before = [line for line in lines[max(0, start - 2) : start] if line.strip()]
    return bool(before) and before[-1].startswith(ASIDE)


def _unparsed(lines: list[str]) -> Trace | None:
    """A script that does not even parse has frames and no traceback."""
    for i in range(len(lines) - 1, -1, -1):
        raised = _RAISED.match(lines[i])
        if raised and raised["kind"] in ("SyntaxError", "IndentationError", "TabError"):
            for j in range(i - 1, max(-1, i - 5), -1):
                frame = _FRAME.match(lines[j])
                if frame:
                    text = lines[j + 1].strip()
                    at = Frame(frame["file"], int(frame["line"]), "", text)
                    return Trace(raised["kind"], raised["message"] or "", (at,))
    return None


def _crashed(lines: list[str]) -> Trace | None:
    """What faulthandler prints when a compiled library ends the process: the stack, the last call first."""
    start = next((i for i, line in enumerate(lines) if line.startswith("Fatal Python error: ")), None)
    if start is None:
        return None
    found = [
        Frame(f["file"], int(f["line"]), f["function"], "") for line in lines[start:] if (f := _CRASHED.match(line))
    ]
    return Trace("", lines[start][:WIDEST], tuple(reversed(found)))
