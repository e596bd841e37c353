"""Spaces and what the Unify and Engage operations list below them."""

from simulator.facts import schema
from simulator.objects import Objects
from simulator.samples import ABSENT, Samples
from simulator.values import new_ids

_AWKWARD_IDS = ("space ü/1?#%", "1e5", "true")


def fill(ws: Objects, make: Samples) -> None:
    """Add the spaces; the first has everything, the second no filters, each later one less."""
    special = _AWKWARD_IDS if ws.names.awkward else ()
    for n, space_id in enumerate(new_ids(make.rng, ws.size.spaces, special)):
        name = ws.names.thing("space", n) if n != 1 else ""
        ws.spaces.append({"id": space_id, "slug": f"space-{n}", "name": name})
        parents = {"workspaceId": ws.workspace["id"], "integrationId": space_id}
        filters = make.records("Filter", (23, 0)[n] if n < 2 else n, **parents)
        ws.children["space_filters"][space_id,] = filters
        _add_audiences(ws, make, space_id, ws.size.audiences // (n + 1))
        _add_profile(ws, make, space_id, n)
        _add_profiles_warehouses(ws, make, space_id)


def _add_audiences(ws: Objects, make: Samples, space_id: str, count: int) -> None:
    model = "AudienceSummaryWithAudienceTypeAndLookback"
    # The schedules come only with `include=schedules`.
    fields = {"spaceId": space_id, "schedules": ABSENT}
    names = [ws.names.thing("audience", n) for n in range(count)]
    audiences = [make.record(model, n, name=name, **fields) for n, name in enumerate(names)]
    summary = schema("AudienceSummary")["properties"]
    ws.children["audiences"][space_id,] = audiences
    for n, audience in enumerate(audiences):
        key = (space_id, audience["id"])
        parents = {"spaceId": space_id, "audienceId": audience["id"]}
        ws.children["audience_schedules"][key] = make.records("AudienceSchedule", n % 3)
        ws.children["activations"][key] = make.records(
            "ActivationOutput", (2, 0, 1)[n % 3], workspaceId=ws.workspace["id"], **parents
        )
        connections = make.records("SimpleDestination", (1, 2, 0)[n % 3])
        ws.children["audience_connections"][key] = connections
        ws.children["audience_references"][key] = [
            {name: value for name, value in other.items() if name in summary}
            for other in audiences[n + 1 : n + 1 + n % 3]
        ]
    ws.children["computed_traits"][space_id,] = [
        make.record("ComputedTraitSummary", n, spaceId=space_id, name=name)
        for n, name in enumerate(ws.names.thing("computed trait", k) for k in range(count // 2))
    ]


def _add_profile(ws: Objects, make: Samples, space_id: str, n: int) -> None:
    """Events, traits and entities; two paths may lead to one entity."""
    events = ws.names.events()[: ws.size.events - n]
    ws.children["space_events"][space_id,] = [
        make.record("EventAlpha", 0, name=name, type=kind) for name, kind in sorted(events)
    ]
    properties = ((ws.names.column, "PROPERTY"), ("currency", "PROPERTY"), ("currency", "CONTEXT"))
    for event, _ in events:
        ws.children["event_properties"][space_id, event] = [
            make.record("EventPropertyAlpha", 0, name=name, type=kind, eventName=event) for name, kind in properties
        ]
    for collection, count in (("users", 7), ("accounts", 2)):
        ws.children["traits"][space_id, collection] = [
            make.record("TraitAlpha", k, trait=f"{ws.names.column}_{k}") for k in range(count)
        ]
    slugs = ("account", "haushalt/ü" if ws.names.awkward else "household", "account")[: 3 - n % 3]
    ws.children["entity_paths"][space_id,] = [
        make.record("EntityPathAlpha", k, entitySlug=slug, entityName=slug.title()) for k, slug in enumerate(slugs)
    ]
    for slug in slugs:
        ws.children["entity_properties"][space_id, slug] = [
            make.record("EntityPropertyAlpha", k, name=f"column_{k}") for k in range(4)
        ]


def _add_profiles_warehouses(ws: Objects, make: Samples, space_id: str) -> None:
    """Two warehouses; the first has no tables selected."""
    parents = {"spaceId": space_id, "workspaceId": ws.workspace["id"]}
    warehouses = [
        make.record("ProfilesWarehouseAlpha", k, metadata=metadata, **parents)
        for k, metadata in enumerate(ws.warehouse_catalog[:2])
    ]
    ws.children["profiles_warehouses"][space_id,] = warehouses
    model = "SpaceWarehouseSelectiveSyncItemAlpha"
    for k, warehouse in enumerate(warehouses):
        key = (space_id, warehouse["id"])
        ws.children["profiles_syncs"][key] = {"enableEventTables": True} if k == 0 else {}
        ws.children["profiles_sync_items"][key] = [
            make.record(model, i, collection=f"table_{i}", warehouseId=warehouse["id"]) for i in range(k * 3)
        ]
