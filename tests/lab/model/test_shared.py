"""A run repeated under another name is answered from the home: its folder and how long its tools took are no part of a question."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from paid_room import MODEL, Room

from lab.model.chat import ModelRefused
from lab.model.helm import Helm
from lab.model.replies import shared_key
from tests.scripted.server import Reply, Scripted, empty, filtered, refuses, says, status

HELM = Helm(MODEL, cache_answers=True)


@dataclass
class Named(Room):
    name: str = "once"

    @property
    def workspace(self) -> Path:
        return self.home / "runs" / self.name


def talk(result: str) -> list[BaseMessage]:
    call = {"name": "run_tiny", "args": {}, "id": "1"}
    return [HumanMessage("write it"), AIMessage("", tool_calls=[call]), ToolMessage(result, tool_call_id="1")]


def told(room: Named, took: str, bytes_: int, loss: str = "0.51") -> str:
    fence = f"result {bytes_ * 7919:020x}"  # of what it fences
    return (
        f"<<< {fence}\ntrain finished in {took} s\nmetrics: {{\"t\": {took}, \"step\": 1, \"loss\": {loss}}}\n"
        f"log: 2026-11-21 10:00:0{took[0]} wrote {room.workspace}/drafts/e1, 12.{took[0]} it/s [00:0{took[0]}]\n"
        f"experiment.json  {bytes_} bytes\n{fence} >>>"
    )  # fmt: skip


def test_what_its_tools_took_and_its_name_are_no_part_of_a_question(provider: Scripted, tmp_path: Path) -> None:
    provider.then("the loss is 0.51", "another loss", "again")
    once, again = Named(tmp_path), Named(tmp_path, name="another-name")

    def ask(room: Named, result: str) -> str:
        return str(room.chat(HELM).invoke(talk(result)).text)

    assert ask(once, told(once, "1.2", 40)) == "the loss is 0.51"
    assert ask(again, told(again, "3.74", 48)) == "the loss is 0.51"
    assert len(provider.requests) == 1
    assert again.ledger.spent().calls == 0
    assert ask(again, told(again, "3.74", 48)) == "the loss is 0.51", "replayed in its own run"
    assert ask(again, told(again, "3.74", 48, loss="0.61")) == "another loss", "what was measured is"
    assert len(provider.requests) == 2


@pytest.mark.parametrize("other", ["train finished in 2 steps", "loss: 0.5", "predict finished in 1 s"])
def test_all_else_that_a_tool_says_is_part_of_it(other: str, tmp_path: Path) -> None:
    keys = {shared_key(MODEL, talk(said), {}, tmp_path) for said in (other, "train finished in 1 s", "loss: 0.6")}
    assert len(keys) == 3


def test_what_a_person_said_of_time_is_part_of_it(tmp_path: Path) -> None:
    keys = {shared_key(MODEL, [HumanMessage(f"train for {n} s")], {}, tmp_path) for n in (30, 60)}
    assert len(keys) == 2


def test_the_same_name_at_another_address_is_another_model(provider: Scripted, tmp_path: Path) -> None:
    provider.then("of the first")
    assert Named(tmp_path).chat(HELM).invoke("hi").text == "of the first"
    with Scripted(["of the second"]) as other:
        elsewhere = Helm(MODEL, cache_answers=True, base_url=other.url)
        assert Named(tmp_path, name="again").chat(elsewhere).invoke("hi").text == "of the second"
        assert Named(tmp_path, name="thrice").chat(elsewhere).invoke("hi").text == "of the second"


def test_what_another_model_said_in_its_stead_is_not_kept_as_its_own(provider: Scripted, tmp_path: Path) -> None:
    well = False
    provider.ask = lambda body: says(body["model"]) if well or body["model"] == "gpt-4o" else status(404, "gone")
    helm = Helm(MODEL, cache_answers=True, fallback=("openai/gpt-4o",))
    assert Named(tmp_path).chat(helm).invoke("hi").text == "gpt-4o"
    well = True
    assert Named(tmp_path, name="again").chat(helm).invoke("hi").text == "gpt-4o-mini"


@pytest.mark.parametrize("bad", [empty(), filtered(), refuses()], ids=["empty", "filtered", "refused"])
def test_what_was_withheld_is_asked_for_anew_in_another_run(provider: Scripted, tmp_path: Path, bad: Reply) -> None:
    provider.then(bad, "given")
    with contextlib.suppress(ModelRefused):
        Named(tmp_path).chat(HELM).invoke("hi")
    with contextlib.suppress(ModelRefused):
        Named(tmp_path).chat(HELM).invoke("hi")
    assert len(provider.requests) == 1, "in its own run it is replayed"
    assert Named(tmp_path, name="again").chat(HELM).invoke("hi").text == "given"
