"""One try at an answer: whole and in time, or trouble of a kind that is known. Whatever it costs is the caller's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage

from lab.model.mind import plain
from lab.model.trouble import NobodyThere, ProviderTrouble, Unusable, one_line, sort_trouble
from lab.model.wire import Wire

if TYPE_CHECKING:
    from lab.model.line import Watch

UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What the libraries stumble with over answers that follow no protocol."""


class Voice:
    """What a model says while it says it. Silenced when nobody waits for that answer any more."""

    def __init__(self, tell: Callable[[str], None], binding: bool = False) -> None:
        self.tell, self.binding = tell, binding
        self.said = self.silent = False

    def __call__(self, token: str) -> None:
        if not self.silent:
            self.said = True
            self.tell(plain(token))


def one_try(
    wire: Wire, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None, then: str = "resume"
) -> AIMessage:
    """One try: a whole answer in time, or trouble of a kind that is known."""
    wire.chat  # noqa: B018  importing LiteLLM is not on the clock
    from httpx import HTTPError
    from openai import OpenAIError  # the family every LiteLLM exception belongs to

    from lab.model.line import Watch, attended

    own, watch = Voice(voice) if voice else None, Watch()
    try:
        if own is None:
            return attended(wire.timeout, watch, lambda: wire.whole(messages, settings))
        return attended(wire.timeout, watch, lambda: wire.streamed(messages, settings, own, watch))
    except TimeoutError as late:
        raise too_late(watch, wire, str(late)) from late
    except (OpenAIError, HTTPError) as wrong:
        seen = seen_trouble(watch, wire, then)
        trouble = seen or sort_trouble(wrong, wire.model, then, wire.setting)
        if isinstance(trouble, ProviderTrouble):
            trouble.sent, trouble.heard = trouble.sent or watch.sent, watch.events
        raise trouble from wrong
    except UNREADABLE as wrong:
        if not watch.sent:  # nobody has answered yet: a defect of ours
            raise
        line = f"its answer can't be read: {type(wrong).__name__}: {one_line(str(wrong))}"
        raise ProviderTrouble(f"model {wire.model}: {line}", passing=True, sent=True) from wrong
    finally:
        if own:
            own.silent = True


def too_late(watch: Watch, wire: Wire, why: str) -> ProviderTrouble:
    talking = watch.late and watch.events > 0  # asked again, it would talk as long
    line = f"model {wire.model}: {why}" + (", and it was still talking" if talking else "")
    return ProviderTrouble(line, passing=not talking, sent=True, late=True, heard=watch.events)


def seen_trouble(watch: Watch, wire: Wire, then: str) -> Unusable | ProviderTrouble | None:
    """What the server itself did wrong, where the library would tell something else."""
    address = one_line(wire.base or watch.address)
    if watch.refused:
        line = f"nothing answers at {address}; is the server running? check {wire.setting}"
        return NobodyThere(f"model {wire.model}: {line}")
    if watch.page:
        line = f"{address} answers with a web page, which is not OpenAI's protocol; check {wire.setting}"
        return Unusable(f"model {wire.model}: {line}, then {then}")
    if watch.unfinished:
        line = "the stream broke off: the connection was closed with neither finish_reason nor [DONE]"
        return ProviderTrouble(f"model {wire.model}: {line}", passing=True, sent=True)
    if watch.endless:
        return ProviderTrouble(f"model {wire.model}: its answer does not end", passing=False, sent=True)
    if watch.late:
        return too_late(watch, wire, f"no whole answer in {wire.timeout:g} s")
    if watch.broken:
        line = f"the connection to {address} broke before a whole answer had come"
        return ProviderTrouble(f"model {wire.model}: {line}", passing=True, sent=True)
    return None
