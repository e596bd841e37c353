"""audit_events: windows of 31 days, their borders, retention, and events that appear late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from simulator.clock import iso, parse
from unit_tests.conftest import NOW
from unit_tests.connector import START, Connector, Json, Output, assert_state_is_refused, same
from unit_tests.streams.asking import asks, pages
from unit_tests.streams.usage_case import state

Connect = Callable[..., Connector]
STREAM = "audit_events"
MS = timedelta(milliseconds=1)
FIRST_END = "2026-02-15T00:00:00.000Z"  # 31 days after the start date


def event(at: str) -> Json:
    """An audit event at a time."""
    return {
        "id": f"at {at}",
        "timestamp": at,
        "type": "Source Modified",
        "actor": "user0001",
        "resourceId": "res0001",
        "resourceType": "source",
        "resourceName": "Web",
    }


def windows(output: Output) -> list[tuple[str, str]]:
    """The time windows that were asked for, the first page of each."""
    found = [dict(request.query) for request in output.requests]
    return sorted(
        (query["startTime"], query["endTime"])
        for query in found
        if "pagination.cursor" not in query
    )


def test_first_sync_reads_windows_of_31_days(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read([STREAM])

    assert output.code == 0
    assert output.status(STREAM) == "COMPLETE"
    truth = connector.sim.truth(STREAM, start_date=START)
    same(output.records[STREAM], truth)
    # A millisecond wider on both sides, since the API's bounds may be exclusive.
    (first, second) = windows(output)
    assert first == ("2026-01-14T23:59:59.999Z", FIRST_END)
    assert second[0] == "2026-02-14T23:59:59.999Z"
    assert NOW <= parse(second[1]) < NOW + timedelta(minutes=2)
    for request in output.requests:
        query = dict(request.query)
        assert query.keys() == {"startTime", "endTime", "pagination.count"}
        assert query["pagination.count"] == "1000"
    newest = max(row["timestamp"] for row in truth)
    assert output.states[STREAM][-1] == {"timestamp": newest}


def test_page_by_page(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read([STREAM], page_size=40, num_workers=2)

    same(output.records[STREAM], connector.sim.truth(STREAM, start_date=START))
    expected = [
        pages(connector.sim, "/audit-events", 40, startTime=start, endTime=end)
        for start, end in windows(output)
    ]
    assert [len(window) for window in expected] == [4, 4]
    assert sorted(asks(output.requests)) == sorted(ask for window in expected for ask in window)


@pytest.mark.parametrize("inclusive", [True, False])
def test_events_on_the_borders_of_windows_are_read_once(connect: Connect, inclusive: bool) -> None:
    connector = connect(size="empty")
    workspace = connector.sim.workspace
    workspace.audit_bounds_inclusive = inclusive
    start, border = parse(START), parse(FIRST_END)
    inside = [start, start + MS, border - MS, border, border + MS, NOW - MS, NOW]
    workspace.extra_audit_events = [event(iso(at)) for at in (start - MS, *inside)]

    output = connector.read([STREAM])

    found = [row["timestamp"] for row in output.records[STREAM]]
    assert sorted(found) == [iso(at) for at in inside]


@pytest.mark.parametrize("inclusive", [True, False])
def test_second_sync_reads_what_is_new_and_the_last_hour(connect: Connect, inclusive: bool) -> None:
    connector = connect(size="small")
    connector.sim.workspace.audit_bounds_inclusive = inclusive
    first = connector.read([STREAM])
    known = first.states[STREAM][-1]["timestamp"]
    late = event(iso(parse(known) - timedelta(minutes=59)))
    connector.sim.workspace.extra_audit_events.append(late)
    connector.move(NOW + timedelta(days=2))

    second = connector.read([STREAM], state=first.state())

    assert second.code == 0
    [(start, end)] = windows(second)
    assert start == iso(parse(known) - timedelta(hours=1) - MS)
    assert NOW + timedelta(days=2) <= parse(end) < NOW + timedelta(days=2, minutes=2)
    found = {row["id"]: row for row in first.records[STREAM] + second.records[STREAM]}
    same(found.values(), connector.sim.truth(STREAM, start_date=START))
    assert late["id"] in found
    assert len(second.records[STREAM]) < len(first.records[STREAM]) / 4


@pytest.mark.parametrize("start_date", ["2024-01-01", "2025-12-15"])
def test_what_the_api_no_longer_keeps_is_not_asked_for(connect: Connect, start_date: str) -> None:
    connector = connect(size="small", config={"start_date": start_date})

    output = connector.read([STREAM])

    assert output.code == 0
    oldest = NOW - timedelta(days=90)
    asked = windows(output)
    assert len(asked) == 3
    assert oldest <= parse(asked[0][0]) < oldest + timedelta(minutes=2)
    for (_, end), (start, _) in pairwise(asked):
        assert start < end  # without a gap
    same(output.records[STREAM], connector.sim.truth(STREAM, start_date=start_date))


def test_a_state_older_than_what_is_kept_is_no_error(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read([STREAM], state=state("2024-02-01T00:00:00.000Z", STREAM))

    assert output.code == 0
    same(output.records[STREAM], connector.sim.truth(STREAM, start_date=START))


def test_a_later_start_date_reads_less(connect: Connect) -> None:
    connector = connect(size="small", config={"start_date": "2026-03-14T06:00:00Z"})

    output = connector.read([STREAM])

    [(start, _)] = windows(output)
    assert start == "2026-03-14T05:59:59.999Z"
    same(output.records[STREAM], connector.sim.truth(STREAM, start_date="2026-03-14T06:00:00Z"))


@pytest.mark.parametrize(
    ("edited", "start"),
    [
        ("2026-03-01", "2026-02-28T22:59:59.999Z"),
        ("2026-03-01T10:00:00Z", "2026-03-01T08:59:59.999Z"),
        ("2026-03-01T10:00:00.250Z", "2026-03-01T09:00:00.249Z"),
    ],
)
def test_a_state_edited_by_hand(connect: Connect, edited: str, start: str) -> None:
    connector = connect(size="small")

    output = connector.read([STREAM], state=state(edited, STREAM))

    assert output.code == 0, output.errors
    assert [asked for asked, _ in windows(output)] == [start]


@pytest.mark.parametrize("edited", ["yesterday", "2026-02-30", "", None])
def test_a_state_that_is_no_date_is_told(connect: Connect, edited: str | None) -> None:
    output = connect().read([STREAM], state=state(edited, STREAM))

    assert_state_is_refused(output, edited)


def test_no_events(connect: Connect) -> None:
    output = connect(size="empty").read([STREAM])

    assert output.code == 0
    assert output.status(STREAM) == "COMPLETE"
    assert STREAM not in output.records
    assert output.states[STREAM][-1]["timestamp"] <= iso(NOW)
