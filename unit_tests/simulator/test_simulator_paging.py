"""Pages, cursors and input errors."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from simulator import Fault

DAY = {"granularity": "DAY", "startTime": "2026-03-10", "endTime": "2026-03-15"}


def _field(answer: Any) -> str:
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["type"] == "input-validation"
    return error["field"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/destinations", {}, "pagination"),
        ("/catalog/destinations", {}, "pagination"),
        ("/sources", {"pagination_count": 0}, "pagination.count"),
        ("/sources", {"pagination_count": 1001}, "pagination.count"),
        ("/sources", {"pagination_count": "two"}, "pagination.count"),
        ("/sources", {"pagination_cursor": "MA=="}, "pagination.count"),
        ("/sources", {"pagination_count": 2, "pagination_cursor": "MA=="}, "pagination.cursor"),
        ("/sources", {"pagination[count]": 0}, "pagination.count"),
        ("/sources", {"pagination[size]": 2}, "pagination.size"),
        ("/sources", {"pagination": "2"}, "pagination"),
        ("/sources", {"count[count]": 2}, "count[count]"),
        ("/sources", {"limit": 2}, "limit"),
        ("/labels", {"pagination_count": 2}, "pagination.count"),
        ("/functions", {}, "resourceType"),
        ("/functions", {"resourceType": "OTHER"}, "resourceType"),
        ("/usage/mtu/daily", {}, "period"),
        ("/usage/mtu/daily", {"period": "2026-03-02"}, "period"),
        ("/usage/mtu/daily", {"period": "2026-13-01"}, "period"),
        ("/usage/mtu/daily", {"period": "2026-04-01"}, "period"),
        ("/audit-events", {"startTime": "yesterday"}, "startTime"),
        ("/events/volume", {"granularity": "DAY", "startTime": "2026-03-01"}, "endTime"),
        ("/events/volume", DAY | {"groupBy": "source"}, "groupBy"),
        ("/events/volume", DAY | {"groupBy_0": "colour"}, "groupBy.0"),
        ("/regulations", {"status": "DONE"}, "status"),
    ],
)
def test_wrong_input_names_the_field(path: str, params: Any, field: str, simulate: Any) -> None:
    assert _field(simulate().get(path, **params)) == field


@pytest.mark.parametrize(
    ("granularity", "start", "end", "field"),
    [
        ("DAY", "2026-03-01T12:30:00Z", "2026-03-15T12:30:00Z", None),
        ("DAY", "2026-03-01T12:29:59Z", "2026-03-02T00:00:00Z", "startTime"),
        ("DAY", "2026-03-02T00:00:00Z", "2026-03-16T00:00:01Z", "endTime"),
        ("DAY", None, None, "startTime"),  # the default start is outside the limit
        ("HOUR", None, None, None),
        ("MINUTE", "2026-03-15T06:00:00Z", "2026-03-15T10:00:01Z", "endTime"),
        (None, None, None, None),
    ],
)
def test_delivery_metrics_windows(
    granularity: Any, start: Any, end: Any, field: Any, simulate: Any
) -> None:
    api = simulate()
    pair = api.sim.truth("source_connected_destinations")[0]
    params = {
        "sourceId": pair["sourceId"],
        "granularity": granularity,
        "startTime": start,
        "endTime": end,
    }
    answer = api.get(
        f"/destinations/{pair['id']}/delivery-metrics", **{k: v for k, v in params.items() if v}
    )
    assert (answer.status_code == 200) if field is None else (_field(answer) == field)


def test_cursor_is_bound_to_operation_and_parameters(simulate: Any) -> None:
    api = simulate(size="small")
    data = api.get("/sources", pagination_count=2).json()["data"]
    cursor = data["pagination"]["next"]
    assert {"+", "/", "="} <= set(cursor)
    follow = {"pagination_count": 2, "pagination_cursor": cursor}
    assert api.get("/sources", **follow).json()["data"]["sources"] != data["sources"]
    assert _field(api.get("/users", **follow)) == "pagination.cursor"
    raw = api.http.get(f"{api.sim.url}/sources?pagination.count=2&pagination.cursor={cursor}")
    assert raw.status_code == 422  # a plus sign that is not encoded is a space
    plan = {"pagination_count": 1, "type": "LIVE"}
    cursor = api.get("/tracking-plans", **plan).json()["data"]["pagination"]["next"]
    assert api.get("/tracking-plans", **plan, pagination_cursor=cursor).status_code == 200
    assert (
        api.get("/tracking-plans", pagination_count=1, pagination_cursor=cursor).status_code == 422
    )


@pytest.mark.parametrize("spelling", ["{}.{}", "{}[{}]", None])
def test_spellings_of_pagination(spelling: str | None, simulate: Any) -> None:
    """The three ways in which the official SDKs write the object `pagination`."""
    api = simulate(size="small")
    credential = api.sim.workspace.credentials[1]["id"]

    def read(path: str, name: str, key: str, **asked: Any) -> list[str]:
        params = {name: json.dumps(asked)}
        if spelling:
            params = {spelling.format(name, k): v for k, v in asked.items()}
        data = api.get(path, **params).json()["data"]
        found = [row["id"] for row in data[key]]
        following = data[name].get("next")
        return found + (
            read(path, name, key, **(asked | {"cursor": following})) if following else []
        )

    assert read("/users", "pagination", "users", count=5) == [
        user["id"] for user in api.sim.workspace.users
    ]
    path, wanted = f"/credentials/{credential}/consumers", api.sim.workspace.credential_sources
    assert read(path, "sourcesPagination", "sources", count=1) == wanted[credential]


def test_page_cap_shortens_pages(simulate: Any) -> None:
    api = simulate(size="small", page_cap=5)
    sizes = [len(data["users"]) for data in api.pages("listUsers", {}, 1000)]
    assert sizes == [5, 5, 2]
    assert api.sim.minimum_requests(["users"]) == {"listUsers": 3}
    api.sim.page_cap = None
    assert [len(data["users"]) for data in api.pages("listUsers", {}, 1000)] == [12]
    assert api.sim.minimum_requests(["users"]) == {"listUsers": 1}
    assert api.sim.minimum_requests(["users"], page_size=4) == {"listUsers": 3}


def test_last_pages_vary(simulate: Any) -> None:
    api, seen = simulate(), set()
    for path in (
        "/sources",
        "/users",
        "/warehouses",
        "/roles",
        "/spaces",
        "/credentials",
        "/invites",
    ):
        pagination = api.get(path, pagination_count=100).json()["data"]["pagination"]
        seen.add(repr(pagination.get("next", "absent")))
    assert seen == {"None", "''", "'absent'"}


def test_deviating_pagings(simulate: Any) -> None:
    api = simulate(size="small")
    space = api.sim.workspace.spaces[0]["id"]
    data = api.get("/filters", integrationId=space).json()["data"]
    assert len(data["filters"]) == 10
    assert data["pagination"]["next"] == 10
    without = api.sim.workspace.spaces[1]["id"]
    assert api.get("/filters", integrationId=without).json()["data"] == {}
    model, subscription = next(iter(api.sim.workspace.children["sync_statuses"]))
    path = f"/reverse-etl-models/{model}/subscriptionId/{subscription}/syncs"
    assert len(api.get(path).json()["data"]["syncStatuses"]) == 10
    assert api.get(path, count=101).status_code == 422
    source = api.sim.workspace.sources[3]["id"]
    for count, listed in ((2, 2), (1000, 3)):  # and no page follows
        path = f"/regulations/sources/{quote(source)}"
        data = api.get(path, pagination_count=count).json()["data"]
        assert data.keys() == {"regulations"}
        assert len(data["regulations"]) == listed
    assert api.get(f"/spaces/{quote(space)}/audiences", pagination_count=201).status_code == 422
    assert "pagination" not in api.get("/audit-events", pagination_count=1000).json()["data"]


def test_shifted_rows(simulate: Any) -> None:
    for kind, step in (("row_shift", -1), ("row_gone", 1)):
        api = simulate(size="small", faults=[Fault(kind, "listUsers", page=2)])
        every = [u["id"] for u in api.sim.workspace.users]
        pages = [[u["id"] for u in d["users"]] for d in api.pages("listUsers", {}, 4)]
        rest = every[4 + step :]
        assert pages[:3] == [every[:4], rest[:4], rest[4:8]]
        assert [u for page in pages for u in page] == every[:4] + rest


def test_paths_are_matched_raw(simulate: Any) -> None:
    api = simulate(size="small")
    for source in api.sim.workspace.sources:
        path = f"/sources/{quote(source['id'], safe='')}"
        assert api.get(path).json()["data"]["source"]["id"] == source["id"]
        assert re.fullmatch(r"/sources/[\w%.-]+", api.sim.requests[-1].raw_path.rstrip("?"))
        assert api.sim.requests[-1].path == f"/sources/{source['id']}"
    assert api.get("/sources/nobody").status_code == 404
    assert api.get("/nothing/here").status_code == 404
