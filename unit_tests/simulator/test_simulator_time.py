"""Series over time: usage, audit events, delivery; and changes between syncs."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from simulator import Workspace


def _month(api: Any, period: str) -> list[int]:
    data = api.get("/usage/api-calls/daily", period=period).json()["data"]
    return [int(row["apiCalls"]) for row in data["dailyWorkspaceAPICallsUsage"]]


def test_usage_grows_and_settles(simulate: Any) -> None:
    api = simulate(size="small")
    running, closed = _month(api, "2026-03-01"), _month(api, "2026-02-01")
    assert (len(running), len(closed)) == (15, 28)
    assert all(a < b for a, b in pairwise(running))
    assert all(a < b for a, b in pairwise(closed))
    assert any(
        int(r["apiCalls"]) > 2**53 for r in api.sim.truth("usage_api_calls_per_source_daily")
    )
    api.sim.clock.set(datetime(2026, 3, 1, 8, tzinfo=UTC))
    early = _month(api, "2026-02-01")
    assert early[:-3] == closed[:-3]
    assert all(a < b for a, b in zip(early[-3:], closed[-3:], strict=True))
    api.sim.clock.set(datetime(2026, 3, 4, 8, tzinfo=UTC))
    assert _month(api, "2026-02-01") == closed
    assert _month(api, "2024-12-01") == []  # before the history
    assert len(_month(api, "2025-01-01")) == 31


@pytest.mark.parametrize("kind", ["api-calls", "mtu"])
def test_boundary_row_is_in_two_months_with_two_counts(kind: str, simulate: Any) -> None:
    api = simulate(boundary_rows=True)
    key, metric = {
        "api-calls": ("dailyWorkspaceAPICallsUsage", "apiCalls"),
        "mtu": ("dailyWorkspaceMTUUsage", "identified"),
    }[kind]

    def rows(period: str) -> Any:
        return api.get(f"/usage/{kind}/daily", period=period).json()["data"][key]

    closed, running = rows("2026-02-01"), rows("2026-03-01")
    assert closed[-1]["timestamp"] == running[0]["timestamp"] == "2026-03-01T00:00:00.000Z"
    assert int(closed[-1][metric]) > int(running[0][metric])
    assert closed[-1].get("periodStart") == closed[0].get("periodStart")
    assert (len(closed), len(running)) == (29, 15)
    assert (closed[-1].get("periodStart") != running[0].get("periodStart")) == (kind == "mtu")
    assert len(api.sim.truth("usage_mtu_workspace_daily", "2026-02-01")) == 29 + 15


def test_billing_day(simulate: Any) -> None:
    api = simulate(billing_day=15)
    rows = api.sim.truth("usage_mtu_workspace_daily", "2026-01-20")
    by_period = {
        p: [r for r in rows if r["period"] == p] for p in sorted({r["period"] for r in rows})
    }
    bounds = {
        p: (found[0]["timestamp"][:10], found[-1]["timestamp"][:10])
        for p, found in by_period.items()
    }
    assert bounds == {
        "2026-01-01": ("2026-01-15", "2026-02-14"),
        "2026-02-01": ("2026-02-15", "2026-03-14"),
        "2026-03-01": ("2026-03-15", "2026-03-15"),
    }
    assert (
        by_period["2026-02-01"][0]["periodStart"] == datetime(2026, 2, 15, tzinfo=UTC).timestamp()
    )
    assert by_period["2026-02-01"][0]["periodEnd"] == datetime(2026, 3, 15, tzinfo=UTC).timestamp()
    for found in by_period.values():
        assert all(a["identified"] < b["identified"] for a, b in pairwise(found))
    api.sim.clock.set(datetime(2026, 3, 14, 9, tzinfo=UTC))
    assert _month(api, "2026-03-01") == []


def test_audit_events(simulate: Any) -> None:
    api = simulate(size="small")
    events = api.sim.truth("audit_events")
    times = [e["timestamp"] for e in events]
    assert times == sorted(times, reverse=True)
    assert min(times) >= "2025-12-15T12:30:00.000Z"
    assert len(set(times)) < len(times)
    bound = "2026-03-10T00:00:00.000Z"
    assert bound in times

    def found() -> list[str]:
        answer = api.get("/audit-events", startTime=bound, endTime="2026-03-11").json()["data"]
        return [e["timestamp"] for e in answer["events"]]

    assert found()[-1] == bound
    api.sim.workspace.audit_bounds_inclusive = False
    assert bound < found()[-1] < found()[0] < "2026-03-11"
    assert api.sim.truth("audit_events", "2026-03-10")[-1]["timestamp"] == bound
    extra = events[0] | {"id": "late", "timestamp": "2026-03-10T05:00:00.000Z"}
    api.sim.workspace.extra_audit_events.append(extra)
    assert extra in api.sim.truth("audit_events")


def test_a_day_of_delivery_is_the_sum_of_nothing_else(simulate: Any) -> None:
    api = simulate(size="small")
    daily = api.sim.truth("destination_delivery_metrics_daily")
    whole = api.sim.truth("destination_delivery_metrics_summary")
    window = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    one_day = api.sim.truth("destination_delivery_metrics_summary", window=window)
    assert {r["date"] for r in daily} == {f"2026-03-{d:02d}" for d in range(2, 16)}
    for total, single in zip(whole, one_day, strict=True):
        mine = [r for r in daily if (r["sourceId"], r["destinationId"]) ==
                (total["sourceId"], total["destinationId"])]  # fmt: skip
        for n, metric in enumerate(total["metrics"]):
            assert metric["total"] == sum(r["metrics"][n]["total"] for r in mine)
        assert single["metrics"] == next(r["metrics"] for r in mine if r["date"] == "2026-03-02")
        assert single["startTime"] == "2026-03-02T00:00:00.000Z"


def test_events_volume_is_capped(simulate: Any) -> None:
    api = simulate()
    api.sim.workspace.sources.extend(
        {**api.sim.workspace.sources[0], "id": f"s{n}"} for n in range(5000)
    )
    params = {
        "granularity": "DAY",
        "startTime": "2026-03-14",
        "endTime": "2026-03-15",
        "groupBy_0": "source",
    }
    data = api.get("/events/volume", **params, pagination_count=1000).json()["data"]
    assert data["pagination"].get("totalEntries", 5000) == 5000
    assert data["query"]["groupBy"] == ["source"]


def test_generation_is_deterministic_and_open_to_change(simulate: Any) -> None:
    day = datetime(2026, 3, 15, tzinfo=UTC).date()
    assert Workspace.generate("small", 3, day) == Workspace.generate("small", 3, day)
    assert Workspace.generate("small", 3, day) != Workspace.generate("small", 4, day)
    api = simulate()
    ws = api.sim.workspace
    gone = ws.sources.pop(0)
    ws.users.append({"id": "new", "name": "Neu", "email": "neu@example.com"})
    assert api.get(f"/sources/{gone['id']}/settings").status_code == 404
    assert api.get("/users/new/groups").json()["data"]["groups"] == []
    assert all(r["sourceId"] != gone["id"] for r in api.sim.truth("source_connected_destinations"))


def test_bulk(simulate: Any) -> None:
    api = simulate(workspace=Workspace.bulk(users=3000))
    assert sum(len(d["users"]) for d in api.pages("listUsers", {}, 1000)) == 3000
