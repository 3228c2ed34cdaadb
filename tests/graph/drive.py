"""An agent in a process of its own: begins or resumes a run, as the command line does. `python drive.py HOME RUN`."""

from __future__ import annotations

import sys
from pathlib import Path

from running import say, task

from graph import open_graph
from state.errors import PostgradError


def main(home: Path, run: str) -> int:
    known = (home / "runs" / run / "run.json").exists()
    try:
        with open_graph(home) as graph:
            say(graph, run, None if known else task(run))
    except PostgradError as trouble:
        sys.stderr.write(f"{trouble}\n")
        return trouble.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
