"""Who may what: the tools of every stage, as data. A tool that stands in no row is offered nowhere, and building one is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lab.model.tool import Tool
from nodes.tools.exposure import bounded
from nodes.tools.sealed_source import HubNames, kept_sealed, sealed_source
from state.errors import PostgradError, UserError

if TYPE_CHECKING:
    from lab.net.web import Web
    from lab.papers.paper import Paper
    from lab.papers.read import Shelf
    from nodes.desk import Desk
    from state.notebook import Notebook

RoomName = Literal["papers", "reading", "hub", "code", "records", "curating", "workshop", "mcp"]


@dataclass(frozen=True)
class Room:
    """A module of tools: their names, the hosts they may ask, and which of them write."""

    tools: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What one stage may have; `writes` means its own folder, and nothing else."""

    may: str
    rooms: tuple[RoomName, ...]
    writes: bool = False


TABLE: Mapping[str, Row] = {
    "literature": Row("every source, read only", ("papers", "reading", "hub", "code", "mcp")),
    "curation": Row("the Hub, read; a data script in its folder, run in the sandbox; the audit", ("hub", "curating", "mcp"), True),
    "planning": Row("everything of the run but what is sealed; no writes", ("records",)),
    "diagnosis": Row("everything of the run but what is sealed; no writes", ("records",)),
    "implementation": Row("every source, read; its folder, written; tiny runs in the sandbox; static checks",
                          ("papers", "reading", "hub", "code", "workshop", "mcp"), True),
    "report": Row("the run's own records", ("records",)),
}  # fmt: skip
"""Every other stage has no tools: it is code, or one question without any."""

DOCS = tuple(f"docs-{name}" for name in (
    "gradio", "huggingface", "lightgbm", "matplotlib", "numpy", "pandas", "python", "pytorch", "scikit-learn", "scipy",
    "sentence-transformers", "xgboost",
))  # fmt: skip

ROOMS: Mapping[RoomName, Room] = {
    "papers": Room(
        ("search_papers", "paper_details", "citations", "recommend", "find_passages", "trending_papers", "linked_resources"),
        ("arxivapi", "hub", "semantic"),
    ),
    "reading": Room(
        ("read_paper", "read_section", "paper_tables", "figure_values", "find_in_paper", "check_quote", "check_draft"),
        ("arxiv", "ar5iv"),
    ),
    "hub": Room(
        ("search_hub", "inspect_dataset", "dataset_rows", "inspect_model", "hub_files", "read_hub_file", "hub_card", "hub_discussions"),
        ("hub", "hubviewer"),
    ),
    "code": Room(
        ("search_code", "find_examples", "read_code", "list_repository", "search_docs", "read_docs", "signature",
         "web_search", "read_page"),
        ("github", "githubraw", *DOCS, "websearch", "brave", "any public page"),
    ),
    "records": Room(
        ("list_experiments", "metrics_summary", "metrics_window", "read_log", "experiment_files", "run_table", "read_reading"),
    ),
    "curating": Room(
        ("write_data_script", "edit_data_script", "read_data_script", "run_data_script", "raw_rows", "audit_table"),
        ("hub",),
        ("write_data_script", "edit_data_script", "run_data_script"),
    ),
    "workshop": Room(
        ("list_files", "read_file", "write_file", "edit_file", "check_script", "run_tiny"),
        writes=("write_file", "edit_file", "run_tiny"),
    ),
    "mcp": Room(),  # its tools and hosts are a person's list: lab/model/mcp_config.py
}  # fmt: skip

OUTSIDE = "mcp:"
"""What a tool of an MCP server reaches begins like this, and its name holds two underscores."""


class NotGranted(PostgradError):
    """A stage was given a tool that the table does not grant it: a defect of ours, found before a model sees it."""


def tools_for(stage: str, desk: Desk, state: Notebook, *, web: Web | None = None, **given: Any) -> list[Tool]:
    """The tools of a stage, each checked against the table. `given` is what a room needs of its stage: its folder, its runs."""
    row = TABLE.get(stage)
    if row is None:
        raise NotGranted(f"{stage} has no tools; they are granted in nodes/tools/table.py")
    if stage != desk.stage:
        raise NotGranted(f"{desk.stage} asks for the tools of {stage}")
    needs = Needs(desk, state, web, given)
    made = [tool for room in row.rooms for tool in granted(stage, room, MAKERS[room](needs))]
    if needs.given:
        raise NotGranted(f"{stage} was given {', '.join(needs.given)}, which no room of its row takes")
    names = HubNames(lambda: needs.sources)
    made = bounded(made, desk.workspace, names) if stage in ("literature", "curation") else made
    return kept_sealed(_named_once(made), sealed_source(state), names)


def granted(stage: str, room: RoomName, tools: Sequence[Tool]) -> list[Tool]:
    """The same tools, if the table grants the stage all that they do; NotGranted otherwise."""
    row, about = TABLE[stage], ROOMS[room]
    if room not in row.rooms:
        raise NotGranted(f"{stage} may not have {room}")
    for tool in tools:
        foreign = room == "mcp"
        if tool.name not in about.tools and not (foreign and "__" in tool.name):
            raise NotGranted(f"{tool.name} stands in no row of the table; grant it, or say that it is granted nowhere")
        if tool.writes and not (row.writes and tool.name in about.writes):
            raise NotGranted(f"{tool.name} writes, and {stage} may not")
        strange = [
            host for host in tool.reaches if host not in about.hosts and not (foreign and host.startswith(OUTSIDE))
        ]
        if strange:
            raise NotGranted(
                f"{tool.name} reaches {', '.join(strange)}, which the tools of {room} have no business with"
            )
    return list(tools)


def _named_once(tools: list[Tool]) -> list[Tool]:
    names = [tool.name for tool in tools]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise NotGranted(f"{', '.join(twice)}: two tools of one name")
    return tools


@dataclass
class Needs:
    """What the rooms are made of; what a stage gave is taken once."""

    desk: Desk
    state: Notebook
    web: Web | None
    given: dict[str, Any]

    def take(self, name: str) -> Any:
        if name not in self.given:
            raise NotGranted(f"{self.desk.stage} has to say its {name}")
        return self.given.pop(name)

    @property
    def sources(self) -> Web:
        """The web as this home knows it: one cache for all runs."""
        from lab.net.web import Web

        if self.web is None:
            self.web = Web(self.desk.home / "cache" / "sources")
        return self.web

    def silent(self, name: str, why: str) -> None:
        """A source that did not answer is told, written down, and done without."""
        self.desk.journal.write("source", name=name, answered=False, why=why)
        self.desk.say(f"{name}: {why}")


def reader_tools(stage: str, paper: Paper, shelf: Shelf) -> list[Tool]:
    """What a reader of one paper gets: that paper, and no other."""
    from nodes.tools.papers_read import tools_of

    return granted(stage, "reading", tools_of(paper, shelf))


def _papers(needs: Needs) -> list[Tool]:
    from nodes.tools.papers_search import search_tools

    wanted = (needs.state.get("goal") or {}).get("sources")
    return search_tools(needs.sources, library=wanted is None or "library" in wanted)


def _reading(needs: Needs) -> list[Tool]:
    from nodes.tools.papers_read import reading_tools

    return reading_tools(needs.sources)


def _hub(needs: Needs) -> list[Tool]:
    from nodes.tools.hub import hub_tools

    return hub_tools(needs.sources)


def _code(needs: Needs) -> list[Tool]:
    from nodes.tools.code import code_tools

    return code_tools(needs.sources, needs.desk.fallback)


def _records(needs: Needs) -> list[Tool]:
    from nodes.tools.records import record_tools

    return record_tools(needs.desk, needs.state)


def _curating(needs: Needs) -> list[Tool]:
    """Raw rows and the scripts over them: until the split, and not after it."""
    from nodes.tools.curating import curating_tools

    shop = needs.take("workshop")
    return [] if needs.state.get("card") else curating_tools(shop)


def _workshop(needs: Needs) -> list[Tool]:
    from nodes.tools.workshop import workshop_tools

    return workshop_tools(needs.take("workshop"), needs.take("run_tiny"))


def _mcp(needs: Needs) -> list[Tool]:
    from lab.model.mcp import mcp_tools
    from lab.model.mcp_config import read_mcp_config

    try:
        config = read_mcp_config(needs.desk.home)
    except UserError as wrong:  # the research does not depend on it; whoever wrote it reads why
        needs.silent("mcp", str(wrong))
        return []
    return mcp_tools(config, needs.desk.stage, needs.silent)


MAKERS: Mapping[RoomName, Callable[[Needs], list[Tool]]] = {
    "papers": _papers,
    "reading": _reading,
    "hub": _hub,
    "code": _code,
    "records": _records,
    "curating": _curating,
    "workshop": _workshop,
    "mcp": _mcp,
}
