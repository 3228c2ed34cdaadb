"""Tools that read the Hub: search, inspect, rows, files, cards, discussions. None of them writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lab.hub import files, search, words
from lab.hub.client import Hub
from lab.hub.dataset import look, rows
from lab.hub.model import look_at_model
from lab.hub.repo import look_up
from lab.model.tool import Tool
from lab.net.web import SourceTrouble, Web

CELLS = 8_000
"""Characters of one page of rows, shared among its cells."""


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchHub(_Takes):
    kind: Literal["datasets", "models", "spaces", "collections"] = "datasets"
    words: str = Field("", description="few words of a name; of collections the owner")
    task: str = Field("", description="e.g. text-classification, question-answering, text-generation")
    licence: str = Field("", description="e.g. mit, apache-2.0, cc-by-4.0")
    author: str = Field("", description="user or organisation")
    language: str = Field("", description="e.g. en")
    size: str = Field("", description="datasets: 1K<n<10K, 10K<n<100K ...; models: min:1B,max:3B")
    tags: list[str] = Field([], description="further tags that must all be there, e.g. arxiv:2402.03300")
    trained_on: str = Field("", description="models trained on this dataset id")
    base_model: str = Field("", description="models made from this model id")
    holds: str = Field("", description="collections that hold this item, e.g. datasets/owner/name")
    sort: search.Sort = "downloads"
    count: int = Field(15, ge=1, le=search.MOST)


class OneDataset(_Takes):
    id: str = Field(description="owner/name")
    config: str = Field("", description="empty: the first")
    split: str = Field("", description="empty: train, else the first")
    revision: str = Field("", description="branch or commit; empty: main")


class Rows(OneDataset):
    start: int = Field(0, ge=0)
    count: int = Field(10, ge=1, le=100)


class OneModel(_Takes):
    id: str = Field(description="owner/name")
    revision: str = ""


class _OfRepo(_Takes):
    id: str = Field(description="owner/name")
    kind: Literal["dataset", "model", "space"] = "dataset"


class Listing(_OfRepo):
    what: Literal["files", "branches", "commits"] = "files"
    below: str = Field("", description="a folder")
    start: int = Field(0, ge=0)
    revision: str = ""


class Reading(_OfRepo):
    path: str
    start: int = Field(0, ge=0, description="characters of a text, rows of a table")
    revision: str = ""


class Card(_OfRepo):
    start: int = Field(0, ge=0, description="character to go on from")
    revision: str = ""


class Discussions(_OfRepo):
    number: int = Field(0, ge=0, description="0 lists them, else the one to read")


ABOUT = {
    "search_hub": "Find datasets, models, spaces or collections on the Hugging Face Hub. Gives ids to use next.",
    "inspect_dataset": "A dataset's counted rows, configurations, splits, columns with statistics, format and the trainers it "
    "fits, copies, licence, lineage, revision. Look before you name any column.",
    "dataset_rows": "Rows of one split, a page at a time; fewer rows show longer cells.",
    "inspect_model": "A model's architecture, counted parameters, tokenizer, base models, training data, licence.",
    "hub_files": "Files of a repository with sizes; or its branches, or its commits.",
    "read_hub_file": "A text file a page at a time; of a parquet, JSON lines or CSV file its first rows.",
    "hub_card": "The card (README) of a dataset or model, a page at a time. Its numbers are its author's, nobody counted them.",
    "hub_discussions": "Discussions and pull requests: what others found wrong with a dataset or model.",
}


def hub_tools(web: Web) -> list[Tool]:
    """Everything a stage may read of the Hub."""
    hub = Hub(web)

    def model(asked: OneModel) -> str:
        return words.model(look_at_model(hub, asked.id, asked.revision))

    def card(asked: Card) -> str:
        return words.text(files.read_card(hub, asked.kind, asked.id, asked.start, asked.revision), asked.id)

    doing: list[tuple[str, type[_Takes], Callable[..., str]]] = [
        ("search_hub", SearchHub, partial(_search, hub)),
        ("inspect_dataset", OneDataset, partial(_dataset, hub)),
        ("dataset_rows", Rows, partial(_rows, hub)),
        ("inspect_model", OneModel, model),
        ("hub_files", Listing, partial(_listing, hub)),
        ("read_hub_file", Reading, partial(_read, hub)),
        ("hub_card", Card, card),
        ("hub_discussions", Discussions, partial(_discussions, hub)),
    ]
    viewed = ("inspect_dataset", "dataset_rows")
    return [
        Tool(name, ABOUT[name], takes, run, reaches=("hub", "hubviewer") if name in viewed else ("hub",))
        for name, takes, run in doing
    ]


def _search(hub: Hub, asked: SearchHub) -> str:
    if asked.kind == "collections":
        return words.collections(search.find_collections(hub, asked.author or asked.words, asked.holds, asked.count))
    wanted = search.Wanted(
        words=asked.words, author=asked.author, task=asked.task, licence=asked.licence, language=asked.language, size=asked.size,
        trained_on=asked.trained_on, base_model=asked.base_model, tags=tuple(asked.tags), sort=asked.sort,
    )  # fmt: skip
    find = {"datasets": search.find_datasets, "models": search.find_models, "spaces": search.find_spaces}[asked.kind]
    return words.hits(find(hub, wanted, asked.count), asked.kind)


def _dataset(hub: Hub, asked: OneDataset) -> str:
    """The look, or what can be said of a set whose files can't be had."""
    try:
        return words.dataset(look(hub, asked.id, asked.config, asked.split, asked.revision))
    except SourceTrouble as closed:
        if closed.kind not in ("gated", "unreadable"):
            raise
        repo = look_up(hub, "dataset", asked.id, asked.revision)
        return "\n".join(
            [*words.facts(repo), f"its rows were not seen: {closed}", words.files(repo.files, 0, asked.id)]
        )


def _rows(hub: Hub, asked: Rows) -> str:
    found, part, repo = rows(hub, asked.id, asked.config, asked.split, asked.start, asked.count, asked.revision)
    place = f"{asked.id} {part.config}/{part.split} at {repo.sha[:12]}"
    if not found:
        return f"{place}: no rows from {asked.start} on"
    cell = max(120, CELLS // (len(found) * max(1, len(found[0]))))
    shown = words.rows_as_lines(found, asked.start, cell)
    return f"{place}, rows {asked.start} to {asked.start + len(found) - 1}:\n{shown}\n[ask from {asked.start + len(found)} for more]"


def _listing(hub: Hub, asked: Listing) -> str:
    if asked.what == "branches":
        return "\n".join(f"{name} at {sha}" for name, sha in files.refs(hub, asked.kind, asked.id))
    if asked.what == "commits":
        found = files.commits(hub, asked.kind, asked.id, asked.revision)[asked.start : asked.start + 40]
        return "\n".join(f"{sha} {day} {title}" for sha, day, title in found)
    repo = look_up(hub, asked.kind, asked.id, asked.revision)
    below = asked.below.strip("/")
    inside = [file for file in repo.files if not below or file.path.startswith(f"{below}/")]
    return words.files(inside, asked.start, f"{asked.id}{f'/{below}' if below else ''} at {repo.sha}")


def _read(hub: Hub, asked: Reading) -> str:
    if asked.kind == "dataset" and files.previewed(asked.path):
        return words.preview(
            files.preview(hub, asked.id, asked.path, asked.start, revision=asked.revision), asked.start
        )
    return words.text(files.read_text(hub, asked.kind, asked.id, asked.path, asked.start, asked.revision), asked.id)


def _discussions(hub: Hub, asked: Discussions) -> str:
    if not asked.number:
        return words.discussions(files.discussions(hub, asked.kind, asked.id))
    return words.discussion(files.open_discussion(hub, asked.kind, asked.id, asked.number))
