"""docs/tools.md from the tools themselves: `python -m tests.nodes.tool_page` writes the part between its marks anew."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from app.mcp_checks import Checks
from app.mcp_offer import offered
from lab.code.web import BRAVE_KEYS
from lab.model.tool import Tool
from lab.net.web import Web
from nodes.tools.table import ROOMS, TABLE
from tests.nodes.tool_desk import STAGES, reader, tools_at

PAGE = Path(__file__).parents[2] / "docs" / "tools.md"
SEARCH = "POSTGRAD_SEARCH_URL"
WITH_SEARCH = f"only where a web search is set up, by `{SEARCH}` or `{BRAVE_KEYS[0]}`"
BEGIN, END = "<!-- from the code: begin -->", "<!-- from the code: end -->"
ROOM_SAYS = {
    "papers": "finding papers", "reading": "reading papers", "hub": "the Hugging Face Hub", "code": "code, documentation, the web",
    "records": "the run's own records", "curating": "data scripts, before the split", "workshop": "the draft of an experiment",
    "mcp": "servers that a person lists for the stage",
}  # fmt: skip


def whole(text: str) -> str:
    """The page with its middle made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{made()}\n{END}{after}"


def made() -> str:
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, {SEARCH: "http://127.0.0.1:9"}):
        home = Path(folder)
        tools = reader(Web()) | {name: tool for stage in STAGES for name, tool in tools_at(home, stage).items()}
        outside = [tool.name for tool in offered(home, Checks())]
        for name in (SEARCH, *BRAVE_KEYS):
            os.environ.pop(name, None)
        always = {tool.name for tool in offered(home, Checks())}
    searching = set(outside) - always
    lines = ["| stage | may | rooms |", "|---|---|---|"]
    lines += [f"| {stage} | {row.may} | {', '.join(row.rooms)} |" for stage, row in TABLE.items()]
    for name, room in ROOMS.items():
        lines += ["", f"**{name}**: {ROOM_SAYS[name]}", ""]
        lines += [told(tools[each], each in searching) for each in room.tools] or [
            "* whatever its servers offer that only reads: [mcp.md](mcp.md)"
        ]
    lines += [
        "",
        "**`postgrad mcp`** offers to other programs, all reading:",
        "",
        ", ".join(f"`{name}`" for name in outside if name in always),
        "",
        f"and {WITH_SEARCH}: " + ", ".join(f"`{name}`" for name in outside if name in searching),
    ]
    return "\n".join(lines) + "\n"


def told(tool: Tool, searching: bool) -> str:
    hosts = "documentation sites" if any(host.startswith("docs-") for host in tool.reaches) else ", ".join(tool.reaches)
    marks = ["writes"] * tool.writes + [f"asks {hosts}"] * bool(hosts) + [WITH_SEARCH] * searching
    marked = f" ({'; '.join(marks)})" if marks else ""
    return f"* `{tool.name}`{marked}: {tool.about}"


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
