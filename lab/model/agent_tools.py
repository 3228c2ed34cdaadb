"""The agent's hands: every call is carried out here, in order where one of them writes, and written down before it is answered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, ToolCallRequest
from langchain_core.messages import ToolMessage
from langgraph.types import Command
from pydantic import ValidationError

from lab.model.agent import SUBMIT
from lab.model.agent_talk import Call, Talk
from lab.model.answer import in_words
from lab.model.asserted import shown_only
from lab.model.question import fence
from lab.model.toolwork import Outcome, carry_out, one_line

REFUSED = (
    "Refused: this call was made before with the same result, again and again. Do something else, or call `submit`."
)
NOT_NOW = "Not carried out: this reply had to be a call of `submit`."
ANSWERED = "Not carried out: your answer is in."


SHOWN = 100
"""Characters of a call, for who watches."""


def _brief(call: Call) -> str:
    """`read_file train.py`: the values that were given, as far as a line holds them."""
    values = " ".join(
        " ".join(str(value).split())[:40] for value in call.args.values() if value not in (None, "", [], {})
    )
    return f"{call.name} {values}".strip()[:SHOWN]


class Hands(AgentMiddleware[AgentState[Any], Any]):
    """Carries out what `Answers` has read from a reply."""

    def __init__(self, talk: Talk[Any]) -> None:
        self.talk = talk

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage:
        turn = self.talk.turn
        call = turn.place(str(request.tool_call["id"]))
        turn.wait_for(call.id)
        began = time.monotonic()
        try:
            self.talk.check_stop()
            outcome = self._outcome(call)
        except BaseException as wrong:
            turn.give_up(wrong)
            raise
        turn.done(call.id, outcome, time.monotonic() - began)
        status = "success" if outcome.kind == "done" else "error"
        return ToolMessage(outcome.text, tool_call_id=call.id, name=call.name, status=status, artifact=outcome.bare)

    def _outcome(self, call: Call) -> Outcome:
        talk = self.talk
        if call.unfit:
            outcome = Outcome(call.unfit, "unfit")
        elif talk.choice is not None:
            return Outcome(ANSWERED)
        elif call.name == SUBMIT:
            return self._submitted(call)
        elif call.id in talk.turn.going_on:
            talk.wrong(f"repetition: {call.name} was refused")
            return Outcome(REFUSED, "failed")
        elif talk.left == 0:
            outcome = Outcome(NOT_NOW, "unfit")
        else:
            if talk.asked.on_act:
                talk.asked.on_act(_brief(call))
            outcome = carry_out(talk.asked.tools, talk.journal, call.id, call.name, call.args)
            if outcome.kind != "unfit":
                return replace(outcome, text=fence("result", outcome.text), bare=outcome.text)
        if outcome.kind == "unfit":
            talk.wrong(outcome.text)
        return outcome

    def _submitted(self, call: Call) -> Outcome:
        """An answer is taken, or goes back with what is wrong with it."""
        try:
            choice = self.talk.asked.schema.model_validate(call.args)
            objection = self._objection(choice)
        except ValidationError as wrong:
            objection = in_words(wrong)
        if not objection:
            self.talk.choice, struck = shown_only(choice, self._shown())
            if struck:
                self.talk.wrong(f"struck from its words, since nothing had shown it: {', '.join(struck)}")
            return Outcome("Accepted.")
        self.talk.objections += 1
        most = self.talk.asked.caps.repairs
        self.talk.wrong(f"answer {self.talk.objections} of {most + 1}: {objection}")
        return Outcome(f"Not accepted: {objection}. Mend it and call `{SUBMIT}` again.", "unfit")

    def _shown(self) -> list[str]:
        """The question, and what tools returned; what a tool only echoes of the model's own words is none of it."""
        talk = self.talk
        results = (line for line in talk.journal.known.values() if not line["failed"])
        return [talk.asked.human, *(str(line["result"]) for line in results if line["tool"] not in self._writing)]

    @property
    def _writing(self) -> set[str]:
        return {name for name, tool in self.talk.asked.tools.items() if tool.writes}

    def _objection(self, choice: Any) -> str | None:
        if "why" in type(choice).model_fields and not str(choice.why).strip():
            return "why: is empty; say what in the evidence led you there"
        said = self.talk.asked.check(choice) if self.talk.asked.check else None
        return one_line(ValueError(said)).rstrip(".") if said else None
