"""What Airbyte's standard tests no longer compare: expected records, full refreshes and incremental syncs."""

import json
from collections import defaultdict
from collections.abc import Iterable

import pytest

from integration_tests.scenario import CATALOG, INCREMENTAL, RECORDS, ROOT, TESTS, Json, truth
from scripts.expected_records import configured_catalog, records
from simulator.streams import STREAMS
from unit_tests.connector import Connector, same

pytestmark = pytest.mark.slow

CONFIGURED = {entry["stream"]["name"]: entry for entry in json.loads(CATALOG.read_text())["streams"]}
CURSORS = {name: entry["cursor_field"][0] for name, entry in CONFIGURED.items() if "cursor_field" in entry}
PARENTS = {"listSources", "listConnectedDestinationsFromSource", "listWarehouses"}


def compared(stream: str, rows: Iterable[Json]) -> list[Json]:
    """The records without the fields that acceptance-test-config.yml excepts."""
    ignored = {field["name"] for field in TESTS["full_refresh"]["ignored_fields"].get(stream, ())}
    return [{name: row[name] for name in row.keys() - ignored} for row in rows]


def test_full_refresh_gives_the_expected_records(connector: Connector) -> None:
    expected = defaultdict[str, list[Json]](list)
    for line in RECORDS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        expected[record["stream"]].append(record["data"])
    assert expected.keys() == STREAMS.keys()

    output = connector.read(STREAMS, sync_mode="full_refresh")

    assert output.code == 0, output.errors
    for stream, rows in expected.items():
        same(compared(stream, output.records[stream]), compared(stream, rows))


def test_files_are_current(connector: Connector) -> None:
    discovered = connector.discover().catalog()

    assert RECORDS.read_text(encoding="utf-8") == records(), "run `make docs`"
    assert CATALOG.read_text(encoding="utf-8") == configured_catalog(), "run `make docs`"
    assert CONFIGURED.keys() == discovered.keys()
    for name, entry in CONFIGURED.items():
        assert entry["stream"] | {"json_schema": discovered[name]["json_schema"]} == {
            key: discovered[name][key] for key in entry["stream"]
        }


def test_states_of_the_first_release_stay_valid(connector: Connector) -> None:
    """A sync reads on from its state, and so from a saved one of version 1.0.0."""
    saved = json.loads((ROOT / "integration_tests/sample_state.json").read_text())
    for state in (saved, connector.read(CURSORS, saved).state()):
        output = connector.read(CURSORS, state)

        assert output.code == 0, output.errors
        for stream, cursor in CURSORS.items():
            rows, expected = output.records[stream], truth()[stream]
            is_usage = stream.startswith("usage_")  # which reads the month before again: here all that there is
            assert 0 < len(rows) < len(expected) + is_usage, stream
            oldest = min(row[cursor] for row in rows)
            same(rows, [row for row in expected if row[cursor] >= oldest])


def test_a_state_of_the_future_gives_no_records(connector: Connector) -> None:
    state = json.loads((ROOT / INCREMENTAL["future_state"]["future_state_path"]).read_text())
    assert {one["stream"]["stream_descriptor"]["name"] for one in state} == CURSORS.keys()

    output = connector.read(CURSORS, state)

    assert output.code == 0, output.errors
    assert {stream: rows for stream, rows in output.records.items() if rows} == {}
    assert set(output.asked()) <= PARENTS
