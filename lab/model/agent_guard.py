"""Round the loop: an answer ends it, a stop request too; circles are told, then refused, then ended; the last reply is announced."""

from __future__ import annotations

from typing import Any

from langchain.agents.middleware import AgentMiddleware, AgentState, hook_config
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from lab.model.agent import SUBMIT
from lab.model.agent_talk import Over, Talk, Turn
from lab.model.repetition import act, in_words, loop

HINT = (
    "\n\n(Note: {what}. Nothing new comes of it. Do something else, or hand in what you have with `submit`; the same call "
    "again will be refused.)"
)
LAST = "Your next reply is the last one of this stage. It must be a call of `submit`, with what you have."


class Guard(AgentMiddleware[AgentState[Any], Any]):
    """Looks at each turn when its calls are done, before the model is asked again."""

    def __init__(self, talk: Talk[Any]) -> None:
        self.talk = talk

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: AgentState[Any], runtime: Any) -> dict[str, Any] | None:
        talk, turn = self.talk, self.talk.turn
        talk.turn = Turn()
        talk.tool_seconds += turn.took
        self._remember(turn)
        if talk.choice is not None:
            return {"jump_to": "end"}
        self._too_often_wrong(turn)
        talk.check_stop()
        told: list[AnyMessage] = []
        if turn.calls and (hinted := self._hinted(state["messages"])):
            told.append(hinted)
        if talk.left == 1:
            told.append(HumanMessage(LAST))
        return {"messages": told} if told else None

    def _remember(self, turn: Turn) -> None:
        for call in turn.calls:
            again = turn.going_on.get(call.id)
            self.talk.history.append(again or act(call.name, call.args, turn.outcomes[call.id].text))

    def _too_often_wrong(self, turn: Turn) -> None:
        talk, most = self.talk, self.talk.asked.caps.repairs
        if talk.objections > most:
            raise Over("bad_answers", f"the answer was not accepted {talk.objections} times; {talk.tries[-1]}")
        if turn.calls:
            of_use = any(turn.outcomes[call.id].kind != "unfit" or call.name == SUBMIT for call in turn.calls)
            talk.useless = 0 if of_use else talk.useless + 1
        if talk.useless > most:
            raise Over("bad_answers", f"{talk.useless} replies in a row were of no use; {talk.tries[-1]}")

    def _hinted(self, messages: list[AnyMessage]) -> ToolMessage | None:
        """The last result once more, with the hint, when the calls have begun to go round."""
        cycle = loop(self.talk.history)
        last = messages[-1]
        if not cycle or self.talk.history[-1].refused or not isinstance(last, ToolMessage):
            return None
        self.talk.wrong(f"repetition: {in_words(cycle)}")
        return last.model_copy(update={"content": last.text + HINT.format(what=in_words(cycle))})
