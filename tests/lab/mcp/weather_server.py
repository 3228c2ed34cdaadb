"""A real MCP server over stdio or HTTP: `weather_server.py [FAULT]` or `weather_server.py --http PORT SEEN`."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel

READS = ToolAnnotations(read_only_hint=True)
server = MCPServer("weather", log_level="ERROR")


class Place(BaseModel):
    city: str
    unit: Literal["C", "F"] = "C"


@server.tool(annotations=READS)
def forecast(place: Place, days: int = 1, note: str | None = None) -> str:
    """The forecast for a place."""
    return f"{place.city}: {days} days of rain in {place.unit}{' ' + note if note else ''}"


@server.tool(annotations=READS)
def environment() -> str:
    """What this server was given."""
    return json.dumps(dict(os.environ))


@server.tool(annotations=READS)
def long() -> str:
    """Too much."""
    return "x" * 100_000


@server.tool(annotations=READS)
def wrong() -> str:
    """Always fails."""
    raise ValueError("no such\nplace on any map")


@server.tool(annotations=READS)
def slow(seconds: float) -> str:
    """Takes its time."""
    time.sleep(seconds)
    return "done"


@server.tool(annotations=READS)
def die() -> str:
    """Ends the server in the middle of an answer."""
    os._exit(3)


@server.tool(annotations=ToolAnnotations(read_only_hint=False))
def move_clouds() -> str:
    """Changes the weather."""
    return "moved"


@server.tool(annotations=ToolAnnotations(destructive_hint=True))
def storm() -> str:
    """Destroys."""
    return "gone"


@server.tool()
def unsaid() -> str:
    """Says nothing about whether it reads or writes."""
    return "read"


@server.tool(name="headers", annotations=READS)
async def headers(ctx: Context[Any]) -> str:
    """The HTTP headers of this very request."""
    request = ctx.request_context.request
    return json.dumps(dict(request.headers) if request is not None else {})


def main(words: list[str]) -> None:
    fault = words[0] if words else ""
    if fault == "broken":
        sys.exit("ModuleNotFoundError: no module named clouds")
    if fault == "silent":
        time.sleep(600)
    if fault == "noise":
        sys.stdout.write("this is no JSON\n" * 50)
        sys.stdout.flush()
    if fault == "says":
        server.add_tool(lambda: "nothing", name="said", description=words[1], annotations=READS)
    if fault == "many":
        for n in range(int(words[1])):
            server.add_tool(lambda: "nothing", name=f"tool{n}", annotations=READS)
    if fault == "pid":
        Path(words[1]).write_text(str(os.getpid()), encoding="utf-8")
    if fault == "--http":
        server.run("streamable-http", host="127.0.0.1", port=int(words[1]))
        return
    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
