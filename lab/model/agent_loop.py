"""The agent itself: LangChain's loop with our middleware round it, on a saver of its own in memory."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import StructuredTool
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel

from lab.model.agent import SUBMIT, Thought
from lab.model.agent_answers import Answers
from lab.model.agent_guard import Guard
from lab.model.agent_room import Room
from lab.model.agent_talk import Over, T, Talk
from lab.model.agent_tools import Hands
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
        talk.over = Over("provider", str(wrong))
    return talk.thought()


def _bound(name: str, about: str, takes: type[BaseModel]) -> StructuredTool:
    """What the model is shown. `Hands` carries the calls out; nothing ever runs this."""

    def never(**_: Any) -> str:
        raise AssertionError(f"{name} was called past the middleware")

    return StructuredTool(name=name, description=about, args_schema=takes, func=never)


def _alone(run: Callable[[RunnableConfig], Any], talk: Talk[T]) -> None:
    """Outside of the graph that we may be called from.

    A graph run inside a stage takes over the outer one's checkpointer, whatever its own is: a run's file would grow by
    all that its agents say. So the outer configuration is set aside, and only who listens is kept: LangGraph's stream of
    messages, tracers.
    """
    outer = var_child_runnable_config.get()
    listeners: Any = (outer or {}).get("callbacks")
    config: RunnableConfig = {"configurable": {"thread_id": uuid.uuid4().hex}, "callbacks": listeners}
    aside = var_child_runnable_config.set(None)
    try:
        if talk.asked.on_token:
            config["callbacks"] = _with(listeners, Tokens(talk.asked.on_token))
        run(config)
    finally:
        var_child_runnable_config.reset(aside)


def _with(listeners: Any, one: BaseCallbackHandler) -> Any:
    if listeners is None or isinstance(listeners, list):
        return [*(listeners or []), one]
    joined = listeners.copy()
    joined.add_handler(one)
    return joined


class Tokens(BaseCallbackHandler, _StreamingCallbackHandler[Any]):
    """Passes on each piece of text while the model says it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell

    def on_llm_new_token(self, token: str | list[str | dict[str, Any]], **_: Any) -> None:
        if isinstance(token, str) and token:
            self.tell(token)

    def tap_output_aiter(self, run_id: uuid.UUID, output: Any) -> Any:
        return output

    def tap_output_iter(self, run_id: uuid.UUID, output: Any) -> Any:
        return output
