"""Sources, destinations, warehouses and what hangs below them, with their relations."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from simulator.words import AWKWARD_IDS, EVENTS, Json, ids, moment, new_id, secret, stamps, thing

if TYPE_CHECKING:
    from simulator.workspace import Workspace

_VIOLATIONS = ("ALLOW", "BLOCK", "OMIT_PROPERTIES")
_SCHEDULES: tuple[Json, ...] = (
    {"strategy": "PERIODIC", "config": {"interval": "3h"}},
    {
        "strategy": "SPECIFIC_DAYS",
        "config": {"days": [1, 3], "hours": [6], "timezone": "Europe/Berlin"},
    },
    {"strategy": "CRON", "config": {"spec": "0 4 * * *", "timezone": "UTC"}},
    {"strategy": "DBT_CLOUD", "config": {"jobId": "42", "accountId": "7"}},
    {"strategy": "MANUAL"},
)


def fill(ws: Workspace, rng: Random) -> None:
    """Put the whole pipeline into an empty workspace."""
    _sources(ws, rng)
    _destinations(ws, rng)
    _warehouses(ws, rng)
    _credentials(ws, rng)
    _transformations(ws, rng)
    _reverse_etl(ws, rng)


def _sources(ws: Workspace, rng: Random) -> None:
    for n, source_id in enumerate(ids(rng, ws.size.sources, AWKWARD_IDS)):
        ws.sources.append(
            {
                "id": source_id,
                "slug": f"source_{n}",
                **({"name": thing(n) if n % 4 != 2 else ""} if n % 4 else {}),
                "metadata": ws.source_catalog[n % len(ws.source_catalog)],
                "workspaceId": ws.workspace["id"],
                "enabled": n % 5 != 3,
                "writeKeys": [secret(rng, "wk") for _ in range(n % 3)],
                "labels": ws.labels[: n % 3],
                **(
                    {
                        "settings": {
                            "websiteUrl": "https://shop.example.com/ü",
                            "apiSecret": secret(rng, "sk"),
                            "import": {
                                "dsn": "postgres://etl:hunter2-example@db.example.com:5432/shop",
                                "rows": 10,
                            },
                        }
                    }
                    if n % 2 == 0
                    else {}
                ),
            }
        )
        key = (source_id,)
        ws.children["schema_settings"][key] = {
            "sourceId": source_id,
            "settings": {}
            if n % 4 == 3
            else {
                "track": {
                    "allowUnplannedEvents": n % 2 == 0,
                    "commonEventOnViolations": _VIOLATIONS[n % 3],
                },
                "identify": {"allowUnplannedTraits": True, "commonEventOnViolations": None},
                **({"forwardingViolationsTo": ws.sources[0]["id"]} if n else {}),
            },
        }
        if n % 3 == 0:
            ws.children["live_plugins"][key] = {
                "id": new_id(rng),
                "sourceId": source_id,
                "createdAt": moment(rng),
                "createdBy": "user",
                "downloadURL": "https://cdn.example.com/plugin.js",
                "version": n + 1,
                "code": "// größe",
            }


def _destinations(ws: Workspace, rng: Random) -> None:
    """Every fourth destination has several sources; one of those is listed twice."""
    if not ws.sources:
        return
    for n, destination_id in enumerate(ids(rng, ws.size.destinations, AWKWARD_IDS)):
        bound = [ws.sources[(n + k) % len(ws.sources)]["id"] for k in range(3 if n % 4 == 1 else 1)]
        record: Json = {
            "id": destination_id,
            **({"name": thing(n + 3) if n % 5 != 3 else ""} if n % 5 else {}),
            "enabled": n % 4 != 2,
            "metadata": ws.destination_catalog[n // 2 % len(ws.destination_catalog)],
            "sourceId": bound[0],
            "settings": {
                "apiKey": secret(rng, "ak"),
                "batch": n % 2 == 0,
                "auth": {
                    "password": secret(rng, "pw"),
                    "user": "svc",
                    "tokens": [{"token": secret(rng, "tk")}],
                },
                "regions": ["eu", "us"],
            }
            if n % 6 != 5
            else {},
        }
        ws.destinations.append(record)
        for source_id in dict.fromkeys(bound):
            ws.connected_destinations.setdefault(source_id, []).append(destination_id)
        _below_destination(ws, rng, n, record)
    if len(ws.destinations) > 4:
        ws.destinations.append(ws.destinations[1] | {"sourceId": ws.sources[2]["id"]})


def _below_destination(ws: Workspace, rng: Random, n: int, destination: Json) -> None:
    key = (destination["id"],)
    ws.children["destination_filters"][key] = [
        {
            "id": new_id(rng),
            "sourceId": destination["sourceId"],
            "destinationId": destination["id"],
            "if": "type = 'track' and event = 'Größe'",
            "actions": [
                {"type": "DROP"},
                {"type": "SAMPLE", "percent": 0.25, "path": "userId"},
                {"type": "DROP_PROPERTIES", "fields": {"properties": {"fields": ["email"]}}},
            ][k : k + 1],
            "title": f"Filter {k}",
            "enabled": True,
            **({"description": None} if k else {}),
            **stamps(rng),
        }
        for k in range(n % 4)
    ]
    ws.children["subscriptions"][key] = [
        {
            "id": new_id(rng),
            "name": f"Subscription {k}",
            "actionId": new_id(rng),
            "actionSlug": "sendEvent",
            "destinationId": destination["id"],
            "enabled": k == 0,
            "settings": {"eventName": {"@path": "$.event"}, "n": k} if k != 1 else {},
            "trigger": "type = 'track'",
        }
        for k in range((2, 0, 1, 3)[n % 4])
    ]


def _warehouses(ws: Workspace, rng: Random) -> None:
    for n in range(ws.size.warehouses):
        warehouse_id = new_id(rng, "wh")
        ws.warehouses.append(
            {
                "id": warehouse_id,
                "metadata": ws.warehouse_catalog[n % len(ws.warehouse_catalog)],
                "workspaceId": ws.workspace["id"],
                "enabled": n % 3 != 2,
                "settings": {
                    "name": thing(n) if n % 4 else "",
                    "hostname": "db.example.com",
                    "port": "5439",
                    "password": secret(rng, "pw"),
                    "privateKey": {"pem": secret(rng, "pem")},
                    "dsn": "mysql://root:s3cr3t-example@db.example.com/x",
                }
                if n % 4 != 3
                else {"name": None},
            }
        )
        connected = [s["id"] for k, s in enumerate(ws.sources) if (k + n) % 3 != 2][:6]
        ws.warehouse_sources[warehouse_id] = connected
        for source_id in connected:
            ws.children["selective_syncs"][warehouse_id, source_id] = [
                {
                    "sourceId": source_id,
                    "collection": ("tracks", "identifies", "bestellung_größe")[k],
                    "warehouseId": warehouse_id,
                    "enabled": k != 1,
                    "properties": {"email": False} if k else {},
                }
                for k in range(1 + n % 3)
            ]
        ws.children["sync_schedules"][warehouse_id,] = {"enabled": n % 2 == 0} | (
            {}
            if n % 2
            else {
                "schedule": {
                    "times": [{"hourOfDay": h, "enabled": h % 6 == 0} for h in range(24)],
                    "timezone": "UTC",
                },
            }
        )
        ws.children["connection_states"][warehouse_id,] = {
            "connectionState": ("CONNECTED", "CONNECTED", "FAILED")[n % 3],
        }


def _credentials(ws: Workspace, rng: Random) -> None:
    for n in range(len(ws.warehouses) + 1 if ws.warehouses else 0):
        credential_id = new_id(rng, "cred")
        ws.credentials.append(
            {
                "id": credential_id,
                "workspaceId": ws.workspace["id"],
                "name": f"Credential {n}",
                "settings": {
                    "username": "etl",
                    "password": secret(rng, "pw"),
                    "ssh": {"private_key": secret(rng, "pem")},
                },
                **stamps(rng),
            }
        )
        ws.credential_sources[credential_id] = [s["id"] for s in ws.sources[n::3]][: 4 * (n % 3)]
        ws.credential_warehouses[credential_id] = [w["id"] for w in ws.warehouses[:n]][:30]


def _transformations(ws: Workspace, rng: Random) -> None:
    extras: tuple[Json, ...] = (
        {
            "newEventName": "Checkout Started",
            "propertyRenames": [{"oldName": "amt", "newName": "betrag ü"}],
            "propertyValueTransformations": [
                {"propertyPaths": ["properties.currency"], "propertyValue": "EUR"}
            ],
            "fqlDefinedProperties": [],
        },
        {
            "drop": True,
            "hashPropertiesConfiguration": {
                "algorithm": "sha256",
                "encoding": "HEX",
                "key": "hash-key-example",
                "paths": ["properties.email"],
            },
        },
        {
            "allowProperties": ["a"],
            "fqlDefinedProperties": [{"fql": "properties.a + 1", "propertyName": "b"}],
        },
        {"destinationMetadataId": None, "drop": None},
    )
    ws.transformations.extend(
        {
            "id": new_id(rng, "trn"),
            "name": f"Rule {n} für {source['slug']}" if n % 5 != 4 else "",
            "sourceId": source["id"],
            "workspaceId": ws.workspace["id"],
            "enabled": n % 3 != 0,
            "if": f"event = '{EVENTS[n % len(EVENTS)][0]}'",
            **extras[n % 4],
            **({"destinationMetadataId": ws.destination_catalog[0]["id"]} if n % 4 == 1 else {}),
        }
        for n, source in enumerate(ws.sources)
    )


def _reverse_etl(ws: Workspace, rng: Random) -> None:
    """Models, the subscriptions that use them (every second one) and the runs of each."""
    for n, source in enumerate(ws.sources[::3]):
        ws.models.append(
            {
                "id": new_id(rng, "mdl"),
                "sourceId": source["id"],
                "name": thing(n),
                "description": "",
                "enabled": True,
                "query": 'SELECT id, "größe"\nFROM users',
                "queryIdentifierColumn": "id",
            }
        )
    subscriptions = [s for rows in ws.children["subscriptions"].values() for s in rows]
    for n, subscription in enumerate(subscriptions[::2] if ws.models else []):
        model = ws.models[n % len(ws.models)]
        subscription |= {
            "modelId": model["id"],
            "reverseETLSchedule": _SCHEDULES[n % len(_SCHEDULES)],
        }
        ws.children["sync_statuses"][model["id"], subscription["id"]] = [
            _run(rng, model, k) for k in range(25 if n == 0 else n % 5)
        ]


def _run(rng: Random, model: Json, k: int) -> Json:
    started, loaded, finished = sorted(moment(rng) for _ in range(3))
    record: Json = {
        "syncId": new_id(rng),
        "modelId": model["id"],
        "sourceId": model["sourceId"],
        "syncStatus": "SUCCESS" if k else "IN_PROGRESS",
        "duration": "1m30s",
        "startedAt": started,
    }
    extract = {
        "addedCount": str(10 ** (k % 19)),  # stays below 2**63
        "updatedCount": str(2**53 + k),
        "deletedCount": "0",
        "extractCount": "12",
        "errorCode": "",
        "startedAt": started,
        "finishedAt": loaded,
    }
    load = {
        "deliverSuccessCount": str(k),
        "deliverFailureCount": "0",
        "errorCode": "",
        "startedAt": loaded,
        "finishedAt": finished,
    }
    if k == 0:
        return record | {"extractPhase": extract, "loadPhase": None}
    return record | {
        "finishedAt": finished,
        "extractPhase": extract,
        "loadPhase": load,
        "error": None,
    }
