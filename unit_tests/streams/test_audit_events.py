"""audit_events: one window from the start date or the state to now."""

from datetime import timedelta
from typing import ClassVar

import pytest

from simulator.clock import iso, parse
from unit_tests.conftest import NOW
from unit_tests.connector import START, Json, Output, latest, same, stream_state
from unit_tests.streams.family import Connect, Requests, StreamTests, Sync

STREAM = "audit_events"
MS, DAY = timedelta(milliseconds=1), timedelta(days=1)
both_bounds = pytest.mark.parametrize("inclusive", [True, False])


class TestAuditEvents(StreamTests):
    PAGE_CAP = 50
    REQUESTS: ClassVar[Requests] = {  # a millisecond early, in case the API excludes the start of a window
        STREAM: ("", "/audit-events?startTime=2026-01-14T23:59:59.999Z&endTime={now}&pagination.count=1000")
    }

    def test_state_is_the_time_of_the_newest_event(self, sync: Sync, stream: str) -> None:
        newest = max(row["timestamp"] for row in sync[0].truth(stream, START))
        assert sync[1].states[stream][-1] == {"timestamp": newest}


def event(at: str) -> Json:
    """An audit event at a time."""
    named = {"resourceId": "res1", "resourceType": "source", "resourceName": "Web"}
    return {"id": f"at {at}", "timestamp": at, "type": "Source Modified", "actor": "user1", **named}


def start(output: Output) -> str:
    """The start of the window of a sync."""
    [found] = {dict(request.query)["startTime"] for request in output.requests}
    return found


@both_bounds
def test_audit_events_at_the_bounds_of_the_window_are_read_once(connect: Connect, inclusive: bool) -> None:
    connector = connect(size="empty")
    connector.sim.workspace.audit_bounds_inclusive = inclusive
    inside = [START + "T00:00:00.000Z", START + "T00:00:00.001Z", iso(NOW - MS)]
    connector.sim.workspace.extra_audit_events = [event(at) for at in (iso(parse(START) - 2 * MS), *inside)]

    output = connector.read([STREAM])

    assert sorted(row["timestamp"] for row in output.records[STREAM]) == inside


@both_bounds
def test_later_sync_of_audit_events_reads_the_last_hour_again(connect: Connect, inclusive: bool) -> None:
    connector = connect(size="small")
    connector.sim.workspace.audit_bounds_inclusive = inclusive
    first = connector.read([STREAM])
    newest = parse(first.states[STREAM][-1]["timestamp"])
    connector.sim.workspace.extra_audit_events.append(event(iso(newest - timedelta(minutes=59))))
    connector.move(NOW + 2 * DAY)

    second = connector.read([STREAM], first.state())

    assert start(second) == iso(newest.replace(microsecond=0) - timedelta(hours=1) - MS)
    same(latest(STREAM, ["id"], first, second), connector.sim.truth(STREAM, START))


@pytest.mark.parametrize(
    ("start_date", "saved", "expected"),
    [
        ("2024-01-01", None, iso(NOW - 90 * DAY - MS)),  # the API keeps 90 days
        ("2026-03-14", None, "2026-03-13T23:59:59.999Z"),
        (START, "2024-02-01T00:00:00.000Z", "2026-01-14T23:59:59.999Z"),
        (START, "2026-03-01", "2026-02-28T22:59:59.999Z"),
        (START, "2026-03-01T10:00:00Z", "2026-03-01T08:59:59.999Z"),
    ],
)
def test_window_of_audit_events(connect: Connect, start_date: str, saved: str | None, expected: str) -> None:
    connector = connect({"start_date": start_date})

    output = connector.read([STREAM], [stream_state(STREAM, {"timestamp": saved})] if saved else None)

    assert output.code == 0, output.errors
    late = timedelta(minutes=1 if start_date < "2025" else 0)  # the time since NOW
    assert parse(expected) <= parse(start(output)) <= parse(expected) + late
    truth = connector.sim.truth(STREAM, start_date)
    same(output.records[STREAM], [row for row in truth if row["timestamp"] > start(output)])
