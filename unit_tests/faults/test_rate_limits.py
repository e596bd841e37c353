"""Rate limits: the pace that the headers announce, what follows a 429, and operations with a limit of their own."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from simulator import Fault, RateLimit, Request
from unit_tests.connector import Connector, Output
from unit_tests.faults.assertions import TRANSIENT, assert_complete, assert_failed

Connect = Callable[..., Connector]
CHILDREN = ["source_details", "source_schema_settings", "source_connected_destinations", "source_connected_warehouses",
            "source_regulations", "source_live_plugins"]  # fmt: skip
# Streams and their operations, of two requests a minute.
SLOW = {
    "warehouse_syncs": "listSyncsFromWarehouse",
    "warehouse_advanced_sync_schedules": "getAdvancedSyncScheduleFromWarehouse",
}

pytestmark = pytest.mark.usefixtures("fast_clock")


def rejected(output: Output) -> list[Request]:
    """The requests that got a 429."""
    return [request for request in output.requests if request.status == 429]


def lasted(output: Output) -> float:
    """Seconds from the first request to the last."""
    return output.requests[-1].at - output.requests[0].at


def longest_pause(requests: list[Request]) -> float:
    """The most seconds between two requests in a row."""
    return max(later.at - earlier.at for earlier, later in itertools.pairwise(requests))


def shift_dates(monkeypatch: pytest.MonkeyPatch, by: timedelta, *headers: str) -> None:
    """Change the dates in these headers of each response."""
    send = HTTPAdapter.send

    def shifted(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = send(adapter, request, **options)
        for name in headers:
            if name in response.headers:
                response.headers[name] = format_datetime(
                    parsedate_to_datetime(response.headers[name]) + by, usegmt=True
                )
        return response

    monkeypatch.setattr(HTTPAdapter, "send", shifted)


@pytest.mark.parametrize("workers", [4, 16])
def test_limit_that_the_headers_announce(connect: Connect, workers: int) -> None:
    connector = connect(size="small", rate_limit=RateLimit(30), config={"num_workers": workers})

    output = connector.read([*CHILDREN, "users"])

    assert output.code == 0
    assert_complete(connector, output, *CHILDREN, "users")
    assert len(output.requests) > 30  # the limit of a window
    assert rejected(output) == []


@pytest.mark.parametrize(
    ("fast_clock", "by", "headers"),
    [
        (30, timedelta(minutes=10), ["Date", "X-RateLimit-Reset"]),
        (30, timedelta(minutes=-10), ["Date", "X-RateLimit-Reset"]),
        (150, timedelta(days=1000), ["X-RateLimit-Reset"]),
    ],
    indirect=["fast_clock"],
)
def test_clock_or_reset_that_is_wrong(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, by: timedelta, headers: list[str]
) -> None:
    """The clocks of Segment and of this machine differ, or a limit resets in years: then it waits for five minutes."""
    shift_dates(monkeypatch, by, *headers)
    connector = connect(size="small", rate_limit=RateLimit(30))

    output = connector.read([*CHILDREN, "users"])

    assert output.code == 0
    assert rejected(output) == []
    assert longest_pause(output.requests) < (400 if "Date" in headers else 3600)


@pytest.mark.parametrize(("retry_after", "wait"), [(45, 45), (None, 30), ("Wed, 21 Oct 2026 07:28:00 GMT", 30)])
def test_429(small: Connector, retry_after: int | str | None, wait: int) -> None:
    """All workers wait together, as long as `Retry-After` says in seconds, or half a minute."""
    small.sim.faults.add(Fault("status", ".", after=5, status=429, retry_after=retry_after, times=12))

    output = small.read([*CHILDREN, "users"], num_workers=6)

    assert output.code == 0, output.errors
    assert_complete(small, output, *CHILDREN, "users")
    assert len(rejected(output)) == sum(reasons.count("RATE_LIMITED") for reasons in output.reasons.values()) == 12
    first = rejected(output)[0].at
    assert [request for request in output.requests if first + wait / 2 < request.at < first + wait - 1] == []
    assert wait / 2 < longest_pause(output.requests) < wait + 240


@pytest.mark.parametrize("fast_clock", [300], indirect=True)
def test_429_again_and_again(small: Connector) -> None:
    """The sixth response decides; how long the waits are does not matter, and other faults count apart."""
    small.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=300, times=5),
        Fault("status", "listUsers", status=500, after=5, times=5),
        Fault("status", "listUserGroups", status=429, retry_after=1, times=None),
    )

    output = small.read(["users", "groups"])

    assert lasted(output) > 1200  # the CDK gives up after 600 seconds by default
    assert_complete(small, output, "users")
    assert_failed(output, "groups", TRANSIENT, "rate limit")
    assert output.asked()["listUserGroups"] == 6


def test_429_of_an_operation_with_its_own_limit(connect: Connect) -> None:
    """Only this operation waits."""
    connector = connect(size="small", latency=0.05)
    connector.sim.faults.add(Fault("status", "listTraits", status=429, retry_after=240))

    output = connector.read(["space_traits", *CHILDREN])

    assert output.code == 0
    assert_complete(connector, output, "space_traits", *CHILDREN)
    [first] = rejected(output)
    last = [request for request in output.requests if request.operation == "listTraits"][-1]
    assert last.at - first.at > 50
    assert len([request for request in output.requests if first.at < request.at < last.at]) > 10  # of other operations


def test_slow_operations(connect: Connect) -> None:
    """At two requests a minute each, they wait at the same time, and all other streams are read before."""
    connector = connect(size="small", own_limits=True)
    warehouses = connector.sim.workspace.warehouses
    warehouses += [warehouses[0] | {"id": f"more{n}"} for n in range(3)]

    output = connector.read([*SLOW, *CHILDREN, "users"])

    assert output.code == 0
    assert_complete(connector, output, *SLOW, *CHILDREN, "users")
    assert rejected(output) == []
    statuses = [m["trace"]["stream_status"] for m in output.messages if m.get("trace", {}).get("stream_status")]
    order = [status["stream_descriptor"]["name"] for status in statuses if status["status"] == "COMPLETE"]
    assert set(order[-2:]) == set(SLOW)
    slow = [r.operation for r in output.requests if r.operation in SLOW.values()]
    assert all(len(set(slow[n : n + 4])) == 2 for n in range(len(slow) - 3))  # not one after the other


def test_slow_operation_that_is_refused(connect: Connect) -> None:
    """To try it for each warehouse would take hours."""
    connector = connect(size="small", deny=["listSyncsFromWarehouse"])

    output = connector.read(["warehouse_syncs", "users"])

    assert output.code == 0
    assert output.asked()["listSyncsFromWarehouse"] <= 2
    assert_complete(connector, output, "users")
