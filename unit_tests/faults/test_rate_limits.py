"""Rate limits: the pace that the headers announce, what follows a 429, and operations with a limit of their own."""

import itertools
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from simulator import Fault, RateLimit, Request
from unit_tests.connector import Connector, Output
from unit_tests.faults.assertions import TRANSIENT, Connect, assert_complete, assert_failed

MANY = ["source_details", "source_schema_settings", "source_connected_destinations", "source_connected_warehouses",
        "source_regulations", "source_live_plugins", "users"]  # fmt: skip
PAIRS = ["destination_delivery_metrics_summary", "delivery_overview_successful_delivery_daily",
         "delivery_overview_failed_delivery_daily", "delivery_overview_filtered_at_destination_daily"]  # fmt: skip
# Streams and their operations, of two requests a minute.
SLOW = {
    "warehouse_syncs": "listSyncsFromWarehouse",
    "warehouse_advanced_sync_schedules": "getAdvancedSyncScheduleFromWarehouse",
}
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("fast_clock")]


def rejected(output: Output) -> list[Request]:
    """The requests that got a 429."""
    return [request for request in output.requests if request.status == 429]


def longest_pause(output: Output) -> float:
    """The most real seconds between two requests in a row."""
    return max(later.at - earlier.at for earlier, later in itertools.pairwise(output.requests))


def shift_dates(monkeypatch: pytest.MonkeyPatch, by: timedelta, *headers: str) -> None:
    """Change the dates in these headers of each response."""
    send = HTTPAdapter.send

    def shifted(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = send(adapter, request, **options)
        for name in [name for name in headers if name in response.headers]:
            moment = parsedate_to_datetime(response.headers[name]) + by
            response.headers[name] = format_datetime(moment, usegmt=True)
        return response

    monkeypatch.setattr(HTTPAdapter, "send", shifted)


NONE, DATES = timedelta(), ["Date", "X-RateLimit-Reset"]


@pytest.mark.parametrize(
    ("fast_clock", "workers", "by", "headers", "longest"),
    [
        (30, 4, NONE, DATES, 400),
        (30, 16, NONE, DATES, 400),
        (30, 5, timedelta(minutes=10), DATES, 400),  # the clocks of Segment and of this machine differ
        (30, 5, timedelta(minutes=-10), DATES, 400),
        (150, 5, timedelta(days=1000), DATES[1:], 3600),  # a limit resets in years: then it waits for five minutes
    ],
    indirect=["fast_clock"],
)
def test_limit_that_the_headers_announce(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, fast_clock: int, workers: int, by: timedelta,
    headers: list[str], longest: int,
) -> None:  # fmt: skip
    shift_dates(monkeypatch, by, *headers)
    connector = connect(size="small", rate_limit=RateLimit(30), config={"num_workers": workers})

    output = connector.read(MANY)

    assert_complete(connector, output, *MANY)
    assert len(output.requests) > 30  # the limit of a window
    assert rejected(output) == []
    assert longest_pause(output) * fast_clock < longest


@pytest.mark.parametrize("fast_clock", [30], indirect=True)
def test_cached_response_does_not_bring_back_its_limit(connect: Connect, fast_clock: int) -> None:
    """The lists of parents are read again from a cache, with the headers of an earlier window."""
    connector = connect(size="small", rate_limit=RateLimit(20), config={"num_workers": 2})

    output = connector.read(PAIRS)

    assert output.code == 0
    pairs = itertools.pairwise(output.requests)
    pauses = [n for n, (one, other) in enumerate(pairs, 1) if (other.at - one.at) * fast_clock > 15]
    assert len(pauses) >= 2
    assert all(later - earlier >= 18 for earlier, later in itertools.pairwise([0, *pauses]))


@pytest.mark.parametrize(("retry_after", "wait"), [(45, 45), (None, 30), ("Wed, 21 Oct 2026 07:28:00 GMT", 30)])
def test_429(small: Connector, fast_clock: int, retry_after: int | str | None, wait: int) -> None:
    """All workers wait together, as long as `Retry-After` says in seconds, or half a minute."""
    small.sim.faults.add(Fault("status", ".", after=5, status=429, retry_after=retry_after, times=6))

    output = small.read(MANY, num_workers=6)

    assert_complete(small, output, *MANY)
    assert len(rejected(output)) == sum(reasons.count("RATE_LIMITED") for reasons in output.reasons.values()) == 6
    since = [(request.at - rejected(output)[0].at) * fast_clock for request in output.requests]
    assert [seconds for seconds in since if wait / 2 < seconds < wait - 1] == []
    assert longest_pause(output) * fast_clock < wait + 240


@pytest.mark.parametrize("fast_clock", [300], indirect=True)
def test_429_again_and_again(small: Connector, fast_clock: int) -> None:
    """The sixth response decides; how long the waits are does not matter, and other faults count apart."""
    small.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=300, times=5),
        Fault("status", "listUsers", status=500, after=5, times=5),
        Fault("status", "listUserGroups", status=429, retry_after=300, times=None),
    )

    output = small.read(["users", "groups"])

    assert_complete(small, output, "users")
    assert_failed(output, "groups", TRANSIENT, "rate limit")
    assert output.asked()["listUserGroups"] == 6
    assert (rejected(output)[-1].at - output.requests[0].at) * fast_clock > 1200  # the CDK's own limit is 600 seconds


def test_429_of_an_operation_with_its_own_limit(connect: Connect, fast_clock: int) -> None:
    """Only this operation waits."""
    connector = connect(size="small", latency=0.05)
    connector.sim.faults.add(Fault("status", "listTraits", status=429, retry_after=240))

    output = connector.read(["space_traits", *MANY])

    assert_complete(connector, output, "space_traits", *MANY)
    [first] = rejected(output)
    last = [request for request in output.requests if request.operation == "listTraits"][-1]
    assert (last.at - first.at) * fast_clock > 50
    assert len([request for request in output.requests if first.at < request.at < last.at]) > 10  # of other operations


def test_slow_operations(connect: Connect) -> None:
    """At two requests a minute each, they wait at the same time, and all other streams are read before."""
    connector = connect(size="small", own_limits=True)
    warehouses = connector.sim.workspace.warehouses
    warehouses += [warehouses[0] | {"id": f"more{n}"} for n in range(3)]

    output = connector.read([*SLOW, *MANY])

    assert_complete(connector, output, *SLOW, *MANY)
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
