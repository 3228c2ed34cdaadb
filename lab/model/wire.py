"""One model reached through LiteLLM. Imported by it: nothing until a model is asked."""

from __future__ import annotations

import atexit
import logging
import os
import re
import warnings
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    SystemMessage,
    message_chunk_to_message,
)

from lab.model.calls import of_pieces, of_whole, with_calls
from lab.model.helm import own_host, provider
from lab.model.prices import Price, price_of
from lab.model.turns import TURNS, in_turns

if TYPE_CHECKING:
    from lab.model.line import Watch

NO_KEY_NEEDED = "none"
"""Sent to a server on one's own machine when no key is set: OpenAI's client wants to send something."""
LETTERS = 6
"""Characters a token at most, on the average of a whole answer: prose has four or five, code and figures fewer."""
UNSAID = 32_000
"""Tokens of one answer, where its server was told no bound: a long thought and a long script."""
OVERLONG = "overlong"
"""In `response_metadata`: the answer did not stop where it had to, and was cut off here."""
THOUGHT = "reasoning_content"
RENAMED = "'max_completion_tokens' instead"
NOT_EVERYWHERE = ("stream_options", THOUGHT, RENAMED, *TURNS)
"""What some servers turn a question down for: DeepSeek wants its thoughts back, Groq and Cerebras refuse theirs; OpenAI's later
models know the bound of an answer by another name, and LiteLLM knows only those on its list; some want strict turns."""
OLLAMA, OLLAMA_READS = ("ollama", "ollama_chat"), 32_768
"""Tokens. Ollama reads 4,096 unless told otherwise, and drops without a word what came before them: the task. This holds a stage's
prompt, its tools and some results, in a few gigabytes beside a small model."""
TURNED_DOWN = (400, 422, 500)
"""500 is llama.cpp's, when a chat template raises."""
WANTED = re.compile(r"must be (passed|provided|sent)|required|missing", re.IGNORECASE)
REMEMBERED = 4096
"""Texts whose count is remembered: a conversation is counted again at each call, and only its end is new."""


class Wire:
    """Asks once: waiting and asking again is the caller's."""

    def __init__(self, model: str, base: str = "", timeout: float = 120.0) -> None:
        self.model, self.timeout = model, timeout
        self.base = base or api_base(model) or ""
        self.given_base = bool(base)
        self.without: set[str] = set()

    def whole(self, messages: list[BaseMessage], settings: dict[str, Any]) -> AIMessage:
        return self._understood(lambda: self._whole(messages, settings))

    def streamed(
        self, messages: list[BaseMessage], settings: dict[str, Any], tell: Callable[[str], None], watch: Watch
    ) -> AIMessage:
        """The whole answer too, told in pieces while it comes; one that runs on beyond its bound is cut off there."""
        return self._understood(lambda: self._streamed(messages, settings, tell, watch))

    def _understood(self, ask: Callable[[], AIMessage]) -> AIMessage:
        """Once more without what this server says that it does not know."""
        from openai import APIStatusError

        while True:
            try:
                return ask()
            except APIStatusError as wrong:
                new = [one for one in NOT_EVERYWHERE if one in str(wrong) and one not in self.without]
                if not new or wrong.status_code not in TURNED_DOWN or WANTED.search(str(wrong)):
                    raise
                self.without.update(new)
            except (TypeError, AttributeError):
                if not _turned_down() or self.without.intersection(TURNS):
                    raise
                self.without.update(TURNS)

    def _whole(self, messages: list[BaseMessage], settings: dict[str, Any]) -> AIMessage:
        made = self.chat._generate(self._told(messages), **self._named(settings)).generations[0]
        message = made.message
        message.response_metadata["finish_reason"] = (made.generation_info or {}).get("finish_reason")
        return with_calls(message, of_whole(message))

    def _streamed(
        self, messages: list[BaseMessage], settings: dict[str, Any], tell: Callable[[str], None], watch: Watch
    ) -> AIMessage:
        pieces: list[AIMessageChunk] = []
        left = watch.most_events = LETTERS * most_out(settings)
        uncounted = {"stream_options": None} if "stream_options" in self.without else {}
        coming = self.chat._stream(self._told(messages), **self._named(settings), **uncounted)
        for piece in coming:
            pieces.append(piece.message)
            left -= _letters(piece.message)
            if left < 0:
                watch.endless = True
                coming.close()
                watch.hang_up()
                break
            if isinstance(piece.message.content, str) and piece.message.content:
                tell(piece.message.content)
        said: Any = message_chunk_to_message(AIMessageChunk(content="") + pieces)
        message = with_calls(said, of_pieces(pieces))
        if watch.events and not watch.counted:
            message.usage_metadata = None  # LiteLLM's own guess, which leaves the tools out
        if watch.refusal:  # LiteLLM loses its words on the way
            message.additional_kwargs["provider_specific_fields"] = {"refusal": watch.refusal}
        if watch.endless:
            message.response_metadata |= {"finish_reason": "length", OVERLONG: True}
        return message

    @property
    def setting(self) -> str:
        """What says where this model is served."""
        if self.given_base:
            return "--base-url"
        name = provider(self.model).upper()
        return f"{name}_BASE_URL" if self.base and not os.environ.get(f"{name}_API_BASE") else f"{name}_API_BASE"

    def bound(self, tools: Sequence[Any], choice: Any, settings: dict[str, Any]) -> dict[str, Any]:
        """Tools as settings of a call, in the form the provider understands."""
        found = dict(self.chat.bind_tools(tools, tool_choice=choice, **settings).kwargs)
        return {name: value for name, value in found.items() if value is not None}

    def price(self, given: Price | None) -> Price | None:
        return price_of(self.model, given, own_host(self.base), litellm().model_cost)

    @property
    def window(self) -> int | None:
        """Tokens the model reads at most, where the price list knows."""
        return self._listed.get("max_input_tokens") or (OLLAMA_READS if provider(self.model) in OLLAMA else None)

    @property
    def most_out(self) -> int | None:
        """Tokens the model says at most; who asks for more is turned down."""
        return self._listed.get("max_output_tokens")

    @cached_property
    def _listed(self) -> dict[str, Any]:
        listed = litellm().model_cost
        return listed.get(self.model) or listed.get(self.model.partition("/")[2]) or {}

    def _named(self, settings: dict[str, Any]) -> dict[str, Any]:
        names = {"max_tokens": "max_completion_tokens"} if RENAMED in self.without else {}
        reads = {"num_ctx": self.window} if provider(self.model) in OLLAMA else {}
        return {names.get(name, name): value for name, value in settings.items()} | reads

    def _told(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        if self.without.intersection(TURNS):
            messages = in_turns(messages)
        return [_thoughtless(one) if THOUGHT in self.without else one for one in self._marked(messages)]

    def _marked(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        """Where a provider caches only what it is told to: the tools and the system prompt, which stay the same."""
        first = messages[0] if messages else None
        if (
            "claude" not in self.model.lower()
            or not isinstance(first, SystemMessage)
            or not isinstance(first.content, str)
        ):
            return messages
        block = {"type": "text", "text": first.content, "cache_control": {"type": "ephemeral"}}
        return [SystemMessage(content=[block]), *messages[1:]]

    @cached_property
    def chat(self) -> Any:
        litellm()
        from langchain_litellm import ChatLiteLLM

        own = own_host(self.base) and not os.environ.get(f"{provider(self.model).upper()}_API_KEY")
        return ChatLiteLLM(
            model=self.model,
            api_base=self.base or None,
            api_key=NO_KEY_NEEDED if own else None,
            request_timeout=self.timeout,
            model_kwargs={"max_retries": 0},
        )


def _turned_down() -> bool:
    """LiteLLM puts empty words between two of ours when a server wants turns; turned down again, it returns None as if all
    were well, which nobody can read."""
    from lab.model.line import watching

    watch = watching.get()
    return watch is not None and watch.response is not None and not watch.sent


def most_out(settings: dict[str, Any]) -> int:
    """Tokens that an answer may have."""
    return int(settings.get("max_tokens") or settings.get("max_completion_tokens") or UNSAID)


def _thoughtless(message: BaseMessage) -> BaseMessage:
    kept = {name: value for name, value in message.additional_kwargs.items() if name != THOUGHT}
    return message.model_copy(update={"additional_kwargs": kept})


def _letters(piece: AIMessageChunk) -> int:
    """Characters of words, thoughts and calls."""
    thought = piece.additional_kwargs.get("reasoning_content") or ""
    calls = sum(len(call["args"] or "") for call in piece.tool_call_chunks)
    return len(str(piece.text)) + len(str(thought)) + calls


@cache
def litellm() -> Any:
    """The library, told first not to reach out and not to talk."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else importing it fetches prices from the network
    os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else importing it reads any .env above it
    import litellm as library

    library.suppress_debug_info = True  # it prints its own advice on every error
    library.disable_hf_tokenizer_download = True  # else it asks Hugging Face how to count the words of some models
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)  # what it thinks of an answer goes into no terminal
    from litellm.llms.custom_httpx.http_handler import get_ssl_configuration

    from lab.model.line import Client, Through

    # one pool of connections for all models, closed at the end; its own clients are left to the garbage with theirs open
    library.client_session = Client(follow_redirects=True, verify=get_ssl_configuration())
    library.sync_transport = Through(library.client_session)
    atexit.register(library.client_session.close)
    with warnings.catch_warnings():  # pydantic has a word about litellm's types when the first of them is made
        warnings.simplefilter("ignore", UserWarning)
        for made in (library.types.utils.Delta, library.types.utils.Message):
            made(content="")
    return library


@lru_cache(maxsize=REMEMBERED)
def count(text: str) -> int:
    """Tokens by the one tokenizer that LiteLLM brings along."""
    return int(litellm().token_counter(model="gpt-3.5-turbo", text=text)) if text else 0


def api_base(model: str) -> str | None:
    """Where the environment says the model is: `OPENAI_API_BASE`, `OLLAMA_API_BASE` ..., named after its provider."""
    name = provider(model).upper()
    return os.environ.get(f"{name}_API_BASE") or os.environ.get(f"{name}_BASE_URL")
