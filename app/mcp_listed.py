"""The servers that a person lists in mcp.toml, looked at before anything depends on them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from app import out
from app.minds import helm_of
from lab.model.mcp_config import Server, filled, read_mcp_config
from state.errors import UserError


def need_servers(home: Path, minds: dict[str, Any]) -> None:
    """Where a model may ask servers: their file can be read, and one that is listed wrongly is said, and left out."""
    if helm_of(minds) is None:
        return
    for fault in read_mcp_config(home).faults:
        out.say(f"mcp:{fault.name}: {fault.why}; the run does without it")


def trouble(server: Server) -> str:
    """Why it could not be asked, as far as that can be told without starting it; empty when nothing speaks against it."""
    try:
        values = filled(server, server.env or server.headers)
    except UserError as wrong:
        return str(wrong)
    if server.command and shutil.which(_at(server), path=values.get("PATH")) is None:
        return f"there is no command {server.command}; install it, or give its path"
    return "" if server.stages else "it is listed for no stage, so nobody asks it; name its stages"


def _at(server: Server) -> str:
    """A relative path means the folder of its file."""
    return str(Path(server.folder) / server.command) if "/" in server.command else server.command
