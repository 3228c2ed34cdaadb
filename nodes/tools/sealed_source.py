"""Once a data set of the Hub is split, its rows are sealed wherever they can be read: the tools that would show them refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lab.model.tool import Tool
from state.errors import PostgradError, UserError

if TYPE_CHECKING:
    from lab.net.web import Web

ORIGIN = re.compile(r"hub: ([^\s:@]+)")
"""How a card says that its rows came from the Hub."""
SHOWS_ROWS = ("dataset_rows", "inspect_dataset", "read_hub_file", "raw_rows", "audit_table")
OPENS_ADDRESSES = ("read_page",)
NAMED = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
IN_ADDRESS = re.compile(r"(?:datasets/|dataset=)([\w-][\w.-]*)(/[\w-][\w.-]*)?")
"""Where an address names a data set: with its owner, or by a name from before there were owners."""


def sealed_source(state: Any) -> str:
    """The Hub id whose rows this run has sealed; empty while nothing is split, or for data that is not from the Hub."""
    found = ORIGIN.match(str((state.get("card") or {}).get("source", "")))
    return found[1].lower() if found else ""


@dataclass
class HubNames:
    """The one name of a data set: the Hub sends who asks for an old one on to the rows of today's."""

    web: Callable[[], Web]
    known: dict[str, str] = field(default_factory=dict)

    def __call__(self, id: str) -> str:
        """In small letters; an id that the Hub does not know, or is not asked for, is its own name."""
        wanted = id.partition(":")[0].strip("/")
        if wanted not in self.known:
            self.known[wanted] = (self._asked(wanted) if NAMED.fullmatch(wanted) else wanted).lower()
        return self.known[wanted]

    def _asked(self, id: str) -> str:
        from lab.data.builtin import BUILTIN
        from lab.hub.client import Hub
        from lab.hub.repo import look_up

        if id in BUILTIN:
            return id
        try:
            return look_up(Hub(self.web()), "dataset", id).id
        except PostgradError:  # whatever it is, the tool that asks next says so
            return id


def kept_sealed(tools: list[Tool], source: str, names: HubNames) -> list[Tool]:
    """The same tools; those that show rows of a data set refuse this one."""
    if not source:
        return tools
    return [
        _guarded(tool, source, names) if tool.name in SHOWS_ROWS + OPENS_ADDRESSES else tool for tool in tools
    ]  # fmt: skip


def stands_at(said: str) -> str:
    """The address that a page was read at, wherever the one that was asked for had led."""
    return said.partition("\n\n")[0].rpartition("\n")[2]


def _guarded(tool: Tool, source: str, names: HubNames) -> Tool:
    def refuse(ids: list[str], address: str) -> None:
        plain = unquote(unquote(address))
        ids += [name for one, rest in IN_ADDRESS.findall(plain) for name in (one, one + rest)]
        if source in plain.lower() or any(id.lower() == source or names(id) == names(source) for id in ids):
            raise UserError(
                f"{source} is split and sealed in this run, so nobody reads its rows; training rows are in the run's own data"
            )

    def run(asked: Any) -> str:
        named = asked.model_dump()
        ids = [str(named[key]).partition(":")[0].strip("/") for key in ("id", "source") if named.get(key)]
        refuse(ids, str(named.get("url") or ""))
        said = tool.run(asked)
        if tool.name in OPENS_ADDRESSES:
            refuse([], stands_at(said))
        return said

    return replace(tool, run=run)
