"""The simulator's table and answers agree with the facts of the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from simulator.clock import parse
from simulator.endpoints import BY_NAME, ENDPOINTS
from simulator.streams import PARTITIONS, STREAMS, Span
from simulator.truth import SUMMARY, emitted

START = "2025-12-10"
checker = FormatChecker(formats=())
checker.checks("date-time", raises=ValueError)(
    lambda text: not isinstance(text, str) or bool(parse(text))
)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.name)
def test_table(endpoint: Any, facts: Any) -> None:
    fact = facts[endpoint.name]
    paths = [re.sub(r"\{\w+\}", "{}", path) for path in (endpoint.path, fact["path"])]
    assert paths[0] == paths[1]
    assert (endpoint.limit or "default") == fact["rate_limit_per_minute"]
    paging = {p["name"]: p for p in fact["query_params"] if p["name"].endswith(("count", "cursor"))}
    assert (endpoint.paging == "none") == (not paging)
    for name, param in paging.items():
        assert not name.endswith("count") or param["max"] == endpoint.max_count
    mine = {p.name: p for p in endpoint.params}
    theirs = {p["name"]: p for p in fact["query_params"] if p["name"] not in paging}
    assert mine.keys() == theirs.keys()
    for name, param in theirs.items():
        assert mine[name].required == param["required"]
        assert mine[name].many == param["type"].startswith("array")
        if "enum" in param:
            assert set(mine[name].values) == set(param["enum"])
    if endpoint.paging not in ("none", "first"):
        optional = fact["response_pagination"] == "optional" and endpoint.paging != "flat"
        assert endpoint.pagination_optional == optional
    if endpoint.key:
        required = {r["key"]: r.get("required", True) for r in fact["records"]}
        assert endpoint.list_optional != required[endpoint.key]


@pytest.mark.parametrize("size", ["tiny", "small", "empty"])
def test_every_stream_is_true_and_valid(size: str, simulate: Any, facts: Any, schemas: Any) -> None:
    """Crawl all streams: records equal the truth, requests the minimum, models the facts."""
    api = simulate(size=size)
    span = Span(parse(START), api.sim.clock.now())
    for stream in STREAMS.values():
        api.sim.reset_log()
        endpoint, found = BY_NAME[stream.operation], []
        key = stream.prefix or endpoint.key
        for params in PARTITIONS[stream.partition].params(lambda n: api.sim.truth(n, START), span):
            added = {name: params[name] for name in stream.added}
            if stream.name == SUMMARY:
                del added["startTime"], added["endTime"]
            for data in api.pages(stream.operation, params, 7, stream.prefix or ""):
                if key and endpoint.list_optional:
                    data.setdefault(key, [])
                rows = [data] if key is None else data[key]
                rows = rows if isinstance(rows, list) else [rows]
                _judge(facts[stream.operation], schemas, key, data, rows)
                beside = {name: data[name] for name in stream.beside if name in data}
                shaped = [r for row in rows for r in (stream.shape(row) if stream.shape else [row])]
                kept = [r for r in shaped if not stream.since or r[stream.since] >= START]
                found += [emitted(r | added | beside, stream.may_lack) for r in kept]
        assert found == api.sim.truth(stream.name, START), stream.name
        assert found or size != "small", stream.name
        parents = {STREAMS[p].operation for p in PARTITIONS[stream.partition].parents}
        minimum = api.sim.minimum_requests([stream.name], START, page_size=7)
        assert stream.operation not in parents
        assert len(api.sim.requests) == minimum.get(stream.operation, 0), stream.name


def _judge(fact: Any, schemas: Any, key: str | None, data: Any, rows: list[Any]) -> None:
    """An answer has the fields that the facts require, its rows are valid."""
    assert {r["key"] for r in fact["records"] if r["required"]} <= data.keys()
    model = next((r["model"] for r in fact["records"] if r["key"] == key), fact["data_model"])
    schema = {"type": "string"} if model == "string" else schemas.get(model, {})
    assert schema or model == "GetConnectionStateFromWarehouseV1Output", model
    validator = Draft7Validator(schema, format_checker=checker)
    for row in rows:
        assert not list(validator.iter_errors(row)), row
    for name in (n for n in data if n.lower().endswith("pagination")):
        if not isinstance(data[name]["current"], int):
            Draft7Validator(schemas["PaginationOutput"]).validate(data[name])


def test_records_are_as_emitted(simulate: Any) -> None:
    """No null at the top, no null in a key, no zero time, no half of a surrogate pair."""
    api = simulate(size="small")
    raw, rules = [], api.sim.truth("tracking_plan_rules")
    for plan in api.sim.workspace.tracking_plans:
        path = f"/tracking-plans/{plan['id']}/rules"
        raw += api.get(path, pagination_count=1000).json()["data"]["rules"]
    assert {r["type"] for r in raw} == {"COMMON", "GROUP", "IDENTIFY", "PAGE", "SCREEN", "TRACK"}
    assert [r["key"] for r in rules] == [r.get("key", "") for r in raw]
    zero = [r["deprecatedAt"].startswith("0001-01-01T00:00:00") for r in raw]
    assert any(zero)
    assert not all(zero)
    assert ["deprecatedAt" not in r for r in rules] == zero
    assert [f["id"] for f in api.sim.truth("functions")].count("") == 1
    assert all(v["functionId"] for v in api.sim.truth("function_versions"))
    labels = {(r["eventName"], r["eventType"]) for r in api.sim.truth("events_volume")}
    assert {("", "PAGE"), ("", "IDENTIFY"), ("Legacy Import", "")} < labels
    assert all("finishedAt" not in r or r["finishedAt"] for r in api.sim.truth("regulations"))
    api.sim.workspace.users[0]["name"] = "Launch \ud83d"
    assert api.sim.truth("users")[0]["name"] == "Launch \ufffd"
    assert '"name": "Launch \\ud83d"' in api.get("/users", pagination_count=1).text


def test_insert_function_prefix(simulate: Any) -> None:
    api = simulate(size="small", insert_function_prefix="ifnd_")
    found = api.sim.truth("functions")
    for row in found:
        assert row["id"].startswith("ifnd_") == row["resourceType"].startswith("INSERT_")
    listed = next(row["id"] for row in found if row["resourceType"].startswith("INSERT_"))
    inner = listed.removeprefix("ifnd_")
    path = "/insert-function-instances"
    assert api.get(path, functionId=listed).status_code == 404
    assert api.get(path, functionId=inner).status_code == 200
    assert api.get(f"/functions/{listed}/versions").status_code == 200
    assert api.get(f"/functions/{inner}/versions").status_code == 404
    assert {r["functionId"] for r in api.sim.truth("insert_function_instances")} <= {
        row["id"] for row in found
    }


def test_pagination_beside_data(simulate: Any) -> None:
    answer = simulate(pagination_beside_data=True).get("/users", pagination_count=2).json()
    assert answer.keys() == {"data", "pagination"}
    assert answer["data"].keys() == {"users"}
    assert answer["pagination"]["next"]


def test_awkward_ids_are_all_there(simulate: Any) -> None:
    ws = simulate(size="small").sim.workspace
    for rows in (ws.sources, ws.destinations, ws.users):
        assert {"007", "1e5", "true", "2024-01-01"} <= {r["id"] for r in rows}
    everywhere = "".join(r["id"] for r in ws.sources + ws.destinations + ws.users + ws.spaces)
    assert set(" %#?/ü") <= set(everywhere)
