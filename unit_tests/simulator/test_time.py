"""Series over time: usage, audit events, delivery and events volume."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from simulator.truth import SUMMARY


def month(api: Any, period: str, kind: str = "api-calls") -> list[Any]:
    data = api.data(f"/usage/{kind}/daily", period=period)
    return next(rows for rows in data.values() if isinstance(rows, list))


def test_usage_grows_settles_and_adds_up(simulate: Any) -> None:
    api = simulate(size="small")

    def calls(period: str) -> list[int]:
        return [int(row["apiCalls"]) for row in month(api, period)]

    added = Counter[str]()
    for row in api.sim.truth("usage_api_calls_per_source_daily"):
        added[row["timestamp"]] += row["apiCalls"]
    assert added == {r["timestamp"]: r["apiCalls"] for r in api.sim.truth("usage_api_calls_workspace_daily")}
    running, closed = calls("2026-03-01"), calls("2026-02-01")
    assert (len(running), len(closed)) == (15, 28)
    assert all(a < b for found in (running, closed) for a, b in pairwise(found))
    for day, unsettled in ((1, 3), (4, 0)):
        api.sim.clock.set(datetime(2026, 3, day, 8, tzinfo=UTC))
        pairs = zip(calls("2026-02-01"), closed, strict=True)
        assert [early < late for early, late in pairs] == [False] * (28 - unsettled) + [True] * unsettled
    assert (len(calls("2024-12-01")), len(calls("2025-01-01"))) == (0, 31)  # 14 months are kept


def test_usage_months_overlap(simulate: Any) -> None:
    api = simulate(boundary_rows=True)
    for kind, metric in (("api-calls", "apiCalls"), ("mtu", "identified")):
        last, first = month(api, "2026-02-01", kind)[-1], month(api, "2026-03-01", kind)[0]
        assert last["timestamp"] == first["timestamp"] == "2026-03-01T00:00:00.000Z"
        assert int(last[metric]) > int(first[metric])
    assert last["periodStart"] < first["periodStart"] == last["periodEnd"]
    api = simulate(billing_day=15)
    closed, running = month(api, "2026-02-01", "mtu"), month(api, "2026-03-01", "mtu")
    assert [row["timestamp"][:10] for row in (closed[0], closed[-1])] == ["2026-02-15", "2026-03-14"]
    assert [row["timestamp"][:10] for row in running] == ["2026-03-15"]
    bounds = [closed[0][name] for name in ("periodStart", "periodEnd")]
    assert bounds == [datetime(2026, m, 15, tzinfo=UTC).timestamp() for m in (2, 3)]
    assert len(api.sim.truth("usage_mtu_workspace_daily", "2026-02-20")) == 28 + 1


def test_audit_events(simulate: Any) -> None:
    api = simulate(size="small")
    events = api.sim.truth("audit_events")
    times = [e["timestamp"] for e in events]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) < len(times)
    assert min(times) >= "2025-12-15T12:30:00.000Z"  # 90 days ago
    bound = "2026-03-10T00:00:00.000Z"
    for inclusive in (True, False):
        api.sim.workspace.audit_bounds_inclusive = inclusive
        found = api.data("/audit-events", startTime=bound, endTime="2026-03-11")["events"]
        assert (found[-1]["timestamp"] == bound) == inclusive
        assert api.sim.truth("audit_events", "2026-03-10")[-1]["timestamp"] == bound
    api.sim.workspace.extra_audit_events.append(events[0] | {"id": "late"})
    assert {"late", events[0]["id"]} <= {event["id"] for event in api.sim.truth("audit_events")}
    assert api.sim.minimum_requests(["audit_events"]) == {"listAuditEvents": 1}


def test_delivery_of_days_adds_up_to_the_summary(simulate: Any) -> None:
    api = simulate(size="small")
    daily = api.sim.truth("destination_delivery_metrics_daily")
    assert {row["date"] for row in daily} == {f"2026-03-{day:02d}" for day in range(2, 16)}
    sums: Counter[tuple[str, ...]] = Counter()
    for row in daily:
        for metric in row["metrics"]:
            sums[row["sourceId"], row["destinationId"], metric["metricName"]] += metric["total"]
    whole = [(r["sourceId"], r["destinationId"], r["metrics"]) for r in api.sim.truth(SUMMARY)]
    assert sums == {(s, d, m["metricName"]): m["total"] for s, d, metrics in whole for m in metrics}
    path, pair = f"/destinations/{daily[0]['destinationId']}/delivery-metrics", {"sourceId": daily[0]["sourceId"]}
    assert '"field":"startTime"' in api.get(path, granularity="DAY", **pair).text  # the default is outside the limit


def test_events_volume_has_at_most_5000_rows(simulate: Any) -> None:
    api = simulate()
    window = {"granularity": "DAY", "startTime": "2026-03-14", "endTime": "2026-03-15"}
    sources = api.sim.workspace.sources
    sources.extend({**sources[0], "id": f"s{n}"} for n in range(5000))
    data = api.data("/events/volume", **window, groupBy_0="source", pagination_count=1000)
    assert data["pagination"].get("totalEntries", 5000) == 5000
    assert data["query"]["workspaceId"] == api.sim.workspace.workspace["id"]
    assert api.get("/events/volume", **window, appVersion_0="1.0").status_code == 501
