"""Catalogs, sources, destinations and warehouses, what belongs to each, how they are connected."""

from simulator.objects import Objects
from simulator.samples import ABSENT, Samples
from simulator.values import AWKWARD_IDS, Json, new_id, new_ids, secret

_HUGE_SOURCE, _HUGE_CALLS = "007", 4 * 10**14  # counts that no float represents exactly
_SCHEDULES: tuple[Json, ...] = (
    {"strategy": "PERIODIC", "config": {"interval": "3h"}},
    {"strategy": "SPECIFIC_DAYS", "config": {"days": [1], "hours": [6], "timezone": "Asia/Tokyo"}},
    {"strategy": "CRON", "config": {"spec": "0 4 * * *", "timezone": "UTC"}},
    {"strategy": "DBT_CLOUD", "config": {"jobId": "42", "accountId": "7"}},
    {"strategy": "MANUAL"},
)


def fill(ws: Objects, make: Samples) -> None:
    """Add all of it."""
    for kind in ("source", "destination", "warehouse"):
        catalog, count = getattr(ws, f"{kind}_catalog"), getattr(ws.size, f"{kind}_catalog")
        for n in range(count):
            name = ws.names.thing(f"{kind} integration", n)
            slug = "-".join(name.lower().replace("(", "").replace(")", "").split())
            about = {"name": name, "slug": slug, "description": f"{name} as a {kind}."}
            catalog.append(make.record(f"{kind.title()}MetadataV1", n, **about))
    special = AWKWARD_IDS if ws.names.awkward else ()
    for n, source_id in enumerate(new_ids(make.rng, ws.size.sources, special)):
        _add_source(ws, make, n, source_id)
    for n, destination_id in enumerate(new_ids(make.rng, ws.size.destinations, special)):
        _add_destination(ws, make, n, destination_id)
    if len(ws.destinations) > 4:  # the API lists a destination again for another source
        ws.destinations.append(ws.destinations[1] | {"sourceId": ws.sources[2]["id"]})
    for n in range(ws.size.warehouses):
        _add_warehouse(ws, make, n, new_id(make.rng, "wh"))
    for n in range(len(ws.warehouses) + 1 if ws.warehouses else 0):
        credential = make.record("CredentialV1", n, workspaceId=ws.workspace["id"])
        ws.credentials.append(credential)
        consumers = [s["id"] for s in ws.sources[n::3]][: 4 * (n % 3)]
        ws.credential_sources[credential["id"]] = consumers
        ws.credential_warehouses[credential["id"]] = [w["id"] for w in ws.warehouses[:n]][:30]
    for n in range(len(ws.sources)):
        _add_transformation(ws, make, n)
    _add_reverse_etl(ws, make)


def _name(ws: Objects, kind: str, n: int, every: int) -> str:
    """A name; of `every` things, one has no name and one an empty name."""
    if n % every == every - 1:
        return ABSENT  # type: ignore[no-any-return]
    return "" if n % every == every // 2 else ws.names.thing(kind, n)


def _add_source(ws: Objects, make: Samples, n: int, source_id: str) -> None:
    slug = "".join(c if c.isalnum() else "_" for c in ws.names.thing("source", n).lower())
    ws.sources.append(make.record(
        "SourceV1", n, id=source_id, slug=slug, name=_name(ws, "source", n, 6),
        metadata=ws.source_catalog[n % len(ws.source_catalog)], workspaceId=ws.workspace["id"],
        enabled=n % 5 != 3, settings=make.settings() if n % 2 == 0 else ABSENT,
        writeKeys=[secret(make.rng, "wk") for _ in range(n % 3)], labels=ws.labels[: n % 3],
    ))  # fmt: skip
    typical = int(2_400_000 / (n + 1) ** 1.3 * make.rng.uniform(0.7, 1.3)) // 100 * 100
    ws.calls_per_day[source_id] = _HUGE_CALLS if source_id == _HUGE_SOURCE else typical
    forwarded = {"forwardingViolationsTo": ws.sources[0]["id"]} if n else {}
    settings = make.record("ListSchemaSettingsInSourceV1Output", n, sourceId=source_id)
    settings["settings"] = settings["settings"] | forwarded if n % 4 != 3 else {}
    ws.children["schema_settings"][source_id,] = settings
    if n % 3 == 0:
        plugin = make.record("LivePluginsAlpha", n, sourceId=source_id)
        ws.children["live_plugins"][source_id,] = plugin


def _add_destination(ws: Objects, make: Samples, n: int, destination_id: str) -> None:
    """Every fourth destination has several sources."""
    number = 3 if n % 4 == 1 else 1
    connected = [ws.sources[(n + k) % len(ws.sources)]["id"] for k in range(number)]
    ws.destinations.append(make.record(
        "DestinationV1", n, id=destination_id, name=_name(ws, "destination", n, 5),
        metadata=ws.destination_catalog[n // 2 % len(ws.destination_catalog)],
        sourceId=connected[0], enabled=n % 4 != 2, settings=make.settings() if n % 6 != 5 else {},
    ))  # fmt: skip
    for source_id in dict.fromkeys(connected):
        ws.connected_destinations.setdefault(source_id, []).append(destination_id)
    ws.children["destination_filters"][destination_id,] = make.records(
        "DestinationFilterV1", n % 4, destinationId=destination_id, sourceId=connected[0]
    )
    ws.children["subscriptions"][destination_id,] = [make.record(
        "DestinationSubscription", k, destinationId=destination_id, enabled=k == 0,
        name=f"Send {ws.names.events()[k][0]}" if k != 1 else "", modelId=ABSENT,
        settings={"event": {"@path": "$.event"}, "n": k} if k != 1 else {},
        reverseETLSchedule=ABSENT,
    ) for k in range((2, 0, 1, 3)[n % 4])]  # fmt: skip


def _add_warehouse(ws: Objects, make: Samples, n: int, warehouse_id: str) -> None:
    name = ws.names.thing("warehouse", n) if n % 4 != 2 else ""
    ws.warehouses.append(make.record(
        "WarehouseV1", n, id=warehouse_id, workspaceId=ws.workspace["id"], enabled=n % 3 != 2,
        metadata=ws.warehouse_catalog[n % len(ws.warehouse_catalog)],
        settings={"name": name, **make.settings()} if n % 4 != 3 else {"name": None},
    ))  # fmt: skip
    connected = [s["id"] for k, s in enumerate(ws.sources) if (k + n) % 3 != 2][:6]
    ws.warehouse_sources[warehouse_id] = connected
    for source_id in connected:
        collections = ("tracks", "identifies", f"order_{ws.names.column}")[: 1 + n % 3]
        parents = {"warehouseId": warehouse_id, "sourceId": source_id}
        ws.children["selective_syncs"][warehouse_id, source_id] = [
            make.record("WarehouseSelectiveSyncItemV1", k, collection=collection, **parents)
            for k, collection in enumerate(collections)
        ]
    schedule = make.record("GetAdvancedSyncScheduleFromWarehouseV1Output", n, enabled=n % 2 == 0)
    ws.children["sync_schedules"][warehouse_id,] = schedule
    state = ("CONNECTED", "CONNECTED", "FAILED")[n % 3]
    ws.children["connection_states"][warehouse_id,] = {"connectionState": state}


def _add_transformation(ws: Objects, make: Samples, n: int) -> None:
    event, _ = ws.names.events()[n % 9]
    hashing = {"algorithm": "sha256", "key": "hash-key-example", "paths": ["email"]}
    ws.transformations.append(make.record(
        "TransformationV1", n, name=f"Clean up {event}" if n % 5 != 4 else "",
        sourceId=ws.sources[n]["id"],
        workspaceId=ws.workspace["id"],  # not in the model, but in payloads
        destinationMetadataId=ws.destination_catalog[0]["id"] if n % 4 == 1 else None,
        hashPropertiesConfiguration=hashing if n % 4 == 1 else ABSENT,
    ))  # fmt: skip


def _add_reverse_etl(ws: Objects, make: Samples) -> None:
    """Models of every third source; every second subscription uses one."""
    for n, source in enumerate(ws.sources[::3]):
        query = f'SELECT id, "{ws.names.column}"\nFROM users'
        fields = {"name": ws.names.thing("model", n), "query": query, "sourceId": source["id"]}
        ws.models.append(make.record("ReverseEtlModel", n, **fields))
    subscriptions = [s for rows in ws.children["subscriptions"].values() for s in rows]
    for n, subscription in enumerate(subscriptions[::2] if ws.models else []):
        model = ws.models[n % len(ws.models)]
        subscription["modelId"] = model["id"]
        subscription["reverseETLSchedule"] = _SCHEDULES[n % len(_SCHEDULES)]
        parents = {"modelId": model["id"], "sourceId": model["sourceId"]}
        runs = make.records("ReverseETLSyncStatus", 25 if n == 0 else n % 5, **parents)
        ws.children["sync_statuses"][model["id"], subscription["id"]] = runs
