"""The four usage streams: records, requests, big numbers, state, second sync, by stream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest

from simulator import usage
from unit_tests.conftest import NOW
from unit_tests.connector import START, Connector, same
from unit_tests.streams.asking import asks, pages
from unit_tests.streams.usage_case import USAGE, at, periods

Connect = Callable[..., Connector]
MONTHS = ["2026-01-01", "2026-02-01", "2026-03-01"]  # from the start date's to the running one
streams = pytest.mark.parametrize("stream", USAGE)


@streams
def test_first_sync(connect: Connect, stream: str) -> None:
    connector = connect(size="small")
    path, _ = USAGE[stream]

    output = connector.read([stream])

    assert output.code == 0
    assert output.status(stream) == "COMPLETE"
    same(output.records[stream], connector.sim.truth(stream, start_date=START))
    assert sorted(asks(output.requests)) == [
        (path, (("pagination.count", "1000"), ("period", month))) for month in MONTHS
    ]
    assert output.states[stream][-1] == {"timestamp": "2026-03-15"}


@streams
def test_page_by_page(connect: Connect, stream: str) -> None:
    connector = connect(size="small")
    path, _ = USAGE[stream]
    count = 70 if "source" in stream else 10

    output = connector.read([stream], page_size=count, num_workers=2)

    same(output.records[stream], connector.sim.truth(stream, start_date=START))
    expected = [pages(connector.sim, path, count, period=month) for month in MONTHS]
    assert all(len(month) > 1 for month in expected)
    for month, wanted in zip(MONTHS, expected, strict=True):
        found = [ask for ask in asks(output.requests) if ("period", month) in ask[1]]
        assert found == wanted
    assert len(output.requests) == sum(map(len, expected))


@streams
def test_each_record_tells_its_month_and_numbers_are_numbers(connect: Connect, stream: str) -> None:
    connector = connect()
    _, numbers = USAGE[stream]

    output = connector.read([stream])

    for record in output.records[stream]:
        assert record["period"] == record["timestamp"][:8] + "01"
        assert all(type(record[name]) is int for name in numbers)


@streams
@pytest.mark.parametrize("huge", [2**53 + 1, 2**63 + 1, 2**64 + 1])
def test_huge_numbers_keep_each_digit(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, stream: str, huge: int
) -> None:
    monkeypatch.setattr(usage, "_count", lambda *_: huge)

    output = connect().read([stream], start_date="2026-03-01")

    for record in output.records[stream]:
        assert [record[name] for name in USAGE[stream][1]] == [huge] * len(USAGE[stream][1])
    assert len(output.records[stream]) >= 15


@streams
def test_the_sum_of_daily_growth_is_the_month(connect: Connect, stream: str) -> None:
    connector = connect(size="tiny")
    _, [number, *_] = USAGE[stream]

    output = connector.read([stream])

    for month in MONTHS:
        rows = [row for row in output.records[stream] if row["period"] == month]
        for source in {row.get("sourceId") for row in rows}:
            totals = [row[number] for row in rows if row.get("sourceId") == source]
            assert all(low <= high for low, high in pairwise(totals))


@streams
def test_second_sync_reads_the_running_month(connect: Connect, stream: str) -> None:
    connector = connect(size="small")
    first = connector.read([stream])
    at(connector, (NOW + timedelta(days=1)).isoformat())

    second = connector.read([stream], state=first.state())

    assert second.code == 0
    assert periods(second) == ["2026-03-01"]
    truth = connector.sim.truth(stream, start_date=START)
    same(second.records[stream], [row for row in truth if row["period"] == "2026-03-01"])
    assert second.states[stream][-1] == {"timestamp": "2026-03-16"}


@streams
def test_no_usage(connect: Connect, stream: str) -> None:
    connector = connect(size="empty")
    connector.sim.workspace.sources.clear()

    output = connector.read([stream], start_date="2025-01-10")

    assert output.code == 0
    assert output.status(stream) == "COMPLETE"
    assert len(periods(output)) == 15
    same(output.records[stream], connector.sim.truth(stream, start_date="2025-01-10"))
