"""A chat model that is paid: counted, reserved, retried, written down and settled, whoever calls it and however it ends.

This is its face to LangChain; the way of one question is in `asking.py`.
"""

from __future__ import annotations

import contextvars
import json
import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from pydantic import ConfigDict

from lab.ledger.files import read_lines
from lab.ledger.ledger import Ledger
from lab.model.asking import TOLD_OF, Asking, Till
from lab.model.cache import ANSWERS, Answers
from lab.model.helm import Helm, Role
from lab.model.replies import REPLIES, Replies
from lab.model.trouble import BudgetSpent, CallsSpent, ContextOverflow, ModelRefused, ProviderTrouble
from lab.model.trying import Voice
from lab.model.wire import Wire

__all__ = [
    "TOLD_OF", "BudgetSpent", "CallsSpent", "ContextOverflow", "ModelRefused", "PaidChat", "ProviderTrouble", "open_chat",
]  # fmt: skip

WAITS = (1.0, 5.0, 20.0)
"""Seconds before a failing provider is asked again; then the trouble is told."""
WITHIN: Mapping[Role, float] = {"judging": 120.0, "reading": 180.0, "coding": 300.0}
"""Seconds a whole answer may take, however slowly it drips; a script is longer than a verdict."""


class PaidChat(BaseChatModel):
    """`invoke`, `stream` and `bind_tools` as of any chat model; what may go wrong is told in kinds, see `trouble.py`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str
    role: Role = "judging"
    till: Till
    wires: tuple[Wire, ...]
    """The model's own, then those of its fallbacks."""
    waits: tuple[float, ...] = WAITS
    on_token: Callable[[str], None] | None = None
    say: Callable[[str], None] | None = None
    """One line for who watches."""
    note: Callable[[str, str], None] | None = None
    """What fell back, and why: for the record."""

    @property
    def _llm_type(self) -> str:
        return "paid-chat"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "role": self.role}

    @property
    def window(self) -> int | None:
        """Tokens the model reads at most; None where nobody knows."""
        return self.wires[0].window

    @property
    def most_out(self) -> int | None:
        """Tokens of one answer at most; None where nobody knows."""
        return self.wires[0].most_out

    @property
    def free(self) -> bool:
        """A model of one's own, or a gift."""
        price = self.wires[0].price(self.till.price_of(self.model))
        return price is not None and price.source == "free"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: Any = None, **settings: Any) -> Runnable[Any, AIMessage]:
        return self.bind(**self.wires[0].bound(tools, tool_choice, settings))

    def _should_stream(self, *, async_api: bool, run_manager: Any = None, **settings: Any) -> bool:
        """Only `stream()` streams. An `invoke` that is listened to tells its tokens and may still ask again."""
        return bool(settings.get("stream"))

    def _get_ls_params(self, stop: list[str] | None = None, **settings: Any) -> Any:
        return {**super()._get_ls_params(stop=stop, **settings), "ls_provider": "litellm", "ls_model_name": self.model}

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **settings: Any,
    ) -> ChatResult:  # fmt: skip
        message = self._answer(messages, _settings(stop, settings), self._voice(run_manager))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None, **settings: Any,
    ) -> Iterator[ChatGenerationChunk]:  # fmt: skip
        """What was told can't be taken back: an answer that breaks after its first word is trouble, and not retried."""
        coming: queue.SimpleQueue[str | AIMessage | BaseException] = queue.SimpleQueue()

        def work() -> None:
            try:
                coming.put(self._answer(messages, _settings(stop, settings), Voice(coming.put, binding=True)))
            except BaseException as wrong:  # noqa: BLE001  raised again below, where someone can hear it
                coming.put(wrong)

        threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True).start()
        told = False
        while isinstance(got := coming.get(), str):
            told = True
            yield _tell_on(run_manager, AIMessageChunk(content=got))
        if isinstance(got, BaseException):
            raise got
        yield _tell_on(run_manager, _as_chunk(got, with_text=not told))

    def _answer(self, messages: list[BaseMessage], settings: dict[str, Any], voice: Voice | None) -> AIMessage:
        asking = Asking(self.model, self.role, self.till, self.wires, self.waits, self.say, self.note)
        return asking.answer(messages, settings, voice)

    def _voice(self, run_manager: CallbackManagerForLLMRun | None) -> Voice | None:
        """Who listens: the one we were given, and whoever streams the graph's messages."""
        hear: list[Callable[[str], None]] = [self.on_token] if self.on_token else []
        if run_manager and any(isinstance(one, _StreamingCallbackHandler) for one in run_manager.handlers):
            hear.append(lambda token: _pass_on(run_manager, token))

        def tell(token: str) -> None:
            for one in hear:
                one(token)

        return Voice(tell) if hear else None


def open_chat(
    helm: Helm, role: Role, *, home: Path, workspace: Path, ledger: Ledger, most_calls: int,
    visit: str = "", replies: Replies | None = None,
) -> PaidChat:  # fmt: skip
    """The chat model of a role. `visit` names one visit of a stage; chats of the same visit share its `replies`."""
    replies = replies or Replies(workspace / REPLIES, visit)
    left = ledger.left_behind()  # by a process that was killed between two of the steps of a call
    worst = {line["job"]: line["usd"] for line in read_lines(ledger.path) if line["act"] == "reserve"} if left else {}
    for call, sent in left.items():
        answered = call in replies.calls
        usd = replies.calls[call] if answered else sent
        why = "answered" if answered else "lost with its process"
        ledger.settle_call(call, worst[call] if usd is None else usd, True, why)
    model = helm.of(role)
    names = [model, *(name for name in helm.fallback if name != model)]
    return PaidChat(
        model=model, role=role, wires=tuple(Wire(name, helm.base(name), WITHIN[role]) for name in names),
        till=Till(ledger, replies, Answers(home / ANSWERS) if helm.cache_answers else None, most_calls, helm.prices),
    )  # fmt: skip


def _settings(stop: list[str] | None, settings: dict[str, Any]) -> dict[str, Any]:
    """What the provider is told besides the conversation."""
    told = {name: value for name, value in settings.items() if name != "stream"}
    return {**told, "stop": stop} if stop else told


def _tell_on(run_manager: CallbackManagerForLLMRun | None, message: AIMessageChunk) -> ChatGenerationChunk:
    piece = ChatGenerationChunk(message=message)
    if run_manager:
        message.id = f"lc_run--{run_manager.run_id}-0"  # the id that LangChain gives the whole message
        run_manager.on_llm_new_token(str(message.text), chunk=piece)
    return piece


def _pass_on(run_manager: CallbackManagerForLLMRun, token: str) -> None:
    _tell_on(run_manager, AIMessageChunk(content=token))


def _as_chunk(message: AIMessage, with_text: bool) -> AIMessageChunk:
    calls = [(call["name"], json.dumps(call["args"]), call["id"]) for call in message.tool_calls]
    calls += [(call["name"] or "", call["args"] or "", call["id"]) for call in message.invalid_tool_calls]
    return AIMessageChunk(
        content=message.content if with_text else "", additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata, usage_metadata=message.usage_metadata,
        tool_call_chunks=[
            {"name": name, "args": args, "id": id, "index": at, "type": "tool_call_chunk"}
            for at, (name, args, id) in enumerate(calls)
        ],
    )  # fmt: skip
