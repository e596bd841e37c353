"""Tokens, plans, refusals, rate limits, faults and the command line."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from simulator import Fault, RateLimit
from simulator.streams import STREAMS

PATH = "/sources"
CHANGES = {
    "no_data": "{}", "data_null": '{"data": null}', "list_missing": '{"data": {"pagination"',
    "list_null": '"sources": null', "list_object": '"sources": {"0": {"id": "x"}}', "nulls": '"settings": null',
    "extra_fields": '"newField": {"a": [1, null]}', "unknown_enums": '"status": "BRAND_NEW"',
    "half_surrogate": '"name": "Web shop\\ud83d"', "huge_names": '"name": "' + "N" * 100_000,
}  # fmt: skip


def test_token(simulate: Any) -> None:
    api = simulate(revoke_after=1, other_region="redirect", other_region_url="http://eu.invalid")
    assert [api.get("/").status_code for _ in range(2)] == [200, 401]
    assert api.get("/").json() == {"errors": [{"type": "unauthorized", "message": "Unauthorized"}]}
    api.http.headers["Authorization"] = f"Bearer {api.sim.other_region_token}"
    assert api.get("/users", limit=1).headers["Location"] == "http://eu.invalid/users?limit=1"


def test_plans_and_denied_paths(simulate: Any) -> None:
    free, team = simulate(tier="free"), simulate(tier="team", refusal_status=401)
    allowed = [{s for s in STREAMS if api.sim.allows(s)} for api in (free, team, simulate())]
    assert allowed[0] < allowed[1] < allowed[2] == set(STREAMS)
    assert "Free plan" in free.get("/usage/mtu/daily", period="2026-03-01").text
    assert [api.get("/audit-events").status_code for api in (free, team)] == [403, 401]
    first, second = (s["id"] for s in free.sim.workspace.sources)
    api = simulate(deny=["listUsers", f"^/sources/{first}/"])
    assert {api.get(p).status_code for p in ("/users", f"/sources/{first}/settings")} == {403}
    assert [r["sourceId"] for r in api.sim.truth("source_schema_settings")] == [second]
    assert not api.sim.allows("user_groups")  # whose parents are the users


def test_rate_limits(simulate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("simulator.limits.time", SimpleNamespace(monotonic=lambda: now, time=time.time))
    api = simulate(rate_limit=RateLimit(6, 3000), time_scale=0.02, own_limits=True)
    path = f"/warehouses/{api.sim.workspace.warehouses[0]['id']}"
    slow = [f"{path}/advanced-sync-schedule"] * 3
    found = [api.get(p) for p in (*slow, f"{path}/syncs", "/roles", "/roles", "/roles")]
    assert [r.status_code for r in found] == [r.status for r in api.sim.requests] == [200, 200, 429, 200, 200, 200, 429]
    assert [r.headers["X-RateLimit-Remaining"] for r in found[3:6]] == ["2", "1", "0"]
    reset, sent = (parsedate_to_datetime(found[0].headers[h]) for h in ("X-RateLimit-Reset", "Date"))
    assert timedelta(seconds=30) <= reset - sent <= timedelta(seconds=61)
    assert found[-1].headers["Retry-After"] == "60"
    assert '"msBeforeNext":60000' in found[-1].text
    now += 60
    assert api.get("/roles").status_code == 200


def test_unusable_port(simulate: Any) -> None:
    for port in (simulate().sim.url.rpartition(":")[2], "80000"):
        command = [sys.executable, "-m", "simulator", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, f"error: port {port} cannot be used" in ended.stderr) == (2, True)


def test_faults_that_replace_responses(simulate: Any) -> None:
    kinds = ("reset", "truncated", "stall", "slow", "not_json", "wrong_type", "redirect", "echo_auth")
    options: dict[str, Any] = {"delay": 0.05, "url": "http://elsewhere.invalid/", "body": '{"data": NaN}'}
    api = simulate(faults=[Fault(kind, after=n, **options) for n, kind in enumerate(kinds)])
    for _ in range(3):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            api.get(PATH)
    assert api.get(PATH).elapsed.total_seconds() > 0.05
    assert api.get(PATH).text == options["body"]
    assert [api.get(PATH).headers.get(h) for h in ("Content-Type", "Location")] == ["text/html", options["url"]]
    assert api.sim.token in api.get(PATH).text
    api.sim.faults.clear()
    api.sim.faults.add(Fault("status", status=502), Fault("status", PATH, after=1, status=503, retry_after=7))
    api.sim.faults.add(*(Fault("status", "listSources", after=n, status=429, details=n == 2) for n in (2, 3)))
    found = [api.get(PATH) for _ in range(5)]
    assert [r.status_code for r in found] == [502, 503, 429, 429, 200]
    assert (found[0].text[:6], found[1].headers["Retry-After"]) == ("<html>", "7")
    assert ["msBeforeNext" in r.text for r in found[2:4]] == [True, False]
    with pytest.raises(ValueError, match="unknown kind"):
        Fault("nonsense")


@pytest.mark.parametrize("kind", CHANGES)
def test_faults_that_change_data(kind: str, simulate: Any) -> None:
    api = simulate(faults=[Fault(kind)])
    assert [CHANGES[kind] in json.dumps(api.get(PATH).json()) for _ in range(2)] == [True, False]


def test_faults_that_disturb_pages(simulate: Any) -> None:
    api = simulate(size="small")
    every = [user["id"] for user in api.sim.workspace.users]

    def read(kind: str, page: int | None = 2) -> list[str]:
        api.sim.faults[:] = [Fault(kind, "listUsers", page=page, times=1 if page else None)]
        return [user["id"] for data in api.pages("listUsers", {}, 5) for user in data["users"]]

    assert read("odd_cursor", page=None) == read("empty_page_with_next") == every
    assert read("repeat_cursor") == every[:10] + every[5:]
    assert (read("row_shift"), read("row_gone")) == (every[:5] + every[4:], every[:5] + every[6:])
    with pytest.raises(AssertionError, match="has expired"):
        read("expired_cursor")
