"""Once a data set of the Hub is split, its rows are sealed wherever they can be read: the tools that would show them refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from lab.model.tool import Tool
from state.errors import UserError

ORIGIN = re.compile(r"hub: ([^\s:@]+)")
"""How a card says that its rows came from the Hub."""
SHOWS_ROWS = ("dataset_rows", "inspect_dataset", "read_hub_file", "raw_rows", "audit_table")
OPENS_ADDRESSES = ("read_page",)


def sealed_source(state: Any) -> str:
    """The Hub id whose rows this run has sealed; empty while nothing is split, or for data that is not from the Hub."""
    found = ORIGIN.match(str((state.get("card") or {}).get("source", "")))
    return found[1].lower() if found else ""


def kept_sealed(tools: list[Tool], source: str) -> list[Tool]:
    """The same tools; those that show rows of a data set refuse this one."""
    if not source:
        return tools
    return [_guarded(tool, source) if tool.name in SHOWS_ROWS + OPENS_ADDRESSES else tool for tool in tools]


def _guarded(tool: Tool, source: str) -> Tool:
    def run(asked: Any) -> str:
        named = asked.model_dump()
        ids = [str(named.get(key, "")).partition(":")[0].strip("/").lower() for key in ("id", "source")]
        address = unquote(unquote(str(named.get("url", "")))).lower()
        if source in ids or source in address:
            raise UserError(
                f"{source} is split and sealed in this run, so nobody reads its rows; training rows are in the run's own data"
            )
        return tool.run(asked)

    return replace(tool, run=run)
