"""Schemas of strangers become models within bounds, and what they let through is what the server's own schema allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from lab.model.mcp_schema import DEEPEST, MOST_FIELDS, Refused, arguments


def takes(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> Any:
    return arguments(
        "weather__forecast", {"type": "object", "properties": properties, "required": list(required), **more}
    )


def test_kinds_limits_choices_and_nesting_are_checked_before_the_server_is_asked() -> None:
    model = takes(
        {
            "city": {"type": "string", "maxLength": 5}, "days": {"type": "integer", "minimum": 1, "default": 3},
            "unit": {"enum": ["C", "F"]}, "spot": {"$ref": "#/$defs/Spot"}, "tags": {"type": "array", "items": {"type": "string"}},
        },
        ("city",),
        **{"$defs": {"Spot": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}}},
    )  # fmt: skip
    good = {"city": "Oslo", "days": 2, "unit": "C", "spot": {"lat": 59.9}, "tags": ["a"]}
    assert model.model_validate(good).model_dump(by_alias=True, exclude_unset=True) == good
    for bad in ({}, {"city": "Stockholm"}, {"city": "a", "days": 0}, {"city": "a", "unit": "K"}, {"city": "a", "spot": {}},
                {"city": "a", "tags": [1]}, {"city": "a", "more": 1}):  # fmt: skip
        with pytest.raises(ValidationError):
            model.model_validate(bad)
    assert "if left out: 3" in model.model_json_schema()["properties"]["days"]["description"]


def test_no_argument_takes_the_place_of_another() -> None:
    model = takes({"argument_1": {"type": "string"}, "class": {"type": "string"}}, ("argument_1", "class"))
    given = {"argument_1": "a", "class": "b"}
    assert model.model_validate(given).model_dump(by_alias=True) == given


def test_names_that_python_can_not_bear_keep_their_name_outside() -> None:
    model = takes({"from": {"type": "string"}, "x-y": {"type": "integer"}, "_z": {"type": "boolean"}, "model_dump": {}})
    values = {"from": "a", "x-y": 1, "_z": True, "model_dump": [1]}
    assert model.model_validate(values).model_dump(by_alias=True, exclude_unset=True) == values
    assert set(model.model_json_schema()["properties"]) == set(values)


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        inner = {"type": "object", "properties": {"a": inner}}
    return inner


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "array"}, "no JSON object"),
        (nested(DEEPEST + 2), "deeper"),
        ({"properties": {f"a{n}": {} for n in range(MOST_FIELDS + 1)}}, "more than"),
        ({"properties": {"a": {"description": "x" * 30_000}}}, "longer than"),
        ({"properties": {"a": {"$ref": "#/$defs/Gone"}}}, "not in it"),
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"$ref": "#/$defs/A"}}}, "deeper"),
        ({"properties": {"a": {"$ref": "https://elsewhere.example/schema"}}}, "not in it"),
        ({"properties": {"a": {"type": "string", "minLength": -1}}}, "can't be read"),
    ],
)
def test_a_schema_beyond_its_bounds_is_refused_in_one_line(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said) as refused:
        arguments("t", schema)
    assert "\n" not in str(refused.value)


SIMPLE = st.sampled_from([
    {"type": "string"}, {"type": "integer", "minimum": 0}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}, {"enum": ["a", "b"]},
    {"type": ["string", "null"]}, {"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"type": "array", "items": {"type": "integer"}}, {},
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.sampled_from(["a", "b", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "from"]), SIMPLE, max_size=3), st.data())
def test_whatever_fits_the_servers_schema_passes_and_arrives_unchanged(
    properties: dict[str, Any], data: st.DataObject
) -> None:
    schema = {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}
    values = data.draw(st.fixed_dictionaries(dict.fromkeys(properties, VALUES)))
    model = arguments("t", schema)
    if Draft202012Validator(schema).is_valid(values):
        assert model.model_validate(values).model_dump(mode="json", by_alias=True, exclude_unset=True) == values


KEYWORDS = st.sampled_from(
    ["type", "properties", "items", "anyOf", "enum", "$ref", "$defs", "A", "required", "minimum", "minLength", "const"]
)
ODD = st.recursive(
    st.none() | st.integers() | st.sampled_from(["string", "object", "array", "#/$defs/A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
).filter(lambda drawn: isinstance(drawn, dict))


@settings(max_examples=100, deadline=None)
@given(ODD)
def test_no_schema_of_a_stranger_breaks_us(schema: dict[str, Any]) -> None:
    try:
        arguments("t", schema).model_json_schema()
    except Refused as refused:
        assert "\n" not in str(refused)
