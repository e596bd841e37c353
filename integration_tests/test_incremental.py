"""Incremental syncs, which Airbyte's standard tests no longer run: resumed, and from the future."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from integration_tests.scenario import TESTS, Json, load, truth
from unit_tests.connector import Connector, same

[TEST] = TESTS["incremental"]["tests"]
CONFIGURED = {e["stream"]["name"]: e for e in load(TEST["configured_catalog_path"])["streams"]}
INCREMENTAL = {n: e for n, e in CONFIGURED.items() if e["sync_mode"] == "incremental"}

PARENTS = {"listSources", "listConnectedDestinationsFromSource", "listWarehouses"}

# How far back of its state a stream reads again, because Segment still changes what is there.
AGAIN: dict[str, Callable[[datetime], datetime]] = {
    "usage": lambda state: (state - timedelta(days=5)).replace(day=1),
    "audit": lambda state: state - timedelta(hours=1),
    "warehouse": lambda state: state - timedelta(days=2),
    "events": lambda state: state - timedelta(days=1),
    "delivery": lambda state: state - timedelta(days=1),
    "destination": lambda state: state - timedelta(days=1),
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def flat(partition: Json) -> Json:
    """A partition of a state with the fields of its parents."""
    own = {name: value for name, value in partition.items() if name != "parent_slice"}
    return own | (flat(partition["parent_slice"]) if partition.get("parent_slice") else {})


def changed(stream: str, state: Json) -> Iterator[Json]:
    """The true records at or after the time from which a stream with this state reads again."""
    [cursor] = INCREMENTAL[stream]["cursor_field"]
    again = AGAIN[stream.partition("_")[0]]
    cursors = [(flat(s["partition"]), s["cursor"]) for s in state.get("states", [])]
    for record in truth()[stream]:
        [since] = [
            value[cursor]
            for partition, value in cursors or [({}, state)]
            if partition.items() <= record.items()
        ]
        if moment(record[cursor]) >= again(moment(since)):
            yield record


def states(state: list[Json]) -> dict[str, Json]:
    return {
        s["stream"]["stream_descriptor"]["name"]: s["stream"]["stream_state"]
        for s in state
        if s["stream"]["stream_descriptor"]["name"] in INCREMENTAL
    }


def resumed(connector: Connector, state: list[Json]) -> None:
    """Assert that a sync from a state reads what can have changed, and nothing older."""
    output = connector.read(INCREMENTAL, state)
    assert output.code == 0, output.errors
    for stream, known in states(state).items():
        expected = list(changed(stream, known))
        assert 0 < len(expected) < len(truth()[stream]), stream
        same(output.records[stream], expected)


def test_catalog_is_what_the_connector_discovers(connector: Connector) -> None:
    discovered = connector.discover().catalog()
    assert CONFIGURED.keys() == discovered.keys()
    for name, entry in CONFIGURED.items():
        assert entry["stream"] | {"json_schema": discovered[name]["json_schema"]} == {
            key: discovered[name][key] for key in entry["stream"]
        }
        assert (name in INCREMENTAL) == ("incremental" in discovered[name]["supported_sync_modes"])


def test_first_sync_then_its_state_gives_no_older_records(connector: Connector) -> None:
    first = connector.read(INCREMENTAL)
    assert states(first.state()).keys() == INCREMENTAL.keys()
    resumed(connector, first.state())


def test_states_of_the_first_release_stay_valid(connector: Connector) -> None:
    resumed(connector, load("integration_tests/sample_state.json"))


def test_state_of_the_future_gives_no_records_and_asks_only_for_parents(
    connector: Connector,
) -> None:
    state = load(TEST["future_state"]["future_state_path"])
    assert states(state).keys() == INCREMENTAL.keys()
    output = connector.read(INCREMENTAL, state)
    assert output.code == 0, output.errors
    assert not {stream: rows for stream, rows in output.records.items() if rows}
    assert set(output.asked()) <= PARENTS
