"""All streams together: small workspaces, later syncs, resumed syncs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from scripts import catalog
from simulator import Simulator
from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.conftest import NOW
from unit_tests.connector import START, Json, Output, assert_state_is_refused, latest, same, stream_state
from unit_tests.issue import CORE
from unit_tests.streams.family import Connect

ALL = list(STREAMS)
INCREMENTAL = [name for name, stream in catalog.streams().items() if stream.cursor]
PARENTS = {stream.parent.stream for stream in catalog.streams().values() if stream.parent}
slow = pytest.mark.slow


def check(sim: Simulator, stream: str, records: Iterable[Json]) -> None:
    """Assert that records are what is true now; the truth does not know the bounds of a summary."""
    bounds = {"startTime", "endTime"} if stream == SUMMARY else set()
    same(({name: row[name] for name in row.keys() - bounds} for row in records), sim.truth(stream, START))


@pytest.mark.parametrize(
    ("size", "streams", "workers"),
    [
        pytest.param("empty", CORE, 2, id="empty-core"),
        pytest.param("tiny", CORE, 5, id="tiny-core"),
        pytest.param("empty", ALL, 40, id="empty-all", marks=slow),
        pytest.param("tiny", ALL, 10, id="tiny-all", marks=slow),
    ],
)
def test_records_equal_the_truth_with_the_fewest_requests(
    connect: Connect, size: str, streams: list[str], workers: int
) -> None:
    connector = connect(size=size)

    output = connector.read(streams, num_workers=workers)

    assert output.code == 0, output.errors
    for stream in streams:
        assert output.status(stream) == "COMPLETE"
        check(connector.sim, stream, output.records[stream])
    assert {request.headers["Accept"] for request in output.requests} == {"application/json"}
    shared = {STREAMS[name].operation for name in PARENTS}
    fewest, sent = connector.sim.minimum_requests(streams, START), output.asked()
    assert sent.keys() == fewest.keys()
    assert {name: n for name, n in sent.items() if name not in shared} == {
        name: n for name, n in fewest.items() if name not in shared
    }


def test_pagination_beside_data_is_read(connect: Connect) -> None:
    streams = ["users", "audit_events", "space_filters", "reverse_etl_sync_statuses", "credential_sources"]
    connector = connect(size="small", pagination_beside_data=True, page_cap=1)

    output = connector.read(streams, start_date="2026-03-14")

    for stream in streams:
        same(output.records[stream], connector.sim.truth(stream, "2026-03-14"))


@pytest.mark.parametrize("saved", ["yesterday", "2026-02-30", "", None])
@pytest.mark.parametrize("stream", ["audit_events", "usage_mtu_workspace_daily"])
def test_a_state_without_a_time_fails(connect: Connect, stream: str, saved: str | None) -> None:
    output = connect().read([stream], [stream_state(stream, {"timestamp": saved})])

    assert_state_is_refused(output, saved)


def test_full_refresh_with_a_state_reads_the_changed_lists(connect: Connect) -> None:
    streams = [name for name in CORE if name not in INCREMENTAL]
    connector = connect()
    first = connector.read(streams, sync_mode="full_refresh")
    workspace = connector.sim.workspace
    for rows in (workspace.users, workspace.sources, workspace.destinations, workspace.transformations):
        rows[1:] = [rows[0] | {"id": "new", "enabled": False}]

    second = connector.read(streams, first.state(), sync_mode="full_refresh")

    for stream in streams:
        check(connector.sim, stream, second.records[stream])
    assert [row["id"] for row in second.records["users"]] == [first.records["users"][0]["id"], "new"]


@slow
class TestLaterSyncs:
    """A chain of syncs, each from the state of the one before: three at once, then over a month's end."""

    TIMES: ClassVar = [
        *[NOW] * 3,
        NOW + timedelta(days=1),
        NOW + timedelta(days=7),
        datetime(2026, 4, 1, 0, 30, tzinfo=UTC),
        datetime(2026, 4, 9, 9, 0, tzinfo=UTC),
    ]
    syncs: ClassVar[list[tuple[Output, dict[str, list[Json]]]]] = []

    @pytest.fixture(autouse=True)
    def _syncs(self, connect: Connect) -> None:
        """The output of each sync with the truth at its time, which all tests of the class share."""
        connector, state = connect(), None
        for now in self.TIMES[len(self.syncs) :]:
            connector.move(now)
            output = connector.read(INCREMENTAL, state)
            self.syncs.append((output, {name: connector.sim.truth(name, START) for name in INCREMENTAL}))
            state = output.state()

    @pytest.mark.parametrize("stream", INCREMENTAL)
    def test_merged_table_equals_the_truth(self, stream: str) -> None:
        key, cursor = catalog.streams()[stream].key, str(catalog.streams()[stream].cursor)
        for n, (output, truths) in enumerate(self.syncs, 1):
            assert output.code == 0, output.errors
            oldest = min(row[cursor] for row in truths[stream])  # a table keeps what the API no longer does
            table = latest(stream, key, *(output for output, _ in self.syncs[:n]))
            same([row for row in table if row[cursor] >= oldest], truths[stream])


@slow
def test_a_killed_sync_resumes_from_each_state(connect: Connect) -> None:
    connector = connect()
    whole = connector.read(INCREMENTAL)
    lines = whole.text.splitlines()
    places = [n for n, line in enumerate(lines, 1) if line.startswith('{"type":"STATE"')]

    for place in (places[0], places[len(places) // 2]):
        killed = Output(1, "\n".join(lines[:place]))
        resumed = connector.read(INCREMENTAL, killed.state())
        assert resumed.code == 0, resumed.errors
        for stream in INCREMENTAL:
            table = latest(stream, catalog.streams()[stream].key, killed, resumed)
            same(table, connector.sim.truth(stream, START))
