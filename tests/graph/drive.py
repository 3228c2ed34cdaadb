"""An agent in a process of its own: begins or resumes a run, and says yes by id to what is asked. `drive.py HOME TASK`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from langgraph.types import Command
from running import gate, say

from graph import open_graph
from state.errors import PostgradError


def main(home: Path, task: dict[str, Any]) -> int:
    run = task["name"]
    known = (home / "runs" / run / "run.json").exists()
    try:
        with open_graph(home) as graph:
            say(graph, run, None if known else task)
            while graph.get_state(graph.config_for(run)).interrupts:
                say(graph, run, Command(resume={gate(graph, run)[0]: True}))
    except PostgradError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return trouble.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
