"""Delivery metrics, delivery overview and event volume: windows of daily points."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import ClassVar

import pytest

from simulator.clock import parse
from simulator.truth import SUMMARY
from unit_tests.conftest import NOW
from unit_tests.connector import START, Output
from unit_tests.streams.family import Connect, Requests, StreamTests, Sync

DAILY, RECEIVED = "destination_delivery_metrics_daily", "delivery_overview_successfully_received_daily"
PAIRS, MIDNIGHT = "source_connected_destinations", "T00:00:00.000Z"
DAYS = [f"2026-03-{day:02}" for day in range(2, 16)]  # the 14 that the API keeps
METRICS = "/destinations/{id}/delivery-metrics?sourceId={sourceId}&granularity=DAY&startTime="
WINDOW = f"granularity=DAY&startTime=2026-02-14{MIDNIGHT}&endTime={{now}}&pagination.count=200"
OF_SOURCE = f"?sourceId={{id}}&{WINDOW}"
OF_PAIR = f"?sourceId={{sourceId}}&destinationConfigId={{id}}&{WINDOW}"
VOLUME = "/events/volume?sourceId.0={id}&groupBy.0=eventName&groupBy.1=eventType&groupBy.2=source"


class TestDelivery(StreamTests):
    PAGE_CAP = 5
    REQUESTS: ClassVar[Requests] = {
        SUMMARY: (PAIRS, f"{METRICS}{DAYS[0]}{MIDNIGHT}&endTime={{now}}"),
        DAILY: (
            PAIRS,
            [f"{METRICS}{day}{MIDNIGHT}&endTime={day}T23:59:59.999Z" for day in DAYS[:-1]]
            + [f"{METRICS}{DAYS[-1]}{MIDNIGHT}&endTime={{now}}"],
        ),
        **{
            f"delivery_overview_{name.replace('-', '_')}_daily": ("sources", f"/delivery-overview/{name}{OF_SOURCE}")
            for name in ("failed-on-ingest", "filtered-at-source", "successfully-received")
        },
        **{
            f"delivery_overview_{name.replace('-', '_')}_daily": (PAIRS, f"/delivery-overview/{name}{OF_PAIR}")
            for name in ("failed-delivery", "filtered-at-destination", "successful-delivery")
        },
        "events_volume": ("sources", f"{VOLUME}&{WINDOW.replace('2026-02-14', START)}"),
    }

    def test_a_summary_has_the_window_of_its_request(self, sync: Sync) -> None:
        queries = [dict(request.query) for request in sync[1].requests if request.path.endswith("/delivery-metrics")]
        sent = {(query["sourceId"], query["startTime"], query["endTime"]) for query in queries}

        assert {(row["sourceId"], row["startTime"], row["endTime"]) for row in sync[1].records[SUMMARY]} <= sent


def windows(output: Output, operation: str) -> dict[str, str]:
    """The start of each window that was requested of an operation, and its end."""
    queries = [dict(request.query) for request in output.requests if request.operation == operation]
    return dict(sorted((query["startTime"], query["endTime"]) for query in queries))


@pytest.mark.parametrize(  # time of the sync, start date; first days of the metrics, the overview and the volume
    ("now", "start_date", "metrics", "overview", "volume"),
    [
        ("2026-03-15T12:30", "2026-03-10", "2026-03-10", "2026-03-10", ["2026-03-10"]),
        ("2026-03-15T12:30", "2026-01-15", "2026-03-02", "2026-02-14", ["2026-01-15"]),
        pytest.param(
            *("2025-03-01T00:00:05", "2024-02-29", "2025-02-16", "2025-01-31", ["2024-02-29", "2025-02-28"]),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_windows_respect_start_date_and_retention(
    connect: Connect, now: str, start_date: str, metrics: str, overview: str, volume: list[str]
) -> None:
    connector = connect({"start_date": start_date}, now=datetime.fromisoformat(now).replace(tzinfo=UTC))

    output = connector.read([SUMMARY, DAILY, RECEIVED, "events_volume"])

    assert output.code == 0, output.errors
    assert {row["startTime"] for row in output.records[SUMMARY]} == {metrics + MIDNIGHT}
    assert min(row["date"] for row in output.records[DAILY]) == metrics
    assert [*windows(output, "getIngressSuccessMetricsFromDeliveryOverview")] == [overview + MIDNIGHT]
    found = windows(output, "getEventsVolumeFromWorkspace")
    assert [*found] == [day + MIDNIGHT for day in volume]
    assert {parse(start) - parse(found[before]) for before, start in pairwise(found)} <= {timedelta(milliseconds=1)}


def test_a_later_sync_reads_again_from_the_day_before_the_state(connect: Connect) -> None:
    connector = connect()
    first = connector.read([DAILY, RECEIVED, "events_volume"])
    connector.move(NOW + timedelta(days=3))

    second = connector.read([DAILY, RECEIVED, "events_volume"], first.state())

    assert min(row["date"] for row in second.records[DAILY]) == "2026-03-14"
    for operation in ("getIngressSuccessMetricsFromDeliveryOverview", "getEventsVolumeFromWorkspace"):
        assert [*windows(second, operation)] == ["2026-03-14" + MIDNIGHT]
