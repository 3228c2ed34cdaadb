"""Tools of the implementation stage: read and write the draft of one experiment, check it, run it tiny.

They write to that folder and nowhere else, never touch what is trusted, and start nothing but the draft's own train and predict.
"""

from __future__ import annotations

from collections.abc import Callable

from lab.model.tool import Tool
from nodes.tools.workshop_bench import Bench, EditFile, Nothing, ReadFile, RunTiny, Signature, Tiny, WriteFile
from nodes.tools.workshop_draft import Workshop

__all__ = ["RunTiny", "Workshop", "workshop_tools"]


def workshop_tools(workshop: Workshop, run_tiny: RunTiny, signature: Callable[[str], str] | None = None) -> list[Tool]:
    """For one draft. `signature`: where no other tool of that name is given."""
    bench = Bench(workshop, run_tiny)
    tools = [
        Tool("list_files", "The files of the draft folder with their sizes, and the versions kept.", Nothing, bench.listed),
        Tool("read_file", "A file of the draft folder, with line numbers, a page at a time.", ReadFile, bench.read),
        Tool(
            "write_file",
            "Write a whole file of the draft: for a new one, or to start over. One that exists must have been read since it changed.",
            WriteFile, bench.write, writes=True,
        ),
        Tool(
            "edit_file",
            "Replace one passage of a file, given exactly as it stands; shows the difference. Read the file first.",
            EditFile, bench.edit, writes=True,
        ),
        Tool(
            "check_script",
            "Read train.py for faults without running it: imports and arguments as installed, config keys, columns, seeds, files, "
            "dependencies. Use it after every change.",
            Nothing, bench.check,
        ),
        Tool(
            "run_tiny",
            f"Really run train and predict for a few steps in the sandbox (at most {workshop.most_runs} times, "
            f"{workshop.seconds:g} s each). A failure comes back with its kind and the lines that matter.",
            Tiny, bench.tiny, writes=True,
        ),
    ]  # fmt: skip
    if signature is not None:
        ask = signature
        about = "The real arguments of an installed class or function."
        tools.append(Tool("signature", about, Signature, lambda asked: ask(asked.name)))
    return tools
