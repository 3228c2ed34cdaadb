"""docs/tools.md from the tools themselves: `python -m tests.nodes.tool_page` writes the part between its marks anew."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from app.mcp_checks import Checks
from app.mcp_offer import offered
from lab.model.tool import Tool
from lab.net.web import Web
from nodes.tools.table import ROOMS, TABLE
from tests.nodes.tool_desk import STAGES, reader, tools_at

PAGE = Path(__file__).parents[2] / "docs" / "tools.md"
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
    os.environ.setdefault("POSTGRAD_SEARCH_URL", "http://127.0.0.1:9")  # so that the tools of a web search are listed
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tools = reader(Web()) | {name: tool for stage in STAGES for name, tool in tools_at(home, stage).items()}
        outside = offered(home, Checks())
    lines = ["| stage | may | rooms |", "|---|---|---|"]
    lines += [f"| {stage} | {row.may} | {', '.join(row.rooms)} |" for stage, row in TABLE.items()]
    for name, room in ROOMS.items():
        lines += ["", f"**{name}**: {ROOM_SAYS[name]}", ""]
        lines += [told(tools[each]) for each in room.tools] or [
            "* whatever its servers offer that only reads: [mcp.md](mcp.md)"
        ]
    lines += [
        "",
        "**`postgrad mcp`** offers to other programs, all reading:",
        "",
        ", ".join(f"`{tool.name}`" for tool in outside),
    ]
    return "\n".join(lines) + "\n"


def told(tool: Tool) -> str:
    hosts = "documentation sites" if any(host.startswith("docs-") for host in tool.reaches) else ", ".join(tool.reaches)
    marks = [mark for mark in ("writes" if tool.writes else "", f"asks {hosts}" if hosts else "") if mark]
    marked = f" ({'; '.join(marks)})" if marks else ""
    return f"* `{tool.name}`{marked}: {tool.about}"


if __name__ == "__main__":
    PAGE.write_text(whole(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
