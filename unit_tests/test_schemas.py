"""Each stream's schema against the models of the API: complete, lenient, described, typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts import catalog
from unit_tests import facts
from unit_tests.facts import NAMES, Json

TIMES = {"startTime", "endTime"}  # fields that the connector adds, with a type of their own
DATES = {"period", "date"}
ANYTHING = {"null", "object", "array", "string", "number", "boolean"}


def wire_fields(name: str) -> Json:
    """The fields of a stream's records as the models of the API tell them."""
    shape, fact = facts.endpoint(name), facts.operation(name)
    listed = {entry["key"]: entry["model"] for entry in fact["records"]}
    if key := shape.get("records"):
        row = facts.model(listed[key])
    else:  # `data` itself is the record
        row = facts.model(fact["data_model"])
        if "properties" not in row:
            row = {"properties": {k: facts.model(m) for k, m in listed.items()}}
    fields = {shape["wrap"]: row} if "wrap" in shape else dict(row["properties"])
    for label, one in shape.get("explode", {}).items():
        entry = fields.pop(label)["items"]
        fields |= entry["properties"] if one is None else {one: entry}
        fields.pop("total", None)  # the sums of the entries that have become records
        fields.pop("totalRetryCount", None)
    fields |= {key: facts.model(listed[key]) for key in shape.get("beside", ())}
    return fields


def added_fields(name: str) -> Json:
    """The fields that the connector adds."""
    found: Json = {}
    for field in catalog.streams()[name].added:
        found[field] = {"type": "string"}
        if field in TIMES | DATES:
            found[field]["format"] = "date-time" if field in TIMES else "date"
    return found


def nodes(node: Any, path: str) -> Iterator[tuple[str, Json]]:
    """All schemas inside a schema, with their paths."""
    yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if "items" in node:
        yield from nodes(node["items"], f"{path}[]")


def types(node: Json) -> set[str]:
    """The JSON types that a schema allows."""
    found = node.get("type", [])
    return {found} if isinstance(found, str) else set(found)


def compare(wire: Json, ours: Json, path: str) -> None:
    """Assert that a field of ours can hold each value of the wire's, in a type for warehouses."""
    kind, mark = types(wire) - {"null"}, wire.get("x-wire", "")
    if not kind:  # any JSON value, or one of several objects
        assert types(ours) == ANYTHING, path
    elif mark.endswith("-string") or mark == "unix-seconds":
        assert types(ours) == {"null", "integer"}, path
    elif kind == {"number"}:
        assert types(ours) in ({"null", "integer"}, {"null", "number"}), path
    else:
        assert types(ours) == {"null"} | kind, path
    assert ours.get("format") == wire.get("format"), path
    timestamp = "timestamp_with_timezone" if ours.get("format") == "date-time" else None
    assert ours.get("airbyte_type") == timestamp, path
    if "object" in kind:
        assert ours.get("properties", {}).keys() == wire.get("properties", {}).keys(), path
    for name, inner in wire.get("properties", {}).items() if kind else ():
        compare(inner, ours["properties"][name], f"{path}.{name}")
    if "items" in wire:
        compare(wire["items"], ours["items"], f"{path}[]")


def test_there_is_a_schema_for_each_stream_and_no_other() -> None:
    assert sorted(path.stem for path in facts.SCHEMAS.glob("*")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_schema_holds_each_field_of_the_api_with_its_type(name: str) -> None:
    fields = wire_fields(name) | added_fields(name)
    ours = facts.schema(name)["properties"]

    assert ours.keys() == fields.keys()
    for field, wire in fields.items():
        compare(wire, ours[field], field)


@pytest.mark.parametrize("name", NAMES)
def test_schema_admits_what_segment_may_add(name: str) -> None:
    for path, node in nodes(facts.schema(name), name):
        assert "enum" not in node, path
        assert "required" not in node, path
        assert "null" in types(node) or path == name, path
        if "object" in types(node) and types(node) != ANYTHING:
            assert node["additionalProperties"] is True, path


@pytest.mark.parametrize("name", NAMES)
def test_stream_and_each_field_are_described(name: str) -> None:
    for path, node in nodes(facts.schema(name), name):
        if path.endswith("[]"):  # told by the list
            continue
        text = node.get("description", "")
        assert 10 <= len(text) <= 200, path
        assert text[0].isupper(), path
        assert text.endswith("."), path


def test_streams_have_descriptions_of_their_own() -> None:
    texts = [facts.schema(name)["description"] for name in NAMES]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("name", NAMES)
def test_keys_and_cursor_are_fields(name: str) -> None:
    stream, fields = facts.STREAMS[name], facts.schema(name)["properties"]

    assert set(stream["primary_key"]) <= fields.keys()
    if sync := stream.get("incremental_sync"):
        assert fields[sync["cursor_field"]]["format"] in ("date", "date-time")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("destinations", ["settings"]),
        ("source_connected_destinations", ["settings"]),
        ("sources", ["settings"]),
        ("warehouses", ["settings"]),
        ("destination_subscriptions", ["settings"]),
    ],
)
def test_settings_stay_free_form(name: str, path: list[str]) -> None:
    node = facts.schema(name)
    for field in path:
        node = node["properties"][field]

    assert types(node) == {"null", "object"}
    assert "properties" not in node
    assert node["additionalProperties"] is True
