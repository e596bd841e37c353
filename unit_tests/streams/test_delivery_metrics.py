"""destination_delivery_metrics_summary: one request for each connected source and destination."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from simulator import Request
from simulator.clock import parse
from unit_tests.conftest import NOW
from unit_tests.connector import Connector, Json, Output
from unit_tests.streams.asking import encoded

Connect = Callable[..., Connector]
STREAM = "destination_delivery_metrics_summary"
OPERATION = "listDeliveryMetricsSummaryFromDestination"


def metric_requests(output: Output) -> list[Request]:
    return [request for request in output.requests if request.operation == OPERATION]


def connections(connector: Connector) -> list[tuple[str, str]]:
    """The pairs of source and destination that exist in the workspace."""
    connected = connector.sim.workspace.connected_destinations
    return sorted((source, one) for source, some in connected.items() for one in some)


def true_record(connector: Connector, record: Json) -> Json:
    """What is true of a record's pair over the record's own window."""
    window = parse(record["startTime"]), parse(record["endTime"])
    found = connector.sim.truth(STREAM, window=window)
    pair = record["sourceId"], record["destinationId"]
    return next(row for row in found if (row["sourceId"], row["destinationId"]) == pair)


def test_each_pair_is_asked_once_and_its_record_is_true(connect: Connect) -> None:
    connector = connect(size="small")
    pairs = connections(connector)
    assert len({destination for _, destination in pairs}) < len(pairs)  # some have two sources

    output = connector.read([STREAM])

    assert output.code == 0
    assert output.status(STREAM) == "COMPLETE"
    asked = metric_requests(output)
    assert sorted(request.raw_path.partition("?")[0] for request in asked) == sorted(
        f"/destinations/{encoded(destination)}/delivery-metrics" for _, destination in pairs
    )
    assert sorted((dict(r.query)["sourceId"], r.path.split("/")[2]) for r in asked) == pairs
    records = output.records[STREAM]
    assert sorted((row["sourceId"], row["destinationId"]) for row in records) == pairs
    for record in records:
        assert record == true_record(connector, record)
    assert output.states[STREAM] == [{"__ab_no_cursor_state_message": True}]


def test_the_window_is_in_the_request_and_on_the_record(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read([STREAM])

    windows = {}
    for request in metric_requests(output):
        query = dict(request.query)
        assert query.keys() == {"sourceId", "startTime", "endTime", "granularity"}
        assert query["granularity"] == "DAY"
        windows[query["sourceId"], request.path.split("/")[2]] = (
            query["startTime"],
            query["endTime"],
        )
    records = output.records[STREAM]
    assert windows == {
        (r["sourceId"], r["destinationId"]): (r["startTime"], r["endTime"]) for r in records
    }
    for start, end in windows.values():
        # The first whole day of the 14 days that the API keeps.
        assert start == "2026-03-02T00:00:00.000Z"
        assert NOW <= parse(end) < NOW + timedelta(minutes=2)
        assert parse(end) - parse(start) <= timedelta(days=14)


@pytest.mark.parametrize(
    ("start_date", "start"),
    [
        ("2024-05-01", "2026-03-02T00:00:00.000Z"),
        ("2026-03-01", "2026-03-02T00:00:00.000Z"),
        ("2026-03-02", "2026-03-02T00:00:00.000Z"),
        ("2026-03-10", "2026-03-10T00:00:00.000Z"),
        ("2026-03-15", "2026-03-15T00:00:00.000Z"),
    ],
)
def test_the_start_date_is_respected(connect: Connect, start_date: str, start: str) -> None:
    connector = connect()

    output = connector.read([STREAM], start_date=start_date)

    assert output.code == 0
    assert {row["startTime"] for row in output.records[STREAM]} == {start}
    assert len(output.records[STREAM]) == len(connections(connector))


def test_at_midnight_the_window_is_not_too_long(connect: Connect) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    connector = connect(now=midnight)

    output = connector.read([STREAM])

    assert output.code == 0, output.errors
    for record in output.records[STREAM]:
        assert record["startTime"] == "2026-03-02T00:00:00.000Z"


def test_second_sync_replaces_the_first(connect: Connect) -> None:
    connector = connect(size="small")
    first = connector.read([STREAM])
    connector.move(NOW + timedelta(days=3))

    second = connector.read([STREAM], state=first.state())

    keys = [
        sorted((row["sourceId"], row["destinationId"]) for row in output.records[STREAM])
        for output in (first, second)
    ]
    assert keys[0] == keys[1] == connections(connector)
    for record in second.records[STREAM]:
        assert record["startTime"] == "2026-03-05T00:00:00.000Z"
        assert record == true_record(connector, record)
