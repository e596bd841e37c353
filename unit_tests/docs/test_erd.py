"""The entity-relationship diagram is current, and each id refers to a column that exists."""

from __future__ import annotations

from typing import Any

import pytest

from scripts import erd
from scripts.catalog import Stream, streams

STREAMS = streams()
NO_REFERENCE = {  # ids of what no stream lists, or of various kinds of objects
    "audit_events.resourceId",
    "destination_subscriptions.actionId",
    "functions.catalogId",
    "insert_function_instances.classId",
    "insert_function_instances.integrationId",
    "reverse_etl_sync_statuses.syncId",
    "suppressions.subjectId",
    "tracking_plans.resourceSchemaId",
}


def test_both_files_are_current() -> None:
    assert erd.DBML.read_text() == erd.dbml(), "run `make docs`"
    assert erd.PAGE.read_text() == erd.page(), "run `make docs`"


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_each_id_refers_to_a_column(stream: Stream) -> None:
    references = erd.references(stream)
    for place, to in references.items():
        node: Any = stream.schema
        for name in place.split("."):
            node = node.get("items", node)["properties"][name]
        target, column = to.split(".")
        assert column in STREAMS[target].schema["properties"]
        assert node["type"] == STREAMS[target].schema["properties"][column]["type"]
    ids = {name for name in stream.schema["properties"] if name.endswith("Id")}
    unknown = {f"{stream.name}.{name}" for name in ids - references.keys()}
    assert unknown == {place for place in NO_REFERENCE if place.startswith(f"{stream.name}.")}


def test_exceptions_name_streams() -> None:
    assert {place.split(".")[0] for place in {*erd.SPECIAL, *NO_REFERENCE}} <= STREAMS.keys()
