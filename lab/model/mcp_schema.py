"""A foreign tool's JSON schema as a pydantic model: what we can check is checked here, within bounds; the rest by its server."""

from __future__ import annotations

import json
import keyword
import re
from typing import Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from state.errors import PostgradError

Json = dict[str, Any]

DEEPEST = 6
"""Levels of objects and lists: real tools stay under four, and each level costs a model tokens."""
MOST_FIELDS = 40
LONGEST_SCHEMA = 20_000
"""Characters: five thousand tokens in every call of the stage."""
LONGEST_NOTE = 300
"""Characters of the words about one argument."""

PLAIN: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool, "null": None}
LIMITS = {
    "minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt", "minLength": "min_length",
    "maxLength": "max_length", "minItems": "min_length", "maxItems": "max_length",
}  # fmt: skip
BOUNDED = {"string": ("min_length", "max_length"), "integer": ("ge", "le", "gt", "lt"), "number": ("ge", "le", "gt", "lt"),
           "array": ("min_length", "max_length")}  # fmt: skip
TAKEN = frozenset(dir(BaseModel))


class Refused(PostgradError):
    """A schema that we won't show to a model."""


def arguments(name: str, schema: Json) -> type[BaseModel]:
    """The arguments of a tool; Refused for a schema that is too large, too deep, or none at all."""
    if len(json.dumps(schema)) > LONGEST_SCHEMA:
        raise Refused(f"its schema is longer than {LONGEST_SCHEMA} characters")
    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties", {}), dict):
        raise Refused("its arguments are no JSON object")
    defs = {f"#/{place}/{key}": value for place in ("$defs", "definitions")
            for key, value in _mapping(schema.get(place)).items()}  # fmt: skip
    try:
        return _Reader(defs).model(_title(name), schema, 0)
    except (PydanticUserError, SchemaError, TypeError, ValueError) as wrong:  # what a stranger wrote may be anything
        raise Refused(f"its schema can't be read: {' '.join(str(wrong).split())[:200]}") from wrong


def _mapping(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in re.findall(r"[A-Za-z0-9]+", name)) or "Arguments"


class _Reader:
    """One walk over a schema; fields are counted, so that nothing grows beyond its bound."""

    def __init__(self, defs: Json) -> None:
        self.defs = defs
        self.fields = 0

    def model(self, title: str, schema: Json, depth: int) -> type[BaseModel]:
        required = schema.get("required", [])
        fields: dict[str, Any] = {}
        for n, (key, about) in enumerate(_mapping(schema.get("properties")).items()):
            self.fields += 1
            if self.fields > MOST_FIELDS:
                raise Refused(f"it takes more than {MOST_FIELDS} arguments")
            name = _field_name(key, n)
            while name != key and name in schema["properties"]:  # else one argument would take another's place
                name += "_"
            fields[name] = self._field(key, _mapping(about), key in required, title, depth)
        made: type[BaseModel] = create_model(
            title, __config__=ConfigDict(extra="forbid", populate_by_name=False, protected_namespaces=()), **fields
        )
        return made

    def _field(self, key: str, about: Json, required: bool, title: str, depth: int) -> tuple[Any, Any]:
        kind = self.kind(about, f"{title}{_title(key)}", depth + 1)
        said = " ".join(str(about.get("description", "")).split())[:LONGEST_NOTE]
        alias = None if _field_name(key, 0) == key else key
        bounds = _bounds(about)
        if required:
            return kind, Field(description=said, alias=alias, **bounds)
        if about.get("default") is not None:
            said = f"{said} (if left out: {json.dumps(about['default'])[:LONGEST_NOTE]})".strip()
        return Union[kind, None], Field(default=None, description=said, alias=alias, **bounds)  # noqa: UP007

    def kind(self, about: Json, title: str, depth: int) -> Any:
        """The type of one value; what the schema leaves open is any JSON."""
        if depth > DEEPEST:
            raise Refused(f"its arguments nest deeper than {DEEPEST} levels")
        if "$ref" in about:
            if about["$ref"] not in self.defs:
                raise Refused(f"its schema points to {str(about['$ref'])[:60]}, which is not in it")
            return self.kind(_mapping(self.defs[about["$ref"]]), title, depth + 1)  # a loop ends at the deepest level
        if "const" in about or "enum" in about:
            return _choice(about["enum"] if "enum" in about else [about["const"]])
        for either in ("anyOf", "oneOf"):
            if isinstance(about.get(either), list) and about[either]:
                return self._either([_mapping(one) for one in about[either]], title, depth)
        named = about.get("type")
        if isinstance(named, list) and named:
            return self._either([{**about, "type": one} for one in named], title, depth)
        if named == "object" and "properties" in about:
            return self.model(title, about, depth)
        if named == "object":
            return dict[str, JsonValue]
        if named == "array":
            return list[self.kind(_mapping(about.get("items")), title, depth + 1)]  # type: ignore[misc]  # a type made at run time
        return PLAIN.get(str(named), JsonValue)

    def _either(self, options: list[Json], title: str, depth: int) -> Any:
        return Union[tuple(self.kind(one, f"{title}{n}", depth + 1) for n, one in enumerate(options))]  # noqa: UP007


def _choice(values: Any) -> Any:
    plain = isinstance(values, list) and values and all(v is None or isinstance(v, str | int | bool) for v in values)
    return Literal[tuple(values)] if plain else JsonValue


def _bounds(about: Json) -> Json:
    """The limits that fit the kind of value; pydantic refuses the others."""
    named = str(about.get("type"))
    if "enum" in about or "const" in about:
        return {}
    fits = int | float if named == "number" else int
    found = {
        ours: about[theirs] for theirs, ours in LIMITS.items() if theirs in about and ours in BOUNDED.get(named, ())
    }
    return {ours: limit for ours, limit in found.items() if isinstance(limit, fits) and not isinstance(limit, bool)}


def _field_name(key: str, n: int) -> str:
    """The argument's own name where Python and pydantic can bear it."""
    bearable = key.isidentifier() and not key.startswith("_") and not keyword.iskeyword(key) and key not in TAKEN
    return key if bearable else f"argument_{n}"
