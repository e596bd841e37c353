"""The four usage streams: one chain of pages for each calendar month, and a plain date as state."""

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import requests

from scripts import catalog
from unit_tests.connector import START, Connector, Output, latest, same, stream_state
from unit_tests.streams.family import Connect, Requests, StreamTests, Sync

STREAM = "usage_mtu_workspace_daily"
JAN, FEB, MAR, APR = (f"2026-0{month}-01" for month in range(1, 5))
PATHS = {
    "usage_api_calls_per_source_daily": "/usage/api-calls/sources/daily",
    "usage_api_calls_workspace_daily": "/usage/api-calls/daily",
    "usage_mtu_per_source_daily": "/usage/mtu/sources/daily",
    STREAM: "/usage/mtu/daily",
}
MTU = [name for name in PATHS if "mtu" in name]


class TestUsage(StreamTests):
    PAGE_CAP = 20
    REQUESTS: ClassVar[Requests] = {
        name: ("", [f"{path}?period={month}&pagination.count=1000" for month in (JAN, FEB, MAR)])
        for name, path in PATHS.items()
    }

    def test_state_is_the_date_of_the_newest_day(self, sync: Sync, stream: str) -> None:
        assert sync[1].states[stream][-1] == {"timestamp": "2026-03-15"}

    def test_rows_of_overlapping_months_survive(self, connect: Connect, stream: str) -> None:
        """A closed month may end with the first day of the next, and billing may begin on the 15th."""
        connector = connect(billing_day=15, boundary_rows=True)

        output = connector.read([stream])

        same(output.records[stream], connector.sim.truth(stream, START))
        table = latest(stream, catalog.streams()[stream].key, output)
        days = {(row.get("sourceId"), row["timestamp"]) for row in table}
        if stream in MTU:
            assert len(table) == len(output.records[stream]) > len(days)
        else:
            assert len(table) == len(days) < len(output.records[stream])


def periods(output: Output) -> list[str]:
    """The months of all requests, oldest first."""
    return sorted(dict(request.query)["period"] for request in output.requests)


def at(connector: Connector, moment: str) -> Connector:
    """Move the connector and the API to a time."""
    connector.move(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    return connector


# Time of the sync, start date, saved state, months. A month can change for 31 and 5 days after its calendar end.
MONTHS = {
    "start on the 31st": ("2026-03-15T12:30", "2026-01-31", None, [JAN, FEB, MAR]),
    "start today": ("2026-03-15T12:30", "2026-03-15", None, [MAR]),
    "start on 29 February": ("2024-03-01T08:00", "2024-02-29", None, ["2024-02-01", "2024-03-01"]),
    "sync on 29 February": ("2024-02-29T23:57", "2024-01-30", None, ["2024-01-01", "2024-02-01"]),
    "over the end of a year": ("2026-01-01T00:00", "2025-11-30", None, ["2025-11-01", "2025-12-01", JAN]),
    "sync on the 31st": ("2026-03-31T23:57", "2026-01-29", None, [JAN, FEB, MAR]),
    "the same day": ("2026-03-15T20:00", START, "2026-03-15", [FEB, MAR]),
    "the next month": ("2026-04-12T12:00", START, "2026-03-15", [FEB, MAR, APR]),
    "state on the eighth": ("2026-03-15T12:30", START, "2026-03-08", [JAN, FEB, MAR]),
    "state on the ninth": ("2026-03-15T12:30", START, "2026-03-09", [FEB, MAR]),
    "state and sync on the first": ("2026-03-01T06:00", START, "2026-03-01", [JAN, FEB, MAR]),
    "state before the start date": ("2026-03-15T12:30", START, "2025-06-30", [JAN, FEB, MAR]),
    "state with a time": ("2026-03-15T12:30", START, "2026-02-10T23:59:59.000Z", [JAN, FEB, MAR]),
    "state of the next month": ("2026-03-31T12:30", START, "2026-04-02", [FEB, MAR]),
    "state of the next year": ("2026-03-15T12:30", START, "2027-05-10", []),
}


@pytest.mark.parametrize("case", MONTHS)
def test_months(connect: Connect, case: str) -> None:
    now, start_date, saved, months = MONTHS[case]
    connector = at(connect({"start_date": start_date}), now)

    output = connector.read([STREAM], [stream_state(STREAM, {"timestamp": saved})] if saved else None)

    assert output.code == 0
    assert periods(output) == months
    truth = connector.sim.truth(STREAM, start_date)
    same(output.records[STREAM], [row for row in truth if row["period"] in months])
    assert not months or output.states[STREAM][-1] == {"timestamp": now[:10]}


def test_a_later_sync_reads_the_end_of_a_billing_cycle(connect: Connect) -> None:
    connector = at(connect(billing_day=15), "2026-03-10T09:00")
    first = connector.read([STREAM])
    at(connector, "2026-03-17T09:00")

    second = connector.read([STREAM], first.state())

    same(latest(STREAM, ["periodStart", "timestamp"], first, second), connector.sim.truth(STREAM, START))


def test_a_failed_month_is_read_by_the_next_sync(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    send = requests.adapters.HTTPAdapter.send

    def fail(adapter: Any, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = send(adapter, request, **options)
        response.status_code = 500 if f"period={FEB}" in str(request.url) else response.status_code
        return response

    connector = connect()
    with monkeypatch.context() as patch:
        patch.setattr(requests.adapters.HTTPAdapter, "send", fail)
        first = connector.read([STREAM])
    second = connector.read([STREAM], first.state())

    assert first.status(STREAM) == "INCOMPLETE"
    assert {row["period"] for row in first.records[STREAM]} == {JAN, MAR}
    assert all(state["timestamp"] < FEB for state in first.states[STREAM])
    assert second.states[STREAM][-1] == {"timestamp": "2026-03-15"}
    same(latest(STREAM, ["periodStart", "timestamp"], first, second), connector.sim.truth(STREAM, START))
