"""What our own work costs at each call to a model: reservation, journal, cap, settling, replay.

The same conversation, the same tools, the same server on the loopback; asked bare with ChatLiteLLM and asked through
PaidChat, turn and turn about, so that both meet the same machine. `--replies` is how many the run has made before.

    python bench/model_call.py --calls 60 --replies 300
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
warnings.simplefilter("ignore")

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage  # noqa: E402
from pydantic import BaseModel  # noqa: E402

from lab.ledger.ledger import Ledger  # noqa: E402
from lab.model.chat import PaidChat, open_chat  # noqa: E402
from lab.model.helm import Helm  # noqa: E402
from lab.model.wire import Wire  # noqa: E402
from tests.scripted.server import Reply, Scripted, calls  # noqa: E402

MODEL = "openai/gpt-4o-mini"
PAGE = "A result of a tool: a page of a paper, with 0.913 of this and 0.71 of that. " * 50
"""About 4,000 characters, as a reading tool returns."""
TURNS = 20
"""Turns that the conversation has when it is asked; an agent's stage ends at 40."""


class Search(BaseModel):
    """Looks for papers."""

    query: str


def conversation(turns: int) -> list[Any]:
    said: list[Any] = [SystemMessage("You read papers. " * 400), HumanMessage("Find the recipe.")]
    for turn in range(turns):
        call = {"name": "Search", "args": {"query": f"turn {turn}"}, "id": f"call_{turn}"}
        said += [
            AIMessage("let me look", tool_calls=[call]),
            ToolMessage(f"{turn}: {PAGE}", tool_call_id=f"call_{turn}"),
        ]
    return said


def paid(home: Path, url: str, most: int) -> PaidChat:
    workspace = home / "runs" / "r"
    workspace.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(workspace / "ledger.jsonl", 1000.0)
    helm = Helm(MODEL, base_url=url)
    return open_chat(helm, "reading", home=home, workspace=workspace, ledger=ledger, most_calls=most)


def ms(ask: Callable[[], Any]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def main() -> int:
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--calls", type=int, default=60)
    parse.add_argument("--replies", type=int, default=300)
    asked = parse.parse_args()
    answer: Reply = calls("Search", {"query": "another"}, text="let me look further")
    with Scripted(lambda body: answer) as server, tempfile.TemporaryDirectory() as folder:
        chat = paid(Path(folder), server.url, asked.replies + 2 * asked.calls + 10)
        bare = Wire(MODEL, server.url).chat.bind_tools([Search])
        ours = chat.bind_tools([Search])
        for number in range(asked.replies):
            ours.invoke([HumanMessage(f"{number} {PAGE}")])
        times: dict[str, list[float]] = {"bare": [], "paid": []}
        for number in range(-5, asked.calls):  # the first few warm both up
            said = [*conversation(TURNS), HumanMessage(f"and now {number}: {PAGE}")]
            kinds = (("bare", bare), ("paid", ours))
            for name, model in kinds if number % 2 else reversed(kinds):
                took = ms(lambda model=model, said=said: model.invoke(said))
                if number >= 0:
                    times[name].append(took)
        opening = ms(lambda: paid(Path(folder), server.url, 1))
    middle = {name: statistics.median(took) for name, took in times.items()}
    worst = {name: sorted(took)[int(0.95 * len(took))] for name, took in times.items()}
    print(
        f"{asked.calls} calls each, {asked.replies} replies before, a conversation of {2 * TURNS + 3} messages, {TURNS * 4} kB"
    )
    for name in times:
        print(f"{name}: median {middle[name]:.1f} ms, 95th percentile {worst[name]:.1f} ms")
    print(f"ours on top: {middle['paid'] - middle['bare']:.1f} ms a call, ratio {middle['paid'] / middle['bare']:.2f}")
    print(f"opening the run's replies and books, once a visit: {opening:.1f} ms")
    return 0 if middle["paid"] - middle["bare"] < 20 else 1


if __name__ == "__main__":
    sys.exit(main())
