"""How each operation reads the workspace: a query goes in, all rows (or one object) come out.

Pages are cut elsewhere. An unknown id in the path raises a 404, a wrong parameter a 422.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from simulator import history, traffic
from simulator import usage as usage_rows
from simulator.clock import iso, parse
from simulator.errors import invalid, not_found
from simulator.traffic import Window
from simulator.words import Json
from simulator.workspace import Workspace

# The list in which an id of a path must be found.
_PARENTS = {
    "sourceId": "sources",
    "destinationId": "destinations",
    "destinationConfigId": "destinations",
    "userId": "users",
    "userGroupId": "groups",
    "credentialId": "credentials",
    "functionId": "functions",
    "trackingPlanId": "tracking_plans",
    "modelId": "models",
    "spaceId": "spaces",
    "warehouseId": "warehouses",
}
_OVERVIEW_LABELS = ("eventName", "eventType", "discardReason", "appVersion",
                    "subscriptionId", "activationId", "audienceId", "spaceId")  # fmt: skip
_VOLUME_LABELS = ("eventName", "eventType", "source", "appVersion")
# Longest window and oldest start by granularity.
_Limits = dict[str, tuple[timedelta, timedelta]]
_METRICS_LIMITS: _Limits = {
    "MINUTE": (timedelta(hours=4), timedelta(hours=48)),
    "HOUR": (timedelta(days=7), timedelta(days=7)),
    "DAY": (timedelta(days=14), timedelta(days=14)),
}
_METRICS_START = {
    "MINUTE": timedelta(hours=1),
    "HOUR": timedelta(days=7),
    "DAY": timedelta(days=30),
}
_OVERVIEW_LIMITS: _Limits = {
    "MINUTE": (timedelta(hours=4), timedelta(hours=48)),
    "HOUR": (timedelta(days=14), timedelta(days=30)),
    "DAY": (timedelta(days=30), timedelta(days=30)),
}


@dataclass(frozen=True)
class Query:
    """A request, checked: ids of the path and plain parameters, list parameters, the time."""

    workspace: Workspace
    now: datetime
    params: Mapping[str, str]
    lists: Mapping[str, list[str]] = field(default_factory=dict)

    def known(self, name: str) -> Json:
        """The object of the workspace that a parameter names."""
        found = self.workspace.find(_PARENTS[name], self.params[name])
        if found is None:
            raise not_found()
        return found

    def time(self, name: str) -> datetime | None:
        """A parameter as a time."""
        text = self.params.get(name)
        try:
            return parse(text) if text is not None else None
        except ValueError:
            raise invalid(name, "must be a valid ISO 8601 date") from None

    def labels(self, name: str, allowed: Sequence[str]) -> list[str]:
        """A list parameter, each value one of the allowed."""
        values = self.lists.get(name, [])
        for n, value in enumerate(values):
            if value not in allowed:
                raise invalid(f"{name}.{n}", f"must be one of [{', '.join(allowed)}]")
        return values


Resolver = Callable[[Query], Sequence[Any]]


def top(collection: str) -> Resolver:
    """All of a list of the workspace."""
    return lambda query: getattr(query.workspace, collection)


def below(kind: str, *, strict: bool = False) -> Resolver:
    """The children of the ids in the path; `strict`: an id without an entry is unknown."""

    def rows(query: Query) -> Sequence[Any]:
        return _children(query, kind, [] if not strict else None)  # type: ignore[no-any-return]

    return rows


def single(kind: str) -> Callable[[Query], Any]:
    """The one child of the ids in the path."""
    return lambda query: _children(query, kind, None)


def _children(query: Query, kind: str, missing: Any) -> Any:
    path = {
        name: value for name, value in query.params.items() if name.endswith(("Id", "Name", "Slug"))
    }
    for name in path:
        if name in _PARENTS and not (name == "warehouseId" and "spaceId" in path):
            query.known(name)
    if "audienceId" in path:
        audiences = query.workspace.children["audiences"].get((path["spaceId"],), [])
        if not any(a["id"] == path["audienceId"] for a in audiences):
            raise not_found()
    found = query.workspace.children[kind].get(tuple(path.values()), missing)
    if found is None:
        raise not_found()
    return found


def workspace(query: Query) -> Json:
    """The workspace itself."""
    return query.workspace.workspace


def audit_events(query: Query) -> Sequence[Json]:
    """Audit events of a window."""
    params = query.params
    return history.audit_events(
        query.workspace,
        query.now,
        query.time("startTime"),
        query.time("endTime"),
        params.get("resourceId"),
        params.get("resourceType"),
    )


def credential_consumers(query: Query) -> dict[str, Sequence[Json]]:
    """The two lists of those that use a credential."""
    ws, credential = query.workspace, query.known("credentialId")["id"]
    return {
        "warehouses": ws.pick("warehouses", ws.credential_warehouses.get(credential, [])),
        "sources": ws.pick("sources", ws.credential_sources.get(credential, [])),
    }


def functions(query: Query) -> Sequence[Json]:
    """Functions of one type; ids of insert functions may carry a prefix."""
    kind, prefix = query.params["resourceType"], query.workspace.insert_function_prefix
    found = [f for f in query.workspace.functions if f.get("resourceType") == kind]
    if not kind.startswith("INSERT_"):
        return found
    return [f | {"id": prefix + f["id"]} if "id" in f else f for f in found]


def function_versions(query: Query) -> Sequence[Json]:
    """The versions of a function, by its id as `/functions` lists it."""
    ws, listed = query.workspace, query.params["functionId"]
    inner = listed.removeprefix(ws.insert_function_prefix)
    found = ws.find("functions", inner) or {}
    prefix = ws.insert_function_prefix if found.get("resourceType", "").startswith("INSERT") else ""
    if not found or listed != prefix + inner:
        raise not_found()
    rows: Sequence[Json] = ws.children["function_versions"].get((inner,), [])
    return rows


def group_users(query: Query) -> Sequence[Json]:
    """The members of a group, without their permissions."""
    ws = query.workspace
    members = ws.pick("users", ws.members.get(query.known("userGroupId")["id"], []))
    return [{k: u[k] for k in ("id", "name", "email")} for u in members]


def user_groups(query: Query) -> Sequence[Json]:
    """The groups of a user."""
    ws, user = query.workspace, query.known("userId")["id"]
    mine = [g for g in ws.groups if user in ws.members.get(g["id"], [])]
    return [{k: g[k] for k in ("id", "name")} for g in mine]


def regulations(query: Query) -> Sequence[Json]:
    """Regulations of the last 90 days."""
    return _regulations(query, query.workspace.regulations)


def source_regulations(query: Query) -> Sequence[Json]:
    """Regulations of a source of the last 90 days."""
    return _regulations(
        query,
        query.workspace.children["source_regulations"].get((query.known("sourceId")["id"],), []),
    )


def _regulations(query: Query, rows: Sequence[Json]) -> Sequence[Json]:
    oldest, status = iso(query.now - timedelta(days=90)), query.params.get("status")
    kinds = query.lists.get("regulationTypes")
    return [
        row
        for row in rows
        if row["createdAt"] >= oldest
        and status in (None, row["status"])
        and (not kinds or row["regulationType"] in kinds)
    ]


def source(query: Query) -> Json:
    """A source and the id of its tracking plan."""
    found = query.known("sourceId")
    return {"source": found, "trackingPlanId": query.workspace.plan_of_source.get(found["id"])}


def connected_destinations(query: Query) -> Sequence[Json]:
    """The destinations of a source; `sourceId` of the rows is not surely that source."""
    ws = query.workspace
    return ws.pick("destinations", ws.connected_destinations.get(query.known("sourceId")["id"], []))


def connected_warehouses(query: Query) -> Sequence[Json]:
    """The warehouses that load a source."""
    ws, source_id = query.workspace, query.known("sourceId")["id"]
    return [w for w in ws.warehouses if source_id in ws.warehouse_sources.get(w["id"], [])]


def warehouse_sources(query: Query) -> Sequence[Json]:
    """The sources that a warehouse loads."""
    ws = query.workspace
    return ws.pick("sources", ws.warehouse_sources.get(query.known("warehouseId")["id"], []))


def warehouse_syncs(query: Query) -> Sequence[Json]:
    """The runs of a warehouse."""
    return history.syncs(query.workspace, query.known("warehouseId")["id"], query.now)


def tracking_plans(query: Query) -> Sequence[Json]:
    """Tracking plans, of one type if asked."""
    kind = query.params.get("type")
    return [p for p in query.workspace.tracking_plans if kind in (None, p["type"])]


def plan_sources(query: Query) -> Sequence[Json]:
    """The sources of a tracking plan."""
    ws, plan = query.workspace, query.known("trackingPlanId")["id"]
    return ws.pick("sources", [s for s, p in ws.plan_of_source.items() if p == plan])


def space_filters(query: Query) -> Sequence[Json]:
    """The filters of a space."""
    space = query.params["integrationId"]
    return below("space_filters")(Query(query.workspace, query.now, {"spaceId": space}))


def audiences(query: Query) -> Sequence[Json]:
    """The audiences of a space, with their schedules if asked."""
    rows = below("audiences")(
        Query(query.workspace, query.now, {"spaceId": query.params["spaceId"]})
    )
    if "include" not in query.params:
        return rows
    schedules, space = query.workspace.children["audience_schedules"], query.params["spaceId"]
    return [row | {"schedules": schedules.get((space, row["id"]), [])} for row in rows]


def traits(query: Query) -> Sequence[Json]:
    """The traits of a collection of a space, by default of its users."""
    space, collection = query.known("spaceId")["id"], query.params.get("collection", "users")
    rows: Sequence[Json] = query.workspace.children["traits"].get((space, collection), [])
    return rows


def profiles_sync(query: Query, _rows: Sequence[Any]) -> Json:
    """What stands beside the selective syncs of a profiles warehouse."""
    key = (query.params["spaceId"], query.params["warehouseId"])
    return dict(query.workspace.children["profiles_syncs"].get(key, {}))


def usage(kind: str) -> Resolver:
    """Daily usage of a month."""
    build: Callable[[Workspace, date, date], Sequence[Json]] = getattr(usage_rows, kind)

    def rows(query: Query) -> Sequence[Json]:
        text, today = query.params["period"], query.now.date()
        if not re.fullmatch(r"\d{4}-\d\d-01", text):
            raise invalid("period", "must be the first day of a month, as YYYY-MM-DD")
        try:
            period = date.fromisoformat(text)
        except ValueError:
            raise invalid("period", "must be a valid date") from None
        if period > today:
            raise invalid("period", "must not be in the future")
        return build(query.workspace, period, today)

    return rows


def _window(query: Query, limits: _Limits, start: datetime | None, end: datetime | None) -> Window:
    """A window within the limits of its granularity."""
    granularity = query.params.get("granularity", "MINUTE")
    if start is None or end is None or start >= end:
        raise invalid("startTime", "must be before endTime")
    if granularity in limits:
        longest, oldest = limits[granularity]
        if start < query.now - oldest:
            raise invalid(
                "startTime", f"must not be more than {oldest} ago for granularity {granularity}"
            )
        if end - start > longest:
            raise invalid(
                "endTime", f"must be within {longest} of startTime for granularity {granularity}"
            )
    return Window(start, end, granularity)


def delivery_metrics(query: Query) -> Json:
    """Totals of a destination and one of its sources over a window."""
    ws, destination = query.workspace, query.known("destinationId")
    if destination["id"] not in ws.connected_destinations.get(query.params["sourceId"], []):
        raise not_found()
    granularity = query.params.get("granularity", "MINUTE")
    start = query.time("startTime") or query.now - _METRICS_START[granularity]
    window = _window(query, _METRICS_LIMITS, start, query.time("endTime") or query.now)
    return traffic.summary(ws, query.params["sourceId"], destination, window, query.now)


def overview(kind: str) -> Resolver:
    """One of the six delivery overviews."""

    def rows(query: Query) -> Sequence[Json]:
        source_id, destination_id = query.known("sourceId")["id"], None
        if "destinationConfigId" in query.params:
            destination_id = query.known("destinationConfigId")["id"]
        window = _window(query, _OVERVIEW_LIMITS, query.time("startTime"), query.time("endTime"))
        filters = {
            n.removeprefix("filter."): v for n, v in query.lists.items() if n.startswith("filter.")
        }
        group_by = query.labels("groupBy", _OVERVIEW_LABELS)
        return traffic.overview(
            query.workspace, kind, source_id, destination_id, window, query.now, group_by, filters
        )

    return rows


def overview_total(_query: Query, rows: Sequence[Any]) -> Json:
    """The total beside the dataset of a delivery overview."""
    return {"total": sum(row["total"] for row in rows)}


def events_volume(query: Query) -> Sequence[Json]:
    """Events received, by the labels asked for."""
    window = _window(query, {}, query.time("startTime"), query.time("endTime"))
    filters = {name: values for name, values in query.lists.items() if name != "groupBy"}
    return traffic.volume(
        query.workspace, window, query.now, query.labels("groupBy", _VOLUME_LABELS), filters
    )


def events_volume_query(query: Query, _rows: Sequence[Any]) -> Json:
    """The echo of the request beside the events volume."""
    asked = {"workspaceId": query.workspace.workspace["id"], **query.params, **query.lists}
    return {"path": "/events/volume", "query": asked}
