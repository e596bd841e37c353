"""Each stream's schema against the API's models: complete, described, typed for warehouses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from scripts import catalog
from unit_tests import facts
from unit_tests.connector import Json

STREAMS = catalog.streams()
NAMES = list(STREAMS)
ANYTHING = {"null", "object", "array", "string", "number", "boolean"}
LISTS = {"credential_sources": "sources", "credential_warehouses": "warehouses"}
WHOLE_DATA = {  # streams whose record is the whole `data` object
    "source_schema_settings",
    "warehouse_advanced_sync_schedules",
    "warehouse_connection_states",
}
BESIDE = {  # fields of the response, beside its list, that become part of each record
    "source_details": "trackingPlanId",
    "profiles_warehouse_selective_syncs": "enableEventTables",
}
OBSERVED = {  # fields that public payloads have and the models lack
    "tracking_plans": ["resourceSchemaId"],
    "transformations": ["workspaceId"],
}
FORMATS = {"period": "date", "date": "date", "startTime": "date-time", "endTime": "date-time"}
ADDED = {  # fields that the connector takes from the request: ids of parents, bounds of windows
    *FORMATS,
    *("sourceId", "destinationId", "warehouseId", "userId", "userGroupId", "credentialId"),
    *("functionId", "trackingPlanId", "modelId", "subscriptionId", "spaceId", "audienceId"),
    *("referencedAudienceId", "eventName", "entitySlug", "collection"),
}


def api_fields(name: str) -> tuple[Json, set[str]]:
    """The fields of a stream's records in the API's models, and which of them are required."""
    fact = facts.operation(name)
    listed = {entry["key"]: facts.model(entry["model"]) for entry in fact["records"]}
    required = {entry["key"] for entry in fact["records"] if entry["required"]}
    if name in WHOLE_DATA:
        return facts.model(fact["data_model"]).get("properties", listed), required
    kinds = {entry["kind"]: entry["key"] for entry in fact["records"]}
    row = listed[LISTS.get(name) or kinds.get("array") or kinds["object"]]
    if row == {"type": "string"}:
        return {"email": row}, {"email"}
    fields, required = dict(row["properties"]), set(row.get("required", ()))
    if series := fields.pop("series", None):  # each point is a record, the totals are left out
        fields = {k: v for k, v in fields.items() if not k.startswith("total")}
        fields, required = fields | series["items"]["properties"], set(series["items"]["required"])
    if subjects := fields.pop("subjectIds", None):
        fields, required = fields | {"subjectId": subjects["items"]}, {"subjectType", "subjectId"}
    if beside := BESIDE.get(name):
        fields[beside] = listed[beside]
    return fields | {key: {"type": "string"} for key in OBSERVED.get(name, ())}, required


def nodes(node: Json, path: str) -> Iterator[tuple[str, Json]]:
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


def compare(api: Json, ours: Json, path: str) -> None:
    """Assert that a field of ours can hold each value of the API's, in a type for warehouses."""
    expected, mark = types(api) - {"null"}, api.get("x-wire", "")
    if not expected:  # any JSON value, or one of several objects: at the top an object
        assert types(ours) == (ANYTHING if "." in path or "[" in path else {"null", "object"}), path
    elif mark.endswith("-string") or mark == "unix-seconds":
        assert types(ours) == {"null", "integer"}, path
    elif expected == {"number"}:
        assert types(ours) in ({"null", "integer"}, {"null", "number"}), path
    else:
        assert types(ours) == {"null"} | expected, path
    assert ours.get("format") == api.get("format"), path
    if "object" in expected:
        assert ours.get("properties", {}).keys() == api.get("properties", {}).keys(), path
    for name, inner in api.get("properties", {}).items() if expected else ():
        compare(inner, ours["properties"][name], f"{path}.{name}")
    if "items" in api:
        compare(api["items"], ours["items"], f"{path}[]")


def test_each_stream_has_a_schema_and_a_description_of_its_own() -> None:
    assert sorted(path.stem for path in facts.SCHEMAS.glob("*")) == sorted(NAMES)
    assert len({STREAMS[name].schema["description"] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_schema_has_each_field_of_the_api_with_its_type(name: str) -> None:
    ours, (fields, _) = STREAMS[name].schema["properties"], api_fields(name)
    added = ours.keys() - fields.keys()

    assert ours.keys() - added == fields.keys()
    assert added <= ADDED
    for field in added:
        fields[field] = {"type": "string"}
        if field in FORMATS:
            fields[field]["format"] = FORMATS[field]
    for field, api in fields.items():
        compare(api, ours[field], field)


@pytest.mark.parametrize("name", NAMES)
def test_each_column_has_one_type_and_admits_null(name: str) -> None:
    """Destinations make text of a column of several types, or fail to write it."""
    for field, node in STREAMS[name].schema["properties"].items():
        assert len(node["type"]) == 2, field
        assert node["type"][0] == "null", field
        assert not node.keys() & {"anyOf", "oneOf", "allOf"}, field


@pytest.mark.parametrize("name", NAMES)
def test_schema_admits_what_segment_may_add_and_describes_the_rest(name: str) -> None:
    for path, node in nodes(STREAMS[name].schema, name):
        assert not node.keys() & {"enum", "required"}, path
        assert "null" in types(node) or path == name, path
        if "object" in types(node) and types(node) != ANYTHING:
            assert node["additionalProperties"] is True, path
        timestamp = "timestamp_with_timezone" if node.get("format") == "date-time" else None
        assert node.get("airbyte_type") == timestamp, path
        if not path.endswith("[]"):  # the list describes its items
            text = node["description"]
            assert 10 <= len(text) <= 200, path
            assert text[0].isupper(), path
            assert text.endswith("."), path


@pytest.mark.parametrize("name", NAMES)
def test_keys_and_cursor_are_fields(name: str) -> None:
    stream = STREAMS[name]
    ours, (fields, required) = stream.schema["properties"], api_fields(name)

    for key in stream.key:
        assert types(ours[key]) <= {"null", "string", "integer"}, key
        optional = key in fields.keys() - required
        assert ("absent value becomes the empty string" in ours[key]["description"]) == optional
    if stream.cursor:
        assert ours[stream.cursor]["format"] in ("date", "date-time")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("destinations", "settings"),
        ("source_connected_destinations", "settings"),
        ("sources", "settings"),
        ("warehouses", "settings"),
        ("destination_subscriptions", "settings"),
        ("tracking_plan_rules", "jsonSchema"),
    ],
)
def test_free_form_objects_stay_free_form(name: str, field: str) -> None:
    node: dict[str, Any] = STREAMS[name].schema["properties"][field]

    assert types(node) == {"null", "object"}
    assert "properties" not in node
    assert node["additionalProperties"] is True
