"""All streams together: small workspaces and later syncs."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from scripts import catalog
from simulator.streams import STREAMS
from unit_tests.conftest import NOW
from unit_tests.connector import START, Json, Output, latest, same
from unit_tests.issue import CORE
from unit_tests.streams.family import Connect, assert_true

ALL = list(STREAMS)
INCREMENTAL = [name for name, stream in catalog.streams().items() if stream.cursor]
PARENTS = {stream.parent.stream for stream in catalog.streams().values() if stream.parent}
slow = pytest.mark.slow


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
        assert_true(connector.sim, stream, output.records[stream])
    assert {request.headers["Accept"] for request in output.requests} == {"application/json"}
    shared = {STREAMS[name].operation for name in PARENTS}
    fewest, sent = connector.sim.minimum_requests(streams, START), output.asked()
    assert sent.keys() == fewest.keys()
    assert {name: n for name, n in sent.items() if name not in shared} == {
        name: n for name, n in fewest.items() if name not in shared
    }


def test_pagination_beside_data_is_read(connect: Connect) -> None:
    streams = ["users", "space_filters", "credential_sources", "credential_warehouses"]
    connector = connect(size="small", pagination_beside_data=True, page_cap=1)

    output = connector.read(streams)

    for stream in streams:
        assert_true(connector.sim, stream, output.records[stream])


@slow
class TestLaterSyncs:
    """A chain of syncs, each from the state of the one before: three at once, then over a month's end."""

    TIMES: ClassVar = [
        *[NOW] * 3,
        NOW + timedelta(days=1),
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
