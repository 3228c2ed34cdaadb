"""A process whose children each try to come to the answer, so that each can be killed: `python -m ... FOLDER URL`.

A line on its input begins a child; it tells the child's pid, and how it ended. Importing takes seconds and is done once.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import lab.model.agent_loop  # noqa: F401  before the children
from lab.ledger.files import append_line
from lab.ledger.ledger import Ledger
from lab.model.agent import Caps, think
from lab.model.chat import open_chat
from lab.model.helm import Helm
from lab.model.tool import Tool
from lab.model.wire import litellm
from tests.lab.model_agent.agent_bench import Pick, Search


def work(folder: Path, url: str) -> None:
    """What a stage does when it is begun, and begun again."""
    chat = open_chat(
        Helm("openai/scripted", base_url=url), "judging", home=folder, workspace=folder,
        ledger=Ledger(folder / "ledger.jsonl"), most_calls=300, visit="1",
    )  # fmt: skip

    def run(name: str, args: Search) -> str:
        append_line(folder / "executed.jsonl", {"t": time.time(), "what": f"{name} {args.query}"})
        time.sleep(0.02)
        return f"{name} of {args.query} by {os.getpid()}"  # another process would say another thing

    thought = think(
        chat, system="You work with tools.", human="Which one?", schema=Pick, check=None, caps=Caps(),
        tools=[Tool(name, name, Search, lambda args, name=name: run(name, args), name == "write") for name in ("search", "write")],  # type: ignore[misc]
        journal=folder / "tools.jsonl", stopped=threading.Event(), on_token=None, visit="1",
    )  # fmt: skip
    if thought.choice is None:
        raise SystemExit(f"{thought.ended}: {thought.why}")


def main(folder: Path, url: str) -> None:
    litellm()
    for name in sys.stdin:
        child = os.fork()
        if child == 0:
            (folder / name.strip()).mkdir(exist_ok=True)
            work(folder / name.strip(), url)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
