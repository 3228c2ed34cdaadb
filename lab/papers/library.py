"""The offline literature: Markdown entries in our own words, each with an identifier that was looked up."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from state.errors import UserError

LIBRARY = Path(__file__).resolve().parent.parent / "library"
FENCE = "---\n"

EntryKind = Literal["paper", "recipe"]
Setting = bool | int | float | str
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
EntryId = Annotated[str, StringConstraints(pattern=r"^(arxiv:\d{4}\.\d{4,5}|postgrad:recipe-[a-z0-9-]+)$")]
Source = Annotated[str, StringConstraints(pattern=r"^(arxiv:\d{4}\.\d{4,5}|measured: \S.*)$")]


class Frozen(BaseModel):
    """A product of reading: unknown keys are refused, nothing changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LookedUp(Frozen):
    """Where identifier and title were seen side by side."""

    where: Annotated[str, StringConstraints(pattern=r"https?://")]
    on: date


class KnownRecipe(Frozen):
    """Settings that a source really names, and where in it."""

    name: Text
    method: Text
    settings: dict[str, Setting] = Field(min_length=1)
    result: Text
    place: Text


class KnownClaim(Frozen):
    """A statement read in the looked-up source, in our words."""

    text: Text
    place: Text


class Entry(Frozen):
    """One paper, or one recipe of our own."""

    id: EntryId
    title: Text
    authors: Text
    year: int = Field(ge=1950, le=2100)
    kind: EntryKind
    methods: tuple[Text, ...] = Field(min_length=1)
    looked_up: LookedUp | None = None
    based_on: tuple[Source, ...] = ()
    cites: tuple[EntryId, ...] = ()
    recipes: tuple[KnownRecipe, ...] = ()
    claims: tuple[KnownClaim, ...] = ()
    body: Text

    @model_validator(mode="after")
    def has_a_source(self) -> Self:
        """A paper says where it was looked up; a recipe of ours says what it rests on."""
        if self.kind == "paper" and (self.looked_up is None or not self.id.startswith("arxiv:")):
            raise ValueError("a paper needs an arXiv id and looked_up")
        if self.kind == "recipe" and (not self.based_on or not self.id.startswith("postgrad:")):
            raise ValueError("a recipe needs a postgrad: id and based_on")
        return self


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def parse_entry(path: Path) -> Entry:
    """Read one entry; a broken file is an error that names it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"library entry {path.name} can't be read ({error}); restore the file") from error
    opening, fence, rest = text.partition(FENCE)
    front, closing, body = rest.partition("\n" + FENCE)
    if opening or not fence or not closing:
        raise UserError(f"library entry {path.name} has no front matter between two lines of ---; add it")
    try:
        # Pure Python reads YAML 1.2, where 3e-4 is a number; the C reader speaks 1.1, where it is a word.
        fields = YAML(typ="safe", pure=True).load(front)
    except YAMLError as error:
        said = " ".join(str(error).split())
        raise UserError(f"library entry {path.name} is not valid YAML ({said}); mend its front matter") from error
    if not isinstance(fields, dict) or "body" in fields:
        raise UserError(f"library entry {path.name} needs a mapping of fields, without body, as front matter; mend it")
    try:
        return Entry.model_validate({**fields, "body": body})
    except ValidationError as error:
        raise UserError(f"library entry {path.name} is broken ({_why(error)}); mend its front matter") from error


def _refuse_strangers(entries: Sequence[Entry]) -> None:
    """Ids are unique, and a reference within the library leads somewhere."""
    known: set[str] = set()
    for entry in entries:
        if entry.id in known:
            raise UserError(f"library id {entry.id} is used by two entries; give one another id")
        known.add(entry.id)
    for entry in entries:
        for other in (*entry.cites, *(source for source in entry.based_on if source.startswith("arxiv:"))):
            if other not in known:
                raise UserError(f"library entry {entry.id} names {other}, which is not in the library; add or drop it")


@lru_cache(maxsize=4)
def _read(folder: Path) -> tuple[Entry, ...]:
    paths = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    if not paths:
        raise UserError(f"no library entries in {folder.name}/; reinstall, or point to a folder that has them")
    entries = tuple(parse_entry(path) for path in paths)
    _refuse_strangers(entries)
    return entries


def load_library(folder: Path = LIBRARY) -> list[Entry]:
    """Every entry, in the order of the file names."""
    return list(_read(folder))


def find_entry(entry_id: str, entries: Sequence[Entry] | None = None) -> Entry:
    """The entry with this id; unknown ids are an error, so that no report cites what nobody read."""
    for entry in load_library() if entries is None else entries:
        if entry.id == entry_id:
            return entry
    raise UserError(f"{entry_id} is not in the library; search for it first")
