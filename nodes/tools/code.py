"""Tools for code and documentation: working examples, files at exact commits, docs, and what is really installed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lab.code.docs import Docs
from lab.code.docs_sets import SETS, docs_set
from lab.code.github_api import GitHub
from lab.code.installed import Installed
from lab.code.web import search_host
from lab.model.tool import Tool
from lab.net.web import Web
from nodes.tools import code_words as say

GITHUB_HOSTS = ("github", "githubraw")
ANY_PAGE = "any public page"

Recorded = Callable[[str, str], None]
"""Told what was done another way than asked, and why: `Desk.fallback`."""


class Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchCode(Takes):
    query: str = Field(min_length=2, description="words that stand in the code: names of classes, arguments, functions")
    repo: str = Field("", description="OWNER/NAME to search in one repository alone")
    language: str = Field("", description="such as python")
    limit: int = Field(8, ge=1, le=20)


class FindExamples(Takes):
    repo: str = Field(description="OWNER/NAME")
    query: str = Field(min_length=2, description="what the example shows: GRPO reward function, LoRA config ...")
    ref: str = Field("", description="branch, tag or commit; the default branch if empty")
    limit: int = Field(6, ge=1, le=15)


class ReadCode(Takes):
    repo: str = Field(description="OWNER/NAME")
    path: str
    ref: str = Field("", description="branch, tag or commit; the default branch if empty")
    first: int = Field(1, ge=1, description="the line to begin at")
    lines: int = Field(200, ge=1, le=250)


class ListRepository(Takes):
    repo: str = Field("", description="OWNER/NAME to list its files; empty to search repositories")
    below: str = Field("", description="only this folder")
    ref: str = ""
    query: str = Field("", description="search repositories by words instead")
    owner: str = Field("", description="repositories of this person or organisation alone")
    sort: Literal["best", "stars", "updated"] = "best"
    page: int = Field(1, ge=1)


class SearchDocs(Takes):
    library: str = Field(description=f"one of {', '.join(sorted(SETS))}")
    query: str = Field(min_length=2)
    version: str = Field("", description="a release, for Hugging Face libraries; the current one if empty")
    limit: int = Field(6, ge=1, le=15)


class ReadDocs(Takes):
    library: str
    page: str = Field(description="as search_docs gives it, or its address")
    version: str = ""
    number: int = Field(1, ge=1, description="the part of a long page")


class Signature(Takes):
    name: str = Field(description="dotted: trl.GRPOConfig, sklearn.svm.SVC, transformers.Trainer.train")
    show: Literal["signature", "members", "source"] = "signature"
    like: str = Field("", description="only parameters, members that hold one of these words (in name or text)")
    page: int = Field(1, ge=1)


class WebSearch(Takes):
    query: str = Field(min_length=2)
    limit: int = Field(6, ge=1, le=15)


class ReadPage(Takes):
    url: str
    number: int = Field(1, ge=1, description="the part of a long page")


def code_tools(web: Web, recorded: Recorded | None = None) -> list[Tool]:
    """Everything that reads code and documentation; web search and pages only where a person has set a search up."""
    hub, docs, installed = GitHub(web), Docs(web), Installed(web.cache)
    told = recorded or (lambda what, why: None)
    return [*_github_tools(hub, told), *_docs_tools(docs), signature_tool(installed), *_web_tools(web)]


def _github_tools(hub: GitHub, told: Recorded) -> list[Tool]:
    return [
        Tool(
            "search_code",
            "Passages of code on GitHub that hold the words, with the commit they stand at. Without a token it searches "
            "the best repositories' examples instead, and says so.",
            SearchCode, partial(say.searched, hub, told), reaches=GITHUB_HOSTS,
        ),
        Tool(
            "find_examples",
            "Working examples in one repository, ranked by what stands in them. Use it before writing a script: "
            "begin with huggingface/trl, huggingface/transformers, huggingface/peft.",
            FindExamples, partial(say.examples, hub), reaches=GITHUB_HOSTS,
        ),
        Tool(
            "read_code",
            "Lines of a file on GitHub, numbered, with the commit that makes a citation exact; notebooks as Markdown.",
            ReadCode, partial(say.file, hub), reaches=GITHUB_HOSTS,
        ),
        Tool(
            "list_repository",
            "Files of a repository or of a folder in it; or, without repo, repositories found by words or owner.",
            ListRepository, partial(say.listed, hub), reaches=GITHUB_HOSTS,
        ),
    ]  # fmt: skip


def _docs_tools(docs: Docs) -> list[Tool]:
    hosts = tuple(sorted({docs_set(name).host.name for name in SETS}))
    return [
        Tool(
            "search_docs",
            "Pages of a library's documentation for a few words. What is installed may be another release: "
            "signature() tells what really exists here.",
            SearchDocs, partial(say.docs_found, docs), reaches=hosts,
        ),
        Tool("read_docs", "A page of a library's documentation.", ReadDocs, partial(say.docs_page, docs), reaches=hosts),
    ]  # fmt: skip


def signature_tool(installed: Installed) -> Tool:
    """Reaches nothing: it looks at what is installed here."""
    return Tool(
        "signature",
        "What an installed class or function really takes: parameters with defaults, types and what they mean; or a "
        "module's or class's members; or its source. Trust it over documentation and memory.",
        Signature,
        partial(say.installed, installed),
    )


def _web_tools(web: Web) -> list[Tool]:
    host = search_host()
    if host is None:
        return []
    about = "Pages of the open web for a few words: title, address and the text that speaks for them."
    return [
        Tool("web_search", about, WebSearch, partial(say.web_hits, web), reaches=(host.name,)),
        Tool(
            "read_page", "A public page of the web as text.", ReadPage, partial(say.web_page, web), reaches=(ANY_PAGE,)
        ),
    ]
