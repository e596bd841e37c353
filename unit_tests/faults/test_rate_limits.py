"""Rate limits: the pace from the headers, and what follows a 429."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, formatdate
from typing import Any

import pytest
from aiohttp import web_response

from simulator import Fault, RateLimit, Simulator, limits
from unit_tests.connector import Connector, Output, same
from unit_tests.faults.conftest import FakeTime
from unit_tests.faults.judge import truth

Connect = Callable[..., Connector]
CHILDREN = ["source_details", "source_schema_settings", "source_connected_destinations",
            "source_connected_warehouses", "source_regulations"]  # fmt: skip


def refused(output: Output) -> list[float]:
    """When a 429 was answered."""
    return [request.at for request in output.requests if request.status == 429]


def lasted(output: Output) -> float:
    """Seconds from the first request to the last."""
    return output.requests[-1].at - output.requests[0].at


def gap(output: Output, operation: str) -> float:
    """Seconds between the first request of an operation and its repetition."""
    first, second = [r.at for r in output.requests if r.operation == operation][:2]
    return second - first


@pytest.mark.parametrize("workers", [4, 16])
def test_pace_from_the_headers(connect: Connect, fake_time: FakeTime, workers: int) -> None:
    connector = connect(size="small", rate_limit=RateLimit(18), latency=0.05,
                        config={"num_workers": workers})  # fmt: skip

    output = connector.read([*CHILDREN, "users", "warehouses", "groups", "group_users"])

    assert output.code == 0
    for name in CHILDREN:
        same(output.records[name], truth(connector, name))
    assert len(output.requests) > 35
    assert len(refused(output)) <= len(output.requests) / 100
    assert lasted(output) >= 60  # a second window was needed


@pytest.mark.parametrize("minutes", [-10, 10])
def test_clock_of_another_time(
    connect: Connect, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """The dates of the API are as far off this machine's clock as its own clock is."""

    def date(seconds: float = 0) -> str:
        return formatdate(math.ceil(time.time() + seconds) + 60 * minutes, usegmt=True)

    monkeypatch.setattr(limits, "_date", date)
    monkeypatch.setattr(web_response, "rfc822_formatted_time", date)
    connector = connect(size="small", rate_limit=RateLimit(18), latency=0.05)

    output = connector.read([*CHILDREN, "users"])

    assert output.code == 0
    assert len(refused(output)) <= 2
    assert lasted(output) < 600  # a window of a minute or two, and not ten more


def test_reset_that_lies_years_ahead(
    connect: Connect, fake_time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_date", lambda _seconds: "Tue, 31 Dec 2030 23:59:59 GMT")
    connector = connect(size="small", rate_limit=RateLimit(18), latency=0.05)

    output = connector.read([*CHILDREN, "users"])

    assert output.code == 0
    assert lasted(output) < 3600  # five minutes a window


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_429_with_retry_after(small: Connector, form: str) -> None:
    assert small.now
    date = format_datetime(small.now.astimezone(UTC) + timedelta(seconds=45), usegmt=True)
    after = 45 if form == "seconds" else date
    small.sim.faults.add(Fault("status", "listUsers", status=429, retry_after=after))

    output = small.read(["users"])

    assert output.code == 0
    same(output.records["users"], truth(small, "users"))
    assert len(refused(output)) == 1
    assert 43 <= gap(output, "listUsers") < 80


def test_midnight_passes_while_a_429_waits(connect: Connect, fake_time: FakeTime) -> None:
    evening = datetime(2026, 3, 15, 23, 59, 50, tzinfo=UTC)
    connector = connect(size="small", now=evening)
    connector.sim.clock.set(None)  # it goes on with the connector's
    names = ["destination_delivery_metrics_summary", "delivery_overview_failed_delivery_daily"]
    connector.sim.faults.add(Fault("status", "delivery", status=429, retry_after=60))

    output = connector.read(names)

    assert output.code == 0, output.errors  # the API refuses windows that have become too old
    assert len(refused(output)) == 1


def test_429_without_retry_after(small: Connector) -> None:
    body = '{"errors": [{"type": "RequestError", "data": {"msBeforeNext": 25000}}]}'
    small.sim.faults.add(Fault("status", "listUsers", status=429, body=body))

    output = small.read(["users"])

    same(output.records["users"], truth(small, "users"))
    assert 25 <= gap(output, "listUsers") < 50


def test_429_burst_without_any_hint(small: Connector) -> None:
    small.sim.faults.add(
        Fault("status", "listUsers", status=429, details=False, times=9),
        Fault("status", "listUsers", status=500, after=9, times=2),
    )

    output = small.read(["users"])

    assert output.code == 0
    same(output.records["users"], truth(small, "users"))
    at = refused(output)
    assert len(at) == 9  # more than the tries that other faults get
    assert 100 > at[8] - at[7] > 25 > 15 > at[1] - at[0]  # ever longer, but not without end


def test_429_is_answered_by_one_request(small: Connector) -> None:
    limited = Fault("status", ".", after=4, status=429, retry_after=20, times=30)
    small.sim.faults.add(limited)

    output = small.read(CHILDREN, num_workers=10)

    assert output.code == 0
    for name in CHILDREN:
        same(output.records[name], truth(small, name))
    first, *later = refused(output)
    in_flight = [at for at in later if at < first + 15]
    assert len(in_flight) < 10
    # From then on one request a time asks whether the limit is over.
    assert len(later) - len(in_flight) <= (later[-1] - first) / 20 + 1


def test_429_for_longer_than_ten_minutes(small: Connector) -> None:
    small.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=300, times=4),
        Fault("status", "listSources", status=429, details=False, times=20),
    )

    output = small.read(["users", "sources"])

    assert output.code == 0  # the budget of the CDK for one request is 600 seconds
    assert refused(output)[-1] - refused(output)[0] > 900
    for name in ("users", "sources"):
        assert output.status(name) == "COMPLETE"
        same(output.records[name], truth(small, name))


def test_waiting_is_told(small: Connector, fake_time: FakeTime) -> None:
    small.sim.faults.add(Fault("status", "listUsers", status=429, retry_after=600))

    output = small.read(["users"])

    assert output.reasons["users"].count("RATE_LIMITED") >= 10
    assert output.status("users") == "COMPLETE"
    told = [text for _, text in output.logs if "for the rate limit of users" in text]
    seconds = [int(found[1]) for text in told if (found := re.search(r"Waiting (\d+) s", text))]
    assert 595 <= seconds[0] <= 600
    assert all(before - after <= 40 for before, after in itertools.pairwise(seconds))
    assert seconds[-1] <= 40
    assert "(until 12:40:" in told[0]  # ten minutes after the time of the test
    assert max(fake_time.waits) <= 30  # silence longer than that looks like a hang


def test_limits_of_single_operations_are_paced_apart(connect: Connect, fake_time: FakeTime) -> None:
    connector = connect(size="small", own_limits=True, config={"num_workers": 10})
    warehouses = connector.sim.workspace.warehouses
    warehouses += [warehouses[0] | {"id": f"more{n}"} for n in range(3)]
    others = ["users", "sources", "groups", "source_details"]

    output = connector.read(["warehouse_syncs", "warehouse_advanced_sync_schedules", *others])

    assert output.code == 0
    assert len(refused(output)) < 10  # each is a request that was late on its way
    for name in ("warehouse_syncs", "warehouse_advanced_sync_schedules", *others):
        same(output.records[name], truth(connector, name))
    start = output.requests[0].at
    slow = [r.at for r in output.requests if r.operation == "listSyncsFromWarehouse"]
    assert 120 <= slow[5] - start < 250  # at two a minute
    done = [i for i, m in enumerate(output.messages) if _completes(m)]
    names = [_completes(output.messages[i]) for i in done]
    assert set(names[: len(others)]) == set(others)


def _completes(message: dict[str, Any]) -> str | None:
    status = message.get("trace", {}).get("stream_status") or {}
    if status.get("status") != "COMPLETE":
        return None
    return str(status["stream_descriptor"]["name"])


@pytest.mark.parametrize("workers", [2, 10])
def test_429_of_a_limited_operation(connect: Connect, fake_time: FakeTime, workers: int) -> None:
    connector = connect(size="small", config={"num_workers": workers, "page_size": 5})
    connector.sim.faults.add(
        Fault("status", "listSyncsFromWarehouse", status=429, retry_after=240, times=2),
        Fault("slow", "listUsers", delay=0.15, times=None),
    )

    output = connector.read(["warehouse_syncs", "users", "source_details"])

    assert output.code == 0
    assert len(refused(output)) == 2
    for name in ("warehouse_syncs", "users", "source_details"):
        same(output.records[name], truth(connector, name))
    order = [r.operation for r in output.requests if r.status == 200]
    syncs = order.index("listSyncsFromWarehouse")
    assert not {"listUsers", "getSource"} & set(order[syncs:])  # they did not wait with it


def test_429_storm_by_another_client(connect: Connect, fake_time: FakeTime) -> None:
    connector = connect(size="small", rate_limit=RateLimit(30), config={"num_workers": 8})

    def spend(simulator: Simulator) -> None:
        limiter = simulator._handler.limiter
        take, count = limiter.take, iter(range(10**6))

        def both(endpoint: Any) -> dict[str, str]:
            if next(count) % 2:
                take(None)  # what somebody else asks with the same token
            return take(endpoint)

        limiter.take = both  # type: ignore[method-assign]

    spend(connector.sim)

    output = connector.read(CHILDREN)

    assert output.code == 0
    for name in CHILDREN:
        same(output.records[name], truth(connector, name))
