"""The entity-relationship diagram is current and refers to nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts import erd
from scripts.catalog import Stream, streams

STREAMS = streams()


def test_both_files_are_current() -> None:
    assert erd.PAGE.read_text() == erd.page(), "run `make erd`"
    assert erd.DBML.read_text() == erd.dbml(), "run `make erd`"


@pytest.mark.parametrize("reference", erd.references(), ids=str)
def test_a_reference_names_fields_that_exist(reference: erd.Reference) -> None:
    assert len(reference.fields) == len(reference.to_fields) > 0
    for name, fields in (
        (reference.stream, reference.fields),
        (reference.to, reference.to_fields),
    ):
        assert set(fields) <= STREAMS[name].schema["properties"].keys()


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_each_id_of_a_stream_is_explained(stream: Stream) -> None:
    explained = {f for r in erd.references() if r.stream == stream.name for f in r.fields}
    explained |= {field for name, field in erd.NO_REFERENCE if name == stream.name}
    ids = {name for name in stream.schema["properties"] if name.endswith("Id")}
    assert ids - explained == set()


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_each_child_refers_to_its_parent(stream: Stream) -> None:
    targets = {r.to for r in erd.references() if r.stream == stream.name}
    assert stream.parent is None or stream.parent.stream in targets


@pytest.mark.parametrize(
    ("place", "to"), [*erd.INSIDE.items(), *erd.SPECIAL.items()], ids=lambda value: str(value)
)
def test_an_exception_names_a_field_that_exists(place: tuple[str, str], to: str) -> None:
    schema: Any = STREAMS[place[0]].schema
    for name in place[1].split("."):
        schema = schema.get("items", schema)["properties"][name]
    assert "id" in STREAMS[to].key


@pytest.mark.parametrize("place", erd.NO_REFERENCE, ids=str)
def test_what_is_no_reference_is_a_field_and_not_one(place: tuple[str, str]) -> None:
    assert place[1] in STREAMS[place[0]].schema["properties"]
    assert not [r for r in erd.references() if r.stream == place[0] and place[1] in r.fields]


def test_the_diagrams_draw_each_stream_and_reference_once() -> None:
    page = erd.PAGE.read_text()
    assert re.findall(r"^    (\w+) \{$", page, re.MULTILINE) == list(STREAMS)
    assert len(re.findall(r'^    \w+ \S+ \w+ : "', page, re.MULTILINE)) == len(erd.references())
    assert erd.DBML.read_text().count("\nRef: ") == len(erd.references())
