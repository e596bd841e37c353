"""Tokens, plans, refusals and rate limits."""

from __future__ import annotations

import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from simulator import RateLimit
from simulator.streams import STREAMS


def test_token(simulate: Any) -> None:
    api = simulate(revoke_after=1)
    assert api.get("/").json()["data"]["workspace"]["id"] == api.sim.workspace.workspace["id"]
    assert api.get("/").status_code == 401
    api.http.headers["Authorization"] = "Bearer wrong"
    answer = api.get("/")
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"type": "unauthorized", "message": "Unauthorized"}]}


def test_token_of_the_other_region(simulate: Any) -> None:
    for option, status in (("401", 401), ("redirect", 308)):
        api = simulate(other_region=option, other_region_url="http://other.invalid")
        api.http.headers["Authorization"] = f"Bearer {api.sim.other_region_token}"
        answer = api.get("/users", pagination_count=1)
        assert answer.status_code == status
        if status == 308:
            assert answer.headers["Location"] == "http://other.invalid/users?pagination.count=1"


def test_plans(simulate: Any) -> None:
    free, team = simulate(tier="free"), simulate(tier="team", refusal_status=401)
    business = simulate()
    allowed = {
        n: {s for s in STREAMS if api.sim.allows(s)} for n, api in enumerate((free, team, business))
    }
    assert allowed[0] < allowed[1] < allowed[2] == set(STREAMS)
    assert len(allowed[0]) == 10
    answer = free.get("/usage/mtu/daily", period="2026-03-01")
    assert answer.status_code == 403
    assert "Free plan" in answer.json()["errors"][0]["message"]
    assert free.sim.truth("usage_mtu_workspace_daily") == []
    assert team.get("/audit-events").status_code == 401
    assert team.get("/usage/mtu/daily", period="2026-03-01").status_code == 200


def test_deny_operation_and_parent(simulate: Any) -> None:
    api = simulate()
    first = api.sim.workspace.sources[0]["id"]
    api = simulate(deny=["listUsers", f"^/sources/{first}/"])
    assert api.get("/users").status_code == 403
    assert api.get(f"/sources/{first}/settings").status_code == 403
    assert [r["sourceId"] for r in api.sim.truth("source_schema_settings")] == [
        s["id"] for s in api.sim.workspace.sources[1:]
    ]
    assert not api.sim.allows("user_groups")


def test_rate_limit(simulate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    clock = SimpleNamespace(monotonic=lambda: now, time=time.time)
    monkeypatch.setattr("simulator.limits.time", clock)
    api = simulate(rate_limit=RateLimit(3, 3000), time_scale=0.02)
    for n in (1, 2, 3):
        headers = api.get("/roles").headers
        assert (headers["X-RateLimit-Consumed"], headers["X-RateLimit-Remaining"]) == (
            str(n),
            str(3 - n),
        )
        reset, sent = (parsedate_to_datetime(headers[h]) for h in ("X-RateLimit-Reset", "Date"))
        assert timedelta(seconds=30) <= reset - sent <= timedelta(seconds=61)
    answer = api.get("/roles")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert answer.json()["errors"][0]["data"]["msBeforeNext"] == 60_000
    now += 60
    assert api.get("/roles").status_code == 200


def test_own_limits(simulate: Any) -> None:
    api = simulate(own_limits=True)
    path = f"/warehouses/{api.sim.workspace.warehouses[0]['id']}"
    statuses = [api.get(f"{path}/advanced-sync-schedule").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert api.get(f"{path}/syncs").status_code == 200  # each operation has its own
    assert api.get("/roles").status_code == 200


def test_log_and_flight(simulate: Any) -> None:
    api = simulate()
    api.get("/users", pagination_count=2)
    (entry,) = api.sim.requests
    assert (entry.method, entry.path, entry.operation, entry.status) == (
        "GET",
        "/users",
        "listUsers",
        200,
    )
    assert entry.query == [("pagination.count", "2")]
    assert entry.headers["Authorization"] == f"Bearer {api.sim.token}"
    api.sim.reset_log()
    assert not api.sim.requests
