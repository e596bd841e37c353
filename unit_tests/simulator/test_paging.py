"""Pages, cursors and input errors."""

import json
from typing import Any

import pytest

WINDOW = {"granularity": "DAY", "startTime": "2026-03-10", "endTime": "2026-03-15"}


def refused_field(response: Any) -> str:
    [error] = response.json()["errors"]
    assert (response.status_code, error["type"]) == (422, "input-validation")
    return str(error["field"])


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/destinations", {}, "pagination"),
        ("/sources", {"pagination_count": 1001}, "pagination.count"),
        ("/sources", {"pagination_count": 2, "pagination_cursor": "MA=="}, "pagination.cursor"),
        ("/sources", {"pagination[size]": 2}, "pagination.size"),
        ("/functions", {"resourceType": "OTHER"}, "resourceType"),
        ("/usage/mtu/daily", {"period": "2026-04-01"}, "period"),
        ("/audit-events", {"startTime": "yesterday"}, "startTime"),
        ("/events/volume", {"groupBy_0": "colour", **WINDOW}, "groupBy.0"),
    ],
)
def test_wrong_input_names_the_field(path: str, params: Any, field: str, simulate: Any) -> None:
    assert refused_field(simulate().get(path, **params)) == field


@pytest.mark.parametrize("spelling", ["{}.{}", "{}[{}]", None])
def test_spellings_of_pagination(spelling: str | None, simulate: Any) -> None:
    """The three ways in which the official SDKs write the object `pagination`."""
    api = simulate(size="small")

    def read(path: str, name: str, key: str, **asked: Any) -> list[str]:
        params = {name: json.dumps(asked)}
        if spelling:
            params = {spelling.format(name, k): v for k, v in asked.items()}
        data = api.data(path, **params)
        found, following = [row["id"] for row in data[key]], data[name].get("next")
        return found + (read(path, name, key, **asked | {"cursor": following}) if following else [])

    _, (credential, consumers), *_ = api.sim.workspace.credential_sources.items()
    assert read(f"/credentials/{credential}/consumers", "sourcesPagination", "sources", count=1) == consumers


def test_page_cap_and_page_sizes(simulate: Any) -> None:
    api = simulate(size="small", page_cap=5, pagination_beside_data=True)
    body = api.get("/users", pagination_count=1000).json()
    assert (len(body["data"].pop("users")), body["data"], "next" in body["pagination"]) == (5, {}, True)
    assert api.sim.minimum_requests(["users"]) == {"listUsers": 3}
    api.sim.page_cap = None
    assert len(api.data("/users", pagination_count=1000)["users"]) == 12
    assert [api.sim.minimum_requests(["users"], page_size=n)["listUsers"] for n in (None, 4)] == [1, 3]


def test_cursor_is_bound_to_operation_and_parameters(simulate: Any) -> None:
    api, month = simulate(), {"period": "2026-02-01", "pagination_count": 1}
    cursor = api.data("/usage/mtu/daily", **month)["pagination"]["next"]
    assert {"+", "/", "="} <= set(cursor)
    follow = month | {"pagination_cursor": cursor}
    api.data("/usage/mtu/daily", **follow)
    for path, other in (("mtu", {"period": "2026-01-01"}), ("api-calls", {})):
        assert refused_field(api.get(f"/usage/{path}/daily", **follow | other)) == "pagination.cursor"


def test_deviating_paginations(simulate: Any) -> None:
    api = simulate(size="small")
    ws = api.sim.workspace
    ends = [api.data(f"/{name}")["pagination"] for name in ("sources", "users", "warehouses", "roles", "spaces")]
    assert {repr(end.get("next", "absent")) for end in ends} == {"None", "''", "'absent'"}
    pages = [api.data("/filters", integrationId=space["id"]) for space in ws.spaces]
    assert (pages[0]["pagination"]["current"], pages[0]["pagination"]["next"], pages[1]) == (0, 10, {})
    path = "/reverse-etl-models/{}/subscriptionId/{}/syncs".format(*next(iter(ws.children["sync_statuses"])))
    assert len(api.data(path)["syncStatuses"]) == 10
    assert api.get(path, count=101).status_code == 422
    data = api.data(f"/regulations/sources/{ws.sources[3]['id']}", pagination_count=2)
    assert (data.keys(), len(data["regulations"])) == ({"regulations"}, 2)  # of 3, and no page follows
    assert "pagination" not in api.data("/audit-events", pagination_count=1000)
