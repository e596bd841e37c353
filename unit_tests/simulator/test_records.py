"""The records of all streams: true, valid, and as live workspaces send them."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from simulator import Workspace
from simulator.clock import parse
from simulator.facts import schema
from simulator.partitions import Span
from simulator.streams import STREAMS
from simulator.truth import SUMMARY, Truth, emitted

pytestmark = pytest.mark.slow

START = "2025-12-10"
checker = FormatChecker(formats=())
checker.checks("date-time", raises=ValueError)(lambda text: text is None or bool(parse(text)))


@pytest.mark.parametrize("size", ["empty", "tiny", "small"])
def test_pages_yield_the_truth_with_the_least_requests(size: str, simulate: Any) -> None:
    """Read all streams page by page; rows are valid by the facts of the API."""
    api = simulate(size=size, awkward=size == "small")
    span = Span(parse(START), api.sim.clock.now())
    truth = Truth(api.sim.workspace, api.sim.access, span.now, span.start)
    for stream in STREAMS.values():
        api.sim.reset_log()
        found, key = [], stream.list_key or stream.api.key
        model = schema("WarehouseV1" if stream.list_key == "warehouses" else stream.api.model)
        validator = Draft7Validator(model, format_checker=checker)
        for params in stream.requests.params(truth.records, span):
            added = {name: params[name] for name in stream.added}
            if stream.name == SUMMARY:
                del added["startTime"], added["endTime"]
            for data in api.pages(stream.operation, params, 7, stream.list_key or ""):
                rows = data if key is None else data.get(key, [])
                rows = rows if isinstance(rows, list) else [rows]
                assert all(validator.is_valid(row) for row in rows), stream.name
                beside = {name: data[name] for name in stream.beside if name in data}
                shaped = [r for row in rows for r in (stream.shape(row) if stream.shape else [row])]
                kept = [r for r in shaped if not stream.since or r[stream.since] >= START]
                found += [emitted(r | added | beside, stream.may_lack) for r in kept]
        assert found == truth.records(stream.name), stream.name
        assert found or size != "small", stream.name
        assert len(api.sim.requests) == truth.requests([stream.name], 7).get(stream.operation, 0), stream.name


def test_values_of_live_workspaces(simulate: Any) -> None:
    api = simulate(size="small")
    ws = api.sim.workspace
    assert all({row.get("name", None) for row in rows} >= {"", None} for rows in (ws.sources, ws.destinations))
    raw = [rule["deprecatedAt"] for rules in ws.children["rules"].values() for rule in rules]
    assert raw.count("0001-01-01T00:00:00.000Z") > 20
    assert "resourceSchemaId" in ws.tracking_plans[0]
    assert "workspaceId" in ws.transformations[0]
    rules = api.sim.truth("tracking_plan_rules")
    assert {r["type"] for r in rules if r["key"] == ""} == {"COMMON", "GROUP", "IDENTIFY"}
    assert {r["type"] for r in rules if r["key"] != ""} == {"PAGE", "SCREEN", "TRACK"}
    assert {r.get("deprecatedAt") for r in rules} == {None, "2025-06-01T00:00:00.000Z"}
    assert not any(v is None for name in STREAMS for r in api.sim.truth(name) for v in r.values())
    assert [f["id"] for f in api.sim.truth("functions")].count("") == 1
    labels = {(r["eventName"], r["eventType"]) for r in api.sim.truth("events_volume")}
    assert {("", "PAGE"), ("", "IDENTIFY"), ("Legacy Import", "")} < labels
    ws.users[0]["name"] = "Launch \ud83d"
    assert api.sim.truth("users")[0]["name"] == "Launch \ufffd"
    assert '"name": "Launch \\ud83d"' in api.get("/users").text


def test_insert_function_prefix(simulate: Any) -> None:
    api = simulate(size="small", insert_function_prefix="ifnd_")
    kinds = {f["id"]: f["resourceType"] for f in api.sim.truth("functions")}
    assert all(i.startswith("ifnd_") == k.startswith("INSERT_") for i, k in kinds.items())
    listed = next(i for i in kinds if i.startswith("ifnd_"))
    inner, path = listed.removeprefix("ifnd_"), "/insert-function-instances"
    assert [api.get(path, functionId=i).status_code for i in (listed, inner)] == [404, 200]
    assert [api.get(f"/functions/{i}/versions").status_code for i in (listed, inner)] == [200, 404]
    assert {r["functionId"] for r in api.sim.truth("insert_function_instances")} <= kinds.keys()


def test_names_are_plausible_or_awkward(simulate: Any) -> None:
    plain, awkward = (simulate(size="small", awkward=a).sim for a in (False, True))
    assert re.fullmatch(r"\w+", "".join(r["id"] for r in plain.workspace.sources), re.ASCII)
    assert "slash/ü" in {r["id"] for r in awkward.workspace.users}
    assert all(str(plain.truth(name)).isascii() for name in ("sources", "users", "audit_events"))
    stream = "usage_api_calls_per_source_daily"
    most = [max(row["apiCalls"] for row in s.truth(stream)) for s in (plain, awkward)]
    assert most[0] < 10**9 < 2**53 < most[1]
    metrics = [m for r in plain.truth(SUMMARY) for m in r["metrics"]]
    total = sum((Counter({m["metricName"]: m["total"]}) for m in metrics), Counter[str]())
    assert 0.001 < (total["discarded"] + total["expired"]) / total["successes"] < 0.03


def test_workspaces_are_deterministic_and_open_to_change(simulate: Any) -> None:
    first, second = (Workspace.generate("small", 3, date(2026, 3, 15)) for _ in range(2))
    assert first == second != Workspace.generate("small", 4, date(2026, 3, 15))
    api = simulate(workspace=Workspace.bulk(users=30))
    gone = api.sim.workspace.sources.pop(0)["id"]
    assert api.get(f"/sources/{gone}/settings").status_code == 404
    assert api.data("/users/user000000029/groups")["groups"] == []
    assert all(r["sourceId"] != gone for r in api.sim.truth("source_connected_destinations"))
