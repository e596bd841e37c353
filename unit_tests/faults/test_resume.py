"""After a failed sync, the next one reads what is missing; a broken state is reported."""

from datetime import datetime

import pytest
from airbyte_cdk.sources.declarative.incremental import ConcurrentPerPartitionCursor

from simulator import Fault
from unit_tests import facts
from unit_tests.conftest import NOW
from unit_tests.connector import Connector, Json, Output, latest, same, stream_state
from unit_tests.faults.assertions import CONFIG, TRANSIENT, Connect, assert_failed, assert_one_sentence, truth

pytestmark = pytest.mark.slow

VOLUME, DAILY, USAGE = "events_volume", "destination_delivery_metrics_daily", "usage_api_calls_workspace_daily"


def assert_all_read(connector: Connector, stream: str, *outputs: Output) -> None:
    """Assert that the syncs together have all records, the later ones replacing the earlier."""
    same(latest(stream, facts.STREAMS[stream]["$parameters"]["primary_key"], *outputs), truth(connector, stream))


@pytest.mark.parametrize("limit", [10_000, 2])
@pytest.mark.parametrize("stream", [VOLUME, DAILY])
def test_list_of_parents_that_fails_half_way(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, stream: str, limit: int
) -> None:
    """`limit`: the number of partitions above which the CDK keeps one state for all."""
    monkeypatch.setattr(ConcurrentPerPartitionCursor, "SWITCH_TO_GLOBAL_LIMIT", limit)
    connector = connect(size="small", page_cap=3, config={"start_date": "2026-03-05"})
    connector.sim.faults.add(Fault("status", "^/sources$", page=2, status=503, times=None))

    failed = connector.read([stream])
    connector.sim.faults.clear()
    after = connector.read([stream], state=failed.state())

    assert failed.status(stream) == "INCOMPLETE"
    assert_one_sentence(failed.errors[:1], TRANSIENT, "HTTP 503 for sources")
    assert failed.records[stream]
    assert after.code == 0
    assert_all_read(connector, stream, failed, after)


@pytest.mark.parametrize(
    ("stream", "match", "start", "first_sync"),
    [
        (USAGE, "/usage/api-calls/daily", "2026-01-20", NOW.replace(month=2, day=10)),
        ("audit_events", "/audit-events", "2026-03-03", NOW.replace(day=10)),
        (VOLUME, "/events/volume", "2026-03-03", NOW.replace(day=10)),
        (DAILY, "/delivery-metrics", "2026-03-03", NOW.replace(day=10)),
    ],
)
def test_later_sync_that_fails_half_way(
    connect: Connect, stream: str, match: str, start: str, first_sync: datetime
) -> None:
    """What the first sync read in part, such as its last day, is read again until it succeeds."""
    connector = connect(size="small", page_cap=20, config={"start_date": start, "num_workers": 2})
    connector.move(first_sync)
    first = connector.read([stream])
    connector.move(NOW)
    connector.sim.faults.add(Fault("status", match, status=503, after=1, times=None))

    failed = connector.read([stream], state=first.state())
    connector.sim.faults.clear()
    third = connector.read([stream], state=failed.state() or first.state())

    assert_failed(failed, stream, TRANSIENT, "HTTP 503")
    assert third.code == 0
    assert_all_read(connector, stream, first, failed, third)


@pytest.mark.parametrize(
    ("stream", "broken"),
    [
        (VOLUME, {"states": [{"partition": {"sourceId": "a"}, "cursor": {"time": "soon"}}]}),
        (VOLUME, {"states": [{"partition": {"sourceId": "a"}}]}),
        (VOLUME, {"states": "2024-01-01"}),
        (USAGE, {"timestamp": "0001-01-01T00:00:00+14:00"}),
        (USAGE, {"timestamp": 20260101}),
        ("audit_events", {"timestamp": None}),
    ],
)
def test_broken_state(connect: Connect, stream: str, broken: Json) -> None:
    output = connect().read([stream], state=[stream_state(stream, broken)])

    assert output.code == 1
    assert_one_sentence(output.errors, CONFIG, f"has no valid {'time' if stream == VOLUME else 'timestamp'}.")
    assert output.requests == []
