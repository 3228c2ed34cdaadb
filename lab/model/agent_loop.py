"""The agent itself: LangChain's loop with our middleware round it, on a saver of its own in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import StructuredTool
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.message import push_message
from pydantic import BaseModel

from lab.model.agent import SUBMIT, Thought
from lab.model.agent_answers import Answers
from lab.model.agent_guard import Guard
from lab.model.agent_room import Room
from lab.model.agent_talk import Over, T, Talk
from lab.model.agent_tools import Hands
from lab.model.asking import STOPPED
from lab.model.trouble import BudgetSpent, CallsSpent, ModelRefused, ProviderTrouble

ABOUT_SUBMIT = "Hand in your answer. It ends your work; what is wrong with it comes back to you, a few times at most."


def converse(talk: Talk[T]) -> Thought[T]:
    """The whole conversation. What ends it short of an answer is in the thought; only trouble for a person is raised."""
    asked = talk.asked
    tools = [_bound(tool.name, tool.about, tool.takes) for tool in asked.tools.values()]
    middleware: list[AgentMiddleware[Any, Any]] = [Guard(talk), Room(talk), Answers(talk), Hands(talk)]
    agent = create_agent(
        talk.chat, [*tools, _bound(SUBMIT, ABOUT_SUBMIT, asked.schema)], system_prompt=asked.system,
        middleware=middleware, checkpointer=InMemorySaver(),
    )  # fmt: skip
    try:
        _alone(lambda config: agent.invoke({"messages": [HumanMessage(asked.human)]}, config, durability="exit"), talk)
    except Over as over:
        talk.over = over
    except CallsSpent as spent:
        talk.over = Over("run_cap", str(spent))
    except BudgetSpent as spent:
        talk.over = Over("budget", str(spent))
    except ModelRefused as refused:
        talk.over = Over("refused", str(refused))
    except ProviderTrouble as wrong:
        talk.over = Over("stopped" if talk.stopped.is_set() else "provider", str(wrong))
    return talk.thought()


def _bound(name: str, about: str, takes: type[BaseModel]) -> StructuredTool:
    """What the model is shown. `Hands` carries the calls out; nothing ever runs this."""

    def never(**_: Any) -> str:
        raise AssertionError(f"{name} was called past the middleware")

    return StructuredTool(name=name, description=about, args_schema=takes, func=never)


def _alone(run: Callable[[RunnableConfig], Any], talk: Talk[T]) -> None:
    """Outside of the graph that we may be called from.

    A graph run inside a stage takes over the outer one's checkpointer, whatever its own is: a run's file would grow by
    all that its agents say. In this LangGraph a thread of its own sets it apart; setting the outer configuration aside
    does so in any, and keeps the run's own settings out. Tracers go on listening, and the words are told to LangGraph's
    stream of messages by us, as the stage's.
    """
    outer = var_child_runnable_config.get()
    hear = [talk.asked.on_token] if talk.asked.on_token else []
    manager = (outer or {}).get("callbacks")
    push = _pusher(manager)
    listeners = [one for one in _handlers(manager) if not isinstance(one, _StreamingCallbackHandler)]
    listeners += [Tokens(hear, push)] if hear or push else []
    config: RunnableConfig = {"configurable": {"thread_id": uuid.uuid4().hex}, "callbacks": listeners}
    aside, heard = var_child_runnable_config.set(None), STOPPED.set(talk.stopped)
    try:
        run(config)
    finally:
        STOPPED.reset(heard)
        var_child_runnable_config.reset(aside)


def _handlers(manager: Any) -> list[BaseCallbackHandler]:
    return list(manager.inheritable_handlers if isinstance(manager, BaseCallbackManager) else manager or [])


def _pusher(manager: Any) -> Callable[[AIMessageChunk], None] | None:
    """How a piece of text gets into the outer graph's stream of messages, if anyone reads one."""
    if not any(isinstance(one, _StreamingCallbackHandler) for one in _handlers(manager)):
        return None
    context = copy_context()

    def push(piece: AIMessageChunk) -> None:
        context.copy().run(push_message, piece, state_key=None)

    return push


class Tokens(BaseCallbackHandler, _StreamingCallbackHandler[Any]):
    """Passes on each piece of text while the model says it, from whichever thread it comes."""

    def __init__(self, hear: Sequence[Callable[[str], None]], push: Callable[[AIMessageChunk], None] | None) -> None:
        self.hear, self.push = hear, push

    def on_llm_new_token(self, token: str | list[str | dict[str, Any]], *, run_id: uuid.UUID, **_: Any) -> None:
        if not isinstance(token, str) or not token:
            return
        for one in self.hear:
            one(token)
        if self.push:
            self.push(AIMessageChunk(content=token, id=f"lc_run--{run_id}"))

    def tap_output_aiter(self, run_id: uuid.UUID, output: Any) -> Any:
        return output

    def tap_output_iter(self, run_id: uuid.UUID, output: Any) -> Any:
        return output
