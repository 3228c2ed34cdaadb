"""What the tools that find papers take, and what a model is told of each."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ABOUT_SEARCH = (
    "Find papers by words in arXiv, Hugging Face Papers, Semantic Scholar and the offline library: merged and ranked, "
    "or one source alone."
)
ABOUT_DETAILS = (
    "Everything known of one paper: whole abstract, citations, code, what the offline library says of it. Not its text."
)
ABOUT_CITATIONS = (
    "Who cites a paper, or what it cites, with the sentences in which it is cited: the way from an anchor paper to "
    "the recipes that improved on it."
)
ABOUT_RECOMMEND = "Papers like the given ones, and unlike others."
ABOUT_PASSAGES = "Passages that answer a question: from texts this run has read, the library, and open papers anywhere."
ABOUT_TRENDING = "Papers of a day, or those that draw attention now, on Hugging Face."
ABOUT_LINKED = "Datasets, models and collections on the Hub that name a paper."

ONE_PAPER = "arxiv:2402.03300, doi:10.1234/x, s2:..., or an address of its page"


class _Takes(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchPapers(_Takes):
    query: str = Field(
        description="few telling words: method, symptom, dataset; arXiv's ti:/au:/abs: with source=arxiv"
    )
    source: Literal["all", "library", "arxiv", "hf", "semantic"] = "all"
    sort: Literal["relevance", "newest", "most_cited"] = "relevance"
    since: str = Field("", description="2024, 2024-03 or 2024-03-31")
    until: str = ""
    category: str = Field("", description="arXiv category, e.g. cs.CL")
    min_citations: int | None = Field(None, ge=0, description="with source=semantic or sort=most_cited")
    page: int = Field(1, ge=1)


class OnePaper(_Takes):
    paper: str = Field(description=ONE_PAPER)


class Citations(OnePaper):
    direction: Literal["cites", "cited_by"] = Field("cited_by", description="what it cites, or who cites it")
    page: int = Field(1, ge=1)
    only: str = Field("", description="id of one paper of this page: show that citation with all its contexts")


class Recommend(_Takes):
    like: list[str] = Field(min_length=1, description="ids of papers")
    unlike: list[str] = Field([], description="ids of papers it should not be like")
    page: int = Field(1, ge=1)


class FindPassages(_Takes):
    question: str = Field(description="what the passage should say, in the words it would use")
    papers: list[str] = Field([], description="ids; empty: any paper")
    page: int = Field(1, ge=1)


class Trending(_Takes):
    date: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="YYYY-MM-DD; empty: what draws attention now")
    page: int = Field(1, ge=1)


class LinkedResources(OnePaper):
    kind: Literal["all", "datasets", "models", "collections"] = "all"
    page: int = Field(1, ge=1, description="of one kind")
