"""`postgrad mcp`: postgrad's own reading and checking tools for any other program that speaks MCP."""

from __future__ import annotations

from app import out
from app.home import home_path
from lab.model.mcp import INSTALL, installed
from state.errors import UserError

LOWEST, HIGHEST = 1024, 65535


def mcp(port: int | None) -> int:
    """Serve over stdin and stdout, which then carry the protocol and nothing else; or over HTTP on the loopback."""
    if not installed():
        raise UserError(INSTALL)
    if port is not None and not LOWEST <= port <= HIGHEST:
        raise UserError(f"--http {port}: give a port from {LOWEST} to {HIGHEST}")
    from app.mcp_checks import Checks
    from app.mcp_offer import offered
    from app.mcp_server import HERE, listen, serve

    checks = Checks()
    try:
        door = None if port is None else listen(port)
        tools = offered(home_path(), checks)
        if door is not None:
            out.say(f"postgrad: {len(tools)} tools at http://{HERE}:{port}/mcp; Ctrl+C ends it")
        serve(tools, door)
    except KeyboardInterrupt:
        return 0
    finally:
        checks.end()
    return 0
