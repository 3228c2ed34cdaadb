"""What `postgrad mcp` offers: what reads sources and what checks. Nothing here writes, launches or spends."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from app.mcp_checks import Checks
from lab.model.tool import Tool

MOST_HITS = 20


class SearchLibrary(BaseModel):
    model_config = ConfigDict(extra="forbid")
    words: str = Field(min_length=1, description="what to look for, in a few words")
    count: int = Field(8, ge=1, le=MOST_HITS)


class ReadLibrary(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str = Field(description="an id that search_library gave, such as arxiv:2402.03300")


def library_tools() -> list[Tool]:
    """The bundled literature: looked up once, kept in our own words, there without a network."""
    return [
        Tool("search_library", "Search the bundled library of papers and recipes on training small models; needs no network. "
             "Gives ids to read.", SearchLibrary, _search),
        Tool("read_library", "One entry of the bundled library: what was read, its recipes with settings, its claims, and where "
             "each stands.", ReadLibrary, _read),
    ]  # fmt: skip


def _search(asked: SearchLibrary) -> str:
    from lab.papers.bm25 import search

    hits = search(asked.words, asked.count)
    lines = [f"{hit.id}: {hit.title}\n  {hit.snippet}" for hit in hits]
    return "\n".join(lines) or "nothing in the library fits; try other words"


def _read(asked: ReadLibrary) -> str:
    from lab.papers.library import find_entry

    return find_entry(asked.id).model_dump_json(indent=1, exclude_defaults=True)


def offered(home: Path, checks: Checks) -> list[Tool]:
    """Every tool; one that would write is a defect, and the server does not start with it."""
    from lab.net.web import Web
    from nodes.tools.code import code_tools
    from nodes.tools.hub import hub_tools
    from nodes.tools.papers_read import reading_tools
    from nodes.tools.papers_search import search_tools

    web = Web(home / "cache" / "sources")
    sources = [*search_tools(web), *reading_tools(web), *hub_tools(web), *code_tools(web)]
    tools = [*library_tools(), *checks.tools(), *sources]
    writing = [tool.name for tool in tools if tool.writes]
    if writing:
        raise AssertionError(f"{', '.join(writing)}: a tool that writes is not offered to strangers")
    return tools
