"""Series of days below parents: what one sync could not read, the next one reads from its start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk.sources.declarative.incremental import ConcurrentPerPartitionCursor
from requests import PreparedRequest
from requests.adapters import HTTPAdapter

from simulator import Fault
from unit_tests.conftest import NOW
from unit_tests.connector import Connector, Json, Output, latest, same, stream_state
from unit_tests.faults.judge import truth
from unit_tests.streams.usage_case import state

Connect = Callable[..., Connector]
VOLUME, DAILY = "events_volume", "destination_delivery_metrics_daily"
VOLUME_OPERATION = "getEventsVolumeFromWorkspace"
KEYS = {
    VOLUME: ("sourceId", "eventName", "eventType", "time"),
    DAILY: ("sourceId", "destinationId", "date"),
}


def complete(connector: Connector, stream: str, *outputs: Output) -> None:
    """Assert that the syncs together hold all records, the later ones replacing the earlier."""
    same(latest(stream, KEYS[stream], *outputs), truth(connector, stream))


@pytest.mark.parametrize("limit", [10_000, 2])
@pytest.mark.parametrize("stream", [VOLUME, DAILY])
def test_list_of_parents_fails_half_way(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, stream: str, limit: int
) -> None:
    """`limit`: the number of partitions past which the CDK would keep one state for all."""
    monkeypatch.setattr(ConcurrentPerPartitionCursor, "SWITCH_TO_GLOBAL_LIMIT", limit)
    connector = connect(size="small", config={"start_date": "2026-03-05", "page_size": 3})
    connector.sim.faults.add(Fault("status", "listSources", page=2, status=503, times=None))

    failed = connector.read([stream])
    connector.sim.faults.clear()
    after = connector.read([stream], state=failed.state())

    assert failed.status(stream) == "INCOMPLETE"
    assert failed.records[stream]
    assert after.code == 0
    complete(connector, stream, failed, after)


def test_parent_that_may_be_read_later(connect: Connect) -> None:
    connector = connect(size="small", config={"start_date": "2026-03-05"})
    source = connector.sim.workspace.sources[0]["id"]
    connector.sim.access.deny = [f"/sources/{source}/connected-destinations"]

    first = connector.read([DAILY])
    connector.sim.access.deny = []
    second = connector.read([DAILY], state=first.state())

    assert (first.code, second.code) == (0, 0)
    assert source not in {row["sourceId"] for row in first.records[DAILY]}
    complete(connector, DAILY, first, second)


def test_half_read_day_fails_when_it_is_read_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connect(config={"start_date": "2026-03-08", "num_workers": 2})
    del connector.sim.workspace.sources[1:]
    connector.move(NOW.replace(day=10))
    first = connector.read([DAILY])
    connector.move(NOW)

    with monkeypatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", out_of_order("startTime=2026-03-10", HTTPAdapter.send))
        failed = connector.read([DAILY], state=first.state())
    third = connector.read([DAILY], state=failed.state())

    assert failed.status(DAILY) == "INCOMPLETE"
    complete(connector, DAILY, first, failed, third)


def out_of_order(part: str, send: Callable[..., Any]) -> Callable[..., Any]:
    """A way to send that turns the answers to URLs with this part into 503."""

    def sent(adapter: HTTPAdapter, request: PreparedRequest, **options: Any) -> Any:
        response = send(adapter, request, **options)
        if part in str(request.url):
            response.status_code = 503
        return response

    return sent


def test_window_not_found_after_others_were_answered(connect: Connect) -> None:
    connector = connect(config={"start_date": "2023-06-01", "num_workers": 10})
    del connector.sim.workspace.sources[1:]
    connector.sim.faults.add(
        Fault("status", VOLUME_OPERATION, status=503, after=1, times=1),
        Fault("status", VOLUME_OPERATION, status=404, after=3, times=1),  # when it is tried again
    )

    failed = connector.read([VOLUME])
    connector.sim.faults.clear()
    after = connector.read([VOLUME], state=failed.state())

    assert failed.status(VOLUME) == "INCOMPLETE"
    complete(connector, VOLUME, failed, after)


@pytest.mark.parametrize(
    "broken",
    [
        {"states": [{"partition": {"sourceId": "a"}, "cursor": {"time": "soon"}}]},
        {"states": [{"partition": {"sourceId": "a"}, "cursor": {}}]},
        {"states": [{"partition": {"sourceId": "a"}}]},
        {"states": "2024-01-01"},
        {"time": "0001-01-01T00:00:00+14:00"},
        {"time": None},
    ],
)
def test_broken_state_of_a_series_is_told(connect: Connect, broken: Json) -> None:
    output = connect().read([VOLUME], state=[stream_state(VOLUME, broken)])

    assert output.code == 1
    (error,) = output.errors
    assert error["failure_type"] == "config_error"
    assert "holds no time like 2024-01-31" in error["message"]
    assert output.requests == []


def test_state_that_lies_ahead_is_told(connect: Connect) -> None:
    output = connect().read(
        ["audit_events"], state=state("2030-01-01T00:00:00.000Z", "audit_events")
    )

    assert output.code == 0
    assert output.requests == []
    (line,) = output.warnings()
    assert line == "A state is 2030-01-01, which lies ahead: nothing is read till then."
