"""Which MCP servers a person has put on the table, and for which stages: `mcp.toml` in the home, and $POSTGRAD_MCP.

[servers.weather]
command = "weather-server"              # or: url = "https://weather.example/mcp"
args = ["--quiet"]
env = { WEATHER_KEY = "${WEATHER_KEY}" }  # or: headers = { Authorization = "Bearer ${WEATHER_TOKEN}" }
stages = ["literature"]                 # none named: offered nowhere
tools = ["forecast"]                    # none named: those the server says are read-only
timeout = 30
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from state.errors import UserError
from state.words import Stage

FILE, NAMED_BY = "mcp.toml", "POSTGRAD_MCP"

MAY_LIST: tuple[Stage, ...] = ("literature", "curation", "implementation")
"""Stages with an agent that may ask sources outside the run."""

REFUSES: dict[Stage, str] = {
    "planning": "it decides from the run's own records, and an answer from outside is not in them",
    "diagnosis": "it explains what this run measured, and an answer from outside is no measurement",
    "report": "it tells what the run's records hold, and nothing else may enter it",
}
"""Stages whose agent reads the run alone, and why nothing from outside is let in."""

LONGEST_WAIT = 600.0
"""Seconds: a server slower than this belongs into a job, not into a conversation."""

SLOT = re.compile(r"\$\{(\w+)\}")
LOOPBACK = ("localhost", "127.0.0.1", "::1")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class Server(BaseModel):
    """One server: a command that we start, or a URL that we ask. It gets what is written here of ours, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    stages: tuple[Stage, ...] = ()
    tools: tuple[str, ...] = ()
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = Field(default_factory=dict)
    url: str = ""
    headers: Mapping[str, str] = Field(default_factory=dict)
    timeout: float = Field(default=30.0, gt=0, le=LONGEST_WAIT)
    folder: str = ""
    """Where its file lies: a command's relative paths mean this folder."""

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("give either a command or a url")
        if self.command and self.headers:
            raise ValueError("headers belong to a url; a command takes env")
        if self.url and (self.args or self.env):
            raise ValueError("args and env belong to a command; a url takes headers")
        if self.url:
            _fit_for_use(self.url, bool(self.headers))
        return self

    @model_validator(mode="after")
    def only_where_it_may(self) -> Self:
        for stage in self.stages:
            if stage not in MAY_LIST:
                why = REFUSES.get(stage, "no agent works there")
                raise ValueError(f"no server may be listed for {stage}: {why}; list it for {', '.join(MAY_LIST)}")
        return self


def _fit_for_use(url: str, with_headers: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{parts.scheme or 'this'} is no url a server is asked at; write http(s)://HOST/PATH")
    if parts.username or parts.password:
        raise ValueError("a password stands in the url, where logs would show it; put it into headers")
    if with_headers and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("its headers would travel unencrypted; use https")


@dataclass(frozen=True)
class Fault:
    """A server that is listed wrongly. It alone is left out; the others work."""

    name: str
    why: str


@dataclass(frozen=True)
class McpConfig:
    """Every server of this machine."""

    servers: tuple[Server, ...] = ()
    faults: tuple[Fault, ...] = ()

    def of(self, stage: str) -> tuple[Server, ...]:
        return tuple(server for server in self.servers if stage in server.stages)


def read_mcp_config(home: Path, environ: Mapping[str, str] = os.environ) -> McpConfig:
    """The home's servers and those of the file that POSTGRAD_MCP names; no file, no servers.

    UserError for a file in which nothing can be told apart; what is wrong with one server is a fault of that server.
    """
    paths = [home / FILE] if (home / FILE).exists() else []
    named = environ.get(NAMED_BY, "").strip()
    if named:
        paths.append(Path(named).expanduser())
    found: dict[str, tuple[Path, Server | Fault]] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        for one in _servers(path):
            if one.name in found:
                raise UserError(f"MCP server {one.name} stands in {found[one.name][0]} and in {path}; drop one")
            found[one.name] = (path, one)
    listed = [one for _, one in found.values()]
    return McpConfig(
        tuple(one for one in listed if isinstance(one, Server)), tuple(one for one in listed if isinstance(one, Fault))
    )


def _servers(path: Path) -> list[Server | Fault]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise UserError(f"{path}: not readable as TOML: {wrong}") from wrong
    except (OSError, UnicodeDecodeError) as wrong:
        raise UserError(f"{path} can't be read: {wrong}; mend it, or unset {NAMED_BY}") from wrong
    strange = sorted(set(found) - {"servers"})
    if strange or not isinstance(found.get("servers", {}), dict):
        raise UserError(f"{path}: {strange[0] if strange else 'servers'}: write one [servers.NAME] for each server")
    return [_server(path, name, about) for name, about in found.get("servers", {}).items()]


def _server(path: Path, name: str, about: Any) -> Server | Fault:
    try:
        return Server.model_validate({**(about if isinstance(about, dict) else {"servers": about}), "name": name,
                                      "folder": str(path.parent)})  # fmt: skip
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]  # an input may be a secret
        place = ".".join(str(part) for part in first["loc"])
        said = str(first["msg"]).removeprefix("Value error, ")
        return Fault(name, f"{path}: servers.{name}{'.' + place if place else ''}: {said}")


def filled(server: Server, values: Mapping[str, str], environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Its env or headers with every `${NAME}` filled from our environment; one that is not set is told by its name."""

    def value(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise UserError(f"MCP server {server.name} asks for ${{{found[1]}}}, which is not set; set it")
        return environ[found[1]]

    return {key: SLOT.sub(value, text) for key, text in values.items()}
