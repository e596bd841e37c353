"""The rows of operations that do not just return a stored list: a query in, all rows out.

`paging` cuts the pages; `history`, `traffic` and `usage` compute the series over time. An unknown
id in the path raises a 404, a wrong parameter a 422.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from simulator.clock import iso
from simulator.errors import not_found
from simulator.objects import Objects, Relation
from simulator.query import Query
from simulator.values import Json

Resolver = Callable[[Query], Sequence[Any]]


def below(kind: str, collection: str, *parameters: str) -> Resolver:
    """The children of an object that parameters name, the first one from a list."""

    def rows(query: Query) -> Sequence[Json]:
        found = query.workspace.find(collection, query.params[parameters[0]])
        if found is None:
            raise not_found()
        key = tuple(query.params.get(name, "users") for name in parameters)
        return query.workspace.children[kind].get(key, [])  # type: ignore[no-any-return]

    return rows


def related(relation: str, collection: str, name: str, *fields: str, back: bool = False) -> Resolver:
    """The objects to which a relation leads from an id, or leads `back` from a child.

    `fields` are the fields that the rows have, by default all.
    """

    def rows(query: Query) -> Sequence[Json]:
        ws, own_id = query.workspace, query.known(name)["id"]
        links: Relation = getattr(ws, relation)
        chosen = links.get(own_id, [])
        if back:
            chosen = [parent for parent, children in links.items() if own_id in children]
        found = ws.pick(collection, chosen)
        return [{field: row[field] for field in fields} for row in found] if fields else found

    return rows


def credential_consumers(query: Query) -> dict[str, Sequence[Json]]:
    """The two lists of consumers of a credential."""
    kinds = ("warehouses", "sources")
    return {kind: related(f"credential_{kind}", kind, "credentialId")(query) for kind in kinds}


def _listed(ws: Objects) -> Iterator[tuple[Json, Json]]:
    """Each function, and as `/functions` lists it: ids of insert functions may have a prefix."""
    for function in ws.functions:
        is_insert = function.get("resourceType", "").startswith("INSERT_")
        prefix = ws.insert_function_prefix if is_insert else ""
        yield function, function | ({"id": prefix + function["id"]} if "id" in function else {})


def functions(query: Query) -> Sequence[Json]:
    """Functions of one type."""
    kind = query.params["resourceType"]
    return [row for _, row in _listed(query.workspace) if row.get("resourceType") == kind]


def function_versions(query: Query) -> Sequence[Json]:
    """The versions of a function, by its id as `/functions` lists it."""
    for function, row in _listed(query.workspace):
        if row.get("id") == query.params["functionId"]:
            key = (function["id"],)
            return query.workspace.children["function_versions"].get(key, [])  # type: ignore[no-any-return]
    raise not_found()


def regulations(query: Query) -> Sequence[Json]:
    """Regulations of the last 90 days, of a source if the path names one."""
    rows = query.children("source_regulations") if query.ids else query.workspace.regulations
    oldest = iso(query.now - timedelta(days=90))
    return [row for row in rows if row["createdAt"] >= oldest]


def source(query: Query) -> Json:
    """A source and the id of its tracking plan."""
    found, plans = query.known("sourceId"), query.workspace.plan_sources
    plan = next((plan for plan, sources in plans.items() if found["id"] in sources), None)
    return {"source": found, "trackingPlanId": plan}


def profiles_sync(query: Query, _rows: Sequence[Any]) -> Json:
    """What is beside the selective syncs of a profiles warehouse."""
    key = (query.params["spaceId"], query.params["warehouseId"])
    return dict(query.workspace.children["profiles_syncs"].get(key, {}))
