"""What can go wrong with a source, sorted: one kind, one line that says what is wrong and what to do."""

from __future__ import annotations

import email.utils
import functools
import json
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, ParamSpec, TypeVar

from state.errors import PostgradError

SourceKind = Literal["unreachable", "refused", "missing", "gated", "limited", "unreadable", "offline"]

P = ParamSpec("P")
T = TypeVar("T")

DRAINED = re.compile(r"r\s*=\s*0\s*;\s*t\s*=\s*(\d+)")
"""Of `RateLimit: "api";r=0;t=55`: nothing remains, for so many seconds."""
UNMEASURED = 60.0
"""Seconds to leave GitHub alone when it says that its secondary rate limit is reached and not for how long: its own
rule; who asks on meanwhile may be shut out."""
SAID = 200
"""Characters of a host's own words that are passed on."""


class SourceTrouble(PostgradError):
    """A source did not give what it was asked for; `kind` says how."""

    def __init__(self, source: str, kind: SourceKind, line: str, *, status: int | None = None) -> None:
        super().__init__(line)
        self.source = source
        self.kind: SourceKind = kind
        self.status = status
        self.passing = False
        """Worth another try: the host is busy, ill or was cut off."""
        self.never_connected = False
        self.wait: float | None = None
        """Seconds the host asks us to wait."""


def from_status(source: str, status: int, headers: Mapping[str, str], body: bytes) -> SourceTrouble:
    """The trouble a status other than success means."""
    low = {name.lower(): value for name, value in headers.items()}
    code, said = low.get("x-error-code", ""), _said(low, body)
    wait = _wait(low)
    unmeasured = status == 403 and wait is None and "rate limit" in said.lower()
    if unmeasured:
        wait = UNMEASURED
    if status == 429 or (status == 403 and (wait is not None or low.get("x-ratelimit-remaining") == "0")):
        trouble = SourceTrouble(
            source,
            "limited",
            f"{source} allows no more requests for now{said}; wait{_how_long(wait)}, or give it a token",
            status=status,
        )
        trouble.passing, trouble.wait = not unmeasured, wait
    elif status >= 500 or status == 408:
        trouble = SourceTrouble(
            source, "unreachable", f"{source} answers with error {status}{said}; try again later", status=status
        )
        trouble.passing, trouble.wait = True, wait
    elif code == "GatedRepo":
        trouble = SourceTrouble(
            source,
            "gated",
            f"{source}: access has to be asked for there first{said}; ask for it and set its token",
            status=status,
        )
    elif status in (404, 410) or code in ("RepoNotFound", "EntryNotFound", "RevisionNotFound"):
        trouble = SourceTrouble(source, "missing", f"{source} has no such thing{said}; check the name", status=status)
    elif status in (401, 403):
        trouble = SourceTrouble(source, "refused", f"{source} refuses ({status}{said}); check its token", status=status)
    else:
        trouble = SourceTrouble(
            source, "refused", f"{source} refuses the request ({status}{said}); ask otherwise", status=status
        )
    return trouble


def from_exception(source: str, wrong: Exception, seconds: float) -> SourceTrouble | None:
    """The trouble a library's own exception means; None when it is no trouble of the network and has to be heard."""
    import httpx

    if isinstance(wrong, SourceTrouble):
        return wrong
    if type(wrong).__name__ == "OfflineModeIsEnabled":
        return went_offline(source)
    response = getattr(wrong, "response", None)
    status = getattr(wrong, "status", None) or getattr(response, "status_code", None)
    if isinstance(status, int) and status >= 400:
        return from_status(source, status, getattr(response, "headers", {}), _body(response))
    chain = list(_chain(wrong))
    refused = (httpx.ConnectError, httpx.ConnectTimeout, ConnectionRefusedError, socket.gaierror)
    if any(isinstance(w, refused) or type(w).__name__ == "ConnectTimeoutError" for w in chain):
        trouble = SourceTrouble(
            source,
            "unreachable",
            f"{source} can't be reached ({_words(chain[-1])}); check the network, or work without it",
        )
        trouble.passing = trouble.never_connected = True
        return trouble
    if any(isinstance(w, TimeoutError | httpx.TimeoutException) for w in chain):
        trouble = SourceTrouble(
            source, "unreachable", f"{source} gave no whole answer in {seconds:g} s; try again later"
        )
    elif any(isinstance(w, ConnectionError | httpx.TransportError) for w in chain) or _of_requests(wrong):
        trouble = SourceTrouble(source, "unreachable", f"{source} broke off ({_words(wrong)}); try again later")
    elif isinstance(wrong, httpx.DecodingError):
        return SourceTrouble(
            source, "unreadable", f"{source} sent what can't be unpacked ({_words(wrong)}); try again later"
        )
    else:
        return None
    trouble.passing = True
    return trouble


def went_offline(source: str) -> SourceTrouble:
    return SourceTrouble(
        source,
        "offline",
        f"{source} was not asked: this machine is told to stay offline; unset POSTGRAD_OFFLINE and HF_HUB_OFFLINE to ask it",
    )


def understood(source: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Marks what reads a source's answers: one in a shape it doesn't know is trouble of the source, not an end of ours."""

    def mark(reads: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(reads)
        def read(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return reads(*args, **kwargs)
            except (KeyError, IndexError, TypeError, AttributeError, ValueError) as wrong:
                what = f"{type(wrong).__name__}: {_words(wrong)}"
                raise SourceTrouble(
                    source, "unreadable", f"{source} answered in a shape that is not known ({what}); ask another source"
                ) from wrong

        return read

    return mark


def _of_requests(wrong: Exception) -> bool:
    """An error of requests itself, told without importing it."""
    return isinstance(wrong, OSError) and type(wrong).__module__.partition(".")[0] in ("requests", "urllib3")


def _chain(wrong: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from: libraries wrap what the socket said."""
    seen: set[int] = set()
    at: BaseException | None = wrong
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__


def _words(wrong: BaseException) -> str:
    return " ".join(str(wrong).split())[:SAID] or type(wrong).__name__


def _wait(headers: Mapping[str, str]) -> float | None:
    """Retry-After in seconds or as a date; the Hub says for how long nothing is left, GitHub when there is more."""
    said = headers.get("retry-after", "").strip()
    if said.replace(".", "", 1).isdigit():
        return float(said)
    if said:
        try:
            return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
        except ValueError:
            return None
    if drained := DRAINED.search(headers.get("ratelimit", "")):
        return float(drained[1])
    renewed = headers.get("x-ratelimit-reset", "").strip()
    if renewed.isdigit() and headers.get("x-ratelimit-remaining") == "0":
        return max(0.0, float(renewed) - time.time())
    return None


def _how_long(wait: float | None) -> str:
    return "" if wait is None else f" {wait:.0f} s"


def _said(headers: Mapping[str, str], body: bytes) -> str:
    """The host's own words, as one short line with a colon before it; nothing when it said nothing."""
    words = headers.get("x-error-message", "")
    if not words and body[:1] == b"{":
        try:
            told = json.loads(body)
        except ValueError:
            told = {}
        inner = told.get("error")
        told = inner if isinstance(inner, dict) else told  # Brave puts what is wrong a step further in
        parts = [next((told[k] for k in ("error", "message", "detail", "code") if told.get(k)), "")]
        errors = told.get("errors")  # GitHub says "Validation Failed" and then what it was
        parts += [
            e["message"]
            for e in (errors if isinstance(errors, list) else [])
            if isinstance(e, dict) and e.get("message")
        ]
        words = ": ".join(str(part) for part in parts if part)
    words = " ".join(words.split())
    return f": {words[:SAID]}" if words else ""


def _body(response: object) -> bytes:
    """What a library's response still holds; one that was streamed holds nothing any more."""
    try:
        content = getattr(response, "content", b"")
    except RuntimeError:  # httpx.ResponseNotRead
        return b""
    return content if isinstance(content, bytes) else b""
