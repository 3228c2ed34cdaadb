"""Tools of MCP servers as tools of a stage: only where they were listed, only those that read, results within bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel

from lab.model.mcp_config import McpConfig, Server
from lab.model.mcp_schema import Refused, arguments
from lab.model.tool import LONGEST, Tool
from state.errors import PostgradError

HOST = "mcp:"
"""What a tool of a server reaches is named after the server: `mcp:weather`."""
LONGEST_ABOUT = 1_000
"""Characters of a server's own words about a tool: they stand in every call, and no tool needs more."""
MOST_TOOLS = 40
"""Of one server: models choose badly among more."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What every provider takes as the name of a tool."""
INSTALL = "the package mcp is not installed; pip install 'postgrad[mcp]'"

Missing = Callable[[str, str], None]
"""Told the name of a server, or of one of its tools, and why it is not there."""


def installed() -> bool:
    return find_spec("mcp") is not None


def mcp_tools(config: McpConfig, stage: str, missing: Missing) -> list[Tool]:
    """The tools that the servers listed for this stage offer it. A server that does not answer is told to `missing`,
    and so is one that is listed wrongly: nobody knows for which stage."""
    for fault in config.faults:
        missing(f"{HOST}{fault.name}", fault.why)
    servers = config.of(stage)
    if servers and not installed():
        for server in servers:
            missing(f"{HOST}{server.name}", INSTALL)
        return []
    if not servers:
        return []
    with ThreadPoolExecutor(len(servers), "mcp-start") as pool:
        return [tool for offered in pool.map(lambda server: _of(server, missing), servers) for tool in offered]


def _of(server: Server, missing: Missing) -> list[Tool]:
    from lab.model.mcp_session import session

    talk = session(server)
    try:
        listed = talk.open()
    except PostgradError as trouble:
        missing(f"{HOST}{server.name}", str(trouble))
        return []
    offered: dict[str, Tool] = {}
    wanted = [about for about in listed if not server.tools or about.name in server.tools]
    if len(wanted) > MOST_TOOLS:
        left = f"{len(wanted) - MOST_TOOLS} of its tools are not offered: no more than {MOST_TOOLS} of a server are"
        missing(f"{HOST}{server.name}", f"{left}; name those you need in its config")
    for about, why_not in _chosen(server, wanted[:MOST_TOOLS]):
        name = f"{server.name}__{about.name}"
        try:
            if why_not:
                raise Refused(why_not)
            if not NAME.fullmatch(name) or name in offered:
                raise Refused("its name is used twice" if name in offered else "no model could call its name")
            offered[name] = _tool(name, server, about, talk, missing)
        except Refused as wrong:
            missing(f"{HOST}{server.name}", f"its tool {about.name[:64]} is not offered: {wrong}")
    for absent in sorted(set(server.tools) - {about.name for about in listed}):
        missing(f"{HOST}{server.name}", f"it has no tool {absent}, which its config names")
    return list(offered.values())


def _chosen(server: Server, wanted: Sequence[Any]) -> Iterator[tuple[Any, str]]:
    """Each tool the person wants, or all, with a reason to refuse it. No stage may act outside its folder."""
    for about in wanted:
        hints = about.annotations
        if hints is not None and (
            hints.read_only_hint is False or (hints.destructive_hint and not hints.read_only_hint)
        ):
            yield about, "the server says that it changes things, and no stage may act outside its folder"
        elif not server.tools and not (hints is not None and hints.read_only_hint):
            yield about, "the server does not say that it only reads; name it in tools if you know that it does"
        else:
            yield about, ""


def _tool(name: str, server: Server, about: Any, talk: Any, missing: Missing) -> Tool:
    def run(args: BaseModel) -> str:
        from lab.model.mcp_session import ServerTrouble

        try:
            result = talk.call(about.name, args.model_dump(mode="json", by_alias=True, exclude_unset=True))
        except ServerTrouble as trouble:
            missing(f"{HOST}{server.name}", str(trouble))
            raise
        text = worded(result)
        if result.is_error:
            raise ServerTrouble(
                f"{server.name}: {about.name}: {' '.join(text.split())[:400] or 'failed without a word'}"
            )
        return text

    said = " ".join((about.description or about.title or "no description").split())[:LONGEST_ABOUT]
    takes = arguments(name, about.input_schema)
    return Tool(name, f"Offered by the MCP server {server.name}, in its own words: {said}", takes, run,
                reaches=(f"{HOST}{server.name}",))  # fmt: skip


def worded(result: Any) -> str:
    """A result as text: what is no text is named, what is too long is cut, and both are said."""
    parts = [_part(part) for part in result.content]
    if not parts and result.structured_content is not None:
        import json

        parts = [json.dumps(result.structured_content, ensure_ascii=False)]
    text = "\n".join(parts) or "(empty)"
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}\n[cut: {LONGEST} of {len(text)} characters; ask for less at a time]"


def _part(part: Any) -> str:
    if part.type == "text":
        return str(part.text)
    if part.type == "resource_link":
        return f"[a resource, not fetched: {str(part.uri)[:300]}]"
    if part.type == "resource" and getattr(part.resource, "text", None) is not None:
        return str(part.resource.text)
    size = len(getattr(part, "data", None) or getattr(getattr(part, "resource", None), "blob", None) or "")
    return f"[{part.type}, {size} characters of base64, not shown]"
