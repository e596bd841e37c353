"""`make live` against simulators that behave as assumed, and against others."""

import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from aiohttp import web
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from freezegun import freeze_time

from integration_tests.live import __main__ as live
from integration_tests.live import streams
from integration_tests.live.assumptions import ASSUMPTIONS, verdict
from integration_tests.live.describe import describe
from simulator import Fault, Simulator
from simulator.limits import RateLimit
from source_segment.source import SourceSegment
from unit_tests.connector import Json, configured

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
EMAIL, SECRET = "alice.secret@example.com", "sk_live_9f8e7d6c"
LATER = {4, 12, 16}  # need an earlier run
Change = Callable[[str, dict[str, str], SimpleNamespace], None]


class ChangedSimulator(Simulator):
    """A simulator whose responses are changed by a function of path, query and response."""

    change: Change = staticmethod(lambda path, query, response: None)

    async def respond(self, http: web.BaseRequest) -> web.StreamResponse:
        original: Any = await super().respond(http)
        headers = {name: value for name, value in original.headers.items() if name.startswith(("X-", "Retry"))}
        response = SimpleNamespace(status=original.status, body=json.loads(original.body), headers=headers)
        self.change(http.path, dict(http.query), response)
        return web.json_response(response.body, status=response.status, headers=response.headers)


@contextmanager
def simulator(change: Change | None = None, **options: Any) -> Iterator[ChangedSimulator]:
    """A tiny workspace, in which every assumption of a single run can be tried."""
    sim = ChangedSimulator(size="tiny", now=NOW, rate_limit=RateLimit(600), insert_function_prefix="ifnd_", **options)
    sim.change = change or sim.change
    regulations = sim.workspace.children["source_regulations"]
    regulations |= {(source["id"],): max(regulations.values(), key=len) * 2 for source in sim.workspace.sources}
    sim.workspace.spaces.append(sim.workspace.spaces[0] | {"id": "spaceWithoutFilters"})
    with sim, freeze_time(NOW, tick=True):
        yield sim


def config(sim: Simulator) -> Json:
    return {"api_token": sim.token, "api_url": sim.url, "region": "us", "start_date": "2026-02-01"}


def results(sim: Simulator, numbers: Iterable[int], earlier: Json | None = None) -> tuple[dict[int, str], Json]:
    """The verdicts on assumptions, and what a later run compares; only the streams that they need are built."""
    needed = {"workspace", "sources", "users", "roles", "tracking_plans", "computed_traits"}
    needed |= {name for n in numbers for name in ASSUMPTIONS[n]["streams"]}
    catalog = ConfiguredAirbyteCatalogSerializer.load(configured(needed))
    with mock.patch.object(streams, "SourceSegment", partial(SourceSegment, catalog)):
        workspace = streams.Workspace(config(sim), slow=True, earlier=earlier)
    with workspace.client.watching():
        [workspace.first(name, rows=0) for name in ("users", "computed_traits")]
        return {n: live.tried(verdict, workspace, n)["result"] for n in numbers}, workspace.kept


def planted(value: Any, seen: set[str], key: str = "") -> Any:
    """The value with a secret and an address in each object and text; `seen` collects what is no less private."""
    if isinstance(value, dict):
        return {name: planted(part, seen, name) for name, part in value.items()} | {EMAIL: SECRET}
    if isinstance(value, list):
        return [planted(part, seen, key) for part in value]
    if not isinstance(value, str) or re.fullmatch(r"[\d:.TZ-]*", value):
        return value
    if re.search(r"(?i)id$|slug$", key) or "@" in value:
        seen.add(value)
    return value if re.search(r"(?i)(id|slug|name|type|next)$", key) else f"{value} {SECRET} {EMAIL}"


def test_assumptions_are_confirmed_without_a_value_in_the_report(tmp_path: Path) -> None:
    seen = set[str]()

    def plant(path: str, query: dict[str, str], response: SimpleNamespace) -> None:
        data = response.body.get("data", {})
        data.update({name: planted(part, seen, name) for name, part in data.items() if "agination" not in name})

    with simulator(plant) as sim:
        report = live.run(config(sim), tmp_path, slow=True)
        assert {request.method for request in sim.requests} == {"GET"}
    expected = dict.fromkeys(ASSUMPTIONS, "confirmed") | dict.fromkeys({23, 24, 32} | LATER, "could not be tried")
    assert {n: entry["result"] for n, entry in report["assumptions"].items()} == expected
    assert set(report["standard_tests"].values()) == {"passed"}
    assert report["requests"] <= 200
    assert {entry["result"] for entry in report["streams"].values()} == {"HTTP 200"}
    assert report["streams"]["users"]["unknown_fields"][:2] == ["(masked)", "permissions.(masked)"]
    assert len(seen) > 100
    text = live.table(report) + (tmp_path / "report.json").read_text() + (tmp_path / "hashes.json").read_text()
    for private in {EMAIL, SECRET, sim.token, *(value for value in seen if len(value) > 5)}:
        assert private not in text


def deviate(path: str, query: dict[str, str], response: SimpleNamespace) -> None:  # noqa: C901 - a table
    """Change responses against the assumptions in the comments."""
    data, start = response.body.get("data", {}), query.get("startTime", "")
    rows: list[Any] = next((part for part in data.values() if isinstance(part, list)), [])
    points = [point for row in rows for point in row.get("series", ())] if path == "/events/volume" else []
    match path:
        case "/audit-events":
            rows.reverse()  # 3
            if start < "2026-01-01":
                response.status = 422  # 2
            if start > "2026-02-01":
                rows.clear()  # 1, 35, 36
        case "/usage/api-calls/daily":
            response.status = 422 if query["period"] < "2020" else 200  # 9, 5
            for row in rows:
                row["timestamp"] = row["timestamp"].replace("T00", "T12")  # 8
            del rows[5:6]  # 7
        case "/events/volume":
            response.status = 422 if start < "2025-06" else 200  # 13
            for point in points:
                point["time"] = point["time"].replace("T00", "T12")  # 14
                point["count"] //= 2 if "T12:" in start else 1  # 15
        case "/users":
            rows *= 2 if query["pagination.count"] == "1" else 1  # 18
            data.setdefault("pagination", {})["next"] = "more"  # 19
        case "/sources":
            response.status = 200 if "pagination.cursor" in query else 422 if "pagination.count" not in query else 200
        case "/filters":
            data.setdefault("filters", [])  # 22
        case "/":
            response.headers["X-RateLimit-Reset"] = "1773577800"  # 29
        case _ if path.endswith("/computed-traits"):
            response.headers["X-RateLimit-Remaining"] = "24"  # 30
        case _ if path.startswith("/regulations/sources/"):
            data["pagination"] = {"next": None}  # 21
        case _ if path.endswith("/live-plugins/latest") and response.status == 404:
            response.status, response.body = 200, {"data": {"livePlugin": None}}  # 27


def test_changed_responses_contradict() -> None:
    numbers = {1, 2, 3, 5, 7, 8, 9, 13, 14, 15, 18, 19, 20, 21, 22, 27, 29, 30, 33, 34, 35, 36}
    with simulator(deviate) as sim:
        assert results(sim, numbers)[0] == dict.fromkeys(numbers, "contradicted")


def test_other_behaviours_of_the_simulator_contradict() -> None:
    numbers = {6, 10, 11, 17, 23, 24, 25, 26, 28, 31, 32, 35, 36}
    faults = [
        Fault("status", "getWorkspace", status=429),
        Fault("status", "listSyncsFromWarehouse", status=429, retry_after=1),
    ]
    deny = ["listUsers", "listRoles", "listTrackingPlans"]
    options: Json = {"deny": deny, "refusal_status": 404, "dead_status": 403, "billing_day": 15, "boundary_rows": True}
    with simulator(pagination_beside_data=True, faults=faults, **options) as sim:
        sim.workspace.audit_bounds_inclusive = False
        sim.workspace.insert_function_prefix = ""
        instances = sim.workspace.children["function_instances"]
        for function in sim.workspace.functions:
            if (key := (str(function.get("id")),)) in instances:
                function["id"] = f"ifnd_{function['id']}"
                instances[function["id"],] = instances[key]
        expected = dict.fromkeys(numbers, "contradicted") | {1: "confirmed"}
        assert results(sim, expected)[0] == expected


def test_later_run_compares_the_same_rows() -> None:
    with simulator() as sim:
        first, kept = results(sim, LATER)
        assert set(first.values()) == {"could not be tried"}
        with freeze_time(NOW + timedelta(days=1), tick=True):
            sim.clock.set(NOW + timedelta(days=1))
            sim.access.deny = ["listRoles", "listTrackingPlans"]
            sim.faults.add(Fault("status", "getWorkspace", status=429, retry_after=1))
            assert set(results(sim, {23, 24, 32} | LATER, kept)[0].values()) == {"confirmed"}
            sim.workspace.seed += 1
            assert set(results(sim, LATER, kept)[0].values()) == {"contradicted"}


def test_requests_and_refusals_are_counted() -> None:
    with simulator(deny=["listUserGroups"]) as sim:
        workspace = streams.Workspace(config(sim), max_requests=3)
        with workspace.client.watching():
            names = ("warehouse_syncs", "users", "groups", "roles")
            entries = {name: live.tried(describe, workspace, name) for name in names}
        asked = [request.operation for request in sim.requests]
    assert asked == ["listUsers", "listUsers", "listUserGroups"]
    assert entries["warehouse_syncs"]["seen"] == "limited to two requests a minute: set SLOW=1"
    assert entries["users"]["records"] == 3
    assert (entries["groups"]["result"], entries["groups"]["error_type"]) == ("HTTP 403", "RequestError")
    assert entries["roles"]["seen"] == "all 3 requests were used"


@pytest.mark.parametrize(("hours", "earlier", "kept"), [(19, {}, 1), (21, {"rows": 1}, 2), (300, {}, 2)])
def test_run_compares_with_a_run_of_20_hours_to_10_days_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, earlier: Json, kept: int
) -> None:
    def workspace(*arguments: Any) -> SimpleNamespace:
        assert arguments[-1] == earlier
        return SimpleNamespace(streams={}, kept={"rows": 2}, client=SimpleNamespace(watching=nullcontext, sent=[]))

    monkeypatch.setattr(live, "standard_tests", lambda config: {})
    monkeypatch.setattr(live, "Workspace", workspace)
    path = tmp_path / "hashes.json"
    path.write_text('{"rows": 1}')
    os.utime(path, (0, time.time() - hours * 3600))
    live.run({}, tmp_path)
    assert json.loads(path.read_text()) == {"rows": kept}
