"""Expected records and two full refreshes, which Airbyte's standard tests no longer compare."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

import yaml

from integration_tests.scenario import ROOT, TESTS, Json, load
from scripts.expected_records import configured_catalog, records
from simulator.streams import STREAMS
from unit_tests.connector import Connector, same

IGNORED: dict[str, list[Json]] = TESTS["full_refresh"]["ignored_fields"]


def compared(stream: str, records: Iterable[Json]) -> list[Json]:
    """The records without the fields that acceptance-test-config.yml excepts."""
    ignored = {field["name"] for field in IGNORED.get(stream, ())}
    return [{k: v for k, v in record.items() if k not in ignored} for record in records]


def expected_records() -> dict[str, list[Json]]:
    expected = defaultdict(list)
    path = ROOT / TESTS["basic_read"]["expect_records"]["path"]
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        expected[record["stream"]].append(record["data"])
    return expected


def test_full_refresh_twice_gives_the_expected_records(connector: Connector) -> None:
    expected = expected_records()
    assert expected.keys() == STREAMS.keys()
    for _ in range(2):
        output = connector.read(STREAMS, sync_mode="full_refresh")
        assert output.code == 0, output.errors
        assert output.records.keys() == expected.keys()
        for stream, rows in expected.items():
            same(compared(stream, output.records[stream]), compared(stream, rows))


def test_every_exception_has_a_reason_and_a_field() -> None:
    for stream, fields in IGNORED.items():
        schema = load(f"source_segment/schemas/{stream}.json")
        for field in fields:
            assert field["name"] in schema["properties"]
            assert len(field["bypass_reason"].split()) > 3


def test_expected_records_are_current() -> None:
    path = ROOT / TESTS["basic_read"]["expect_records"]["path"]
    assert path.read_text(encoding="utf-8") == records(), "run make expected"


def test_configured_catalog_is_current() -> None:
    path = ROOT / TESTS["incremental"]["tests"][0]["configured_catalog_path"]
    assert path.read_text(encoding="utf-8") == configured_catalog(), "run make expected"


def test_spec_is_that_of_the_file(connector: Connector) -> None:
    path = ROOT / TESTS["spec"]["tests"][0]["spec_path"]
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    [message] = [m for m in connector.run("spec").messages if m["type"] == "SPEC"]
    assert message["spec"]["connectionSpecification"] == declared["connection_specification"]
