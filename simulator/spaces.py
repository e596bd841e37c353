"""Spaces and everything the Unify and Engage endpoints list below them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from simulator.words import EVENTS, Json, ids, moment, new_id, secret, stamps, thing

if TYPE_CHECKING:
    from simulator.workspace import Workspace

_SPACE_IDS = ("space ü/1?#%", "1e5", "true")
_TYPES = ("USERS", "ACCOUNTS", "LINKED")


def fill(ws: Workspace, rng: Random) -> None:
    """Add the spaces; the first has all, the second no filters, the later ones ever less."""
    for n, space_id in enumerate(ids(rng, ws.size.spaces, _SPACE_IDS)):
        ws.spaces.append({"id": space_id, "slug": f"space-{n}", "name": thing(n)})
        ws.children["space_filters"][space_id,] = (
            []
            if n == 1
            else [
                {
                    "id": new_id(rng),
                    "workspaceId": ws.workspace["id"],
                    "integrationId": space_id,
                    **stamps(rng),
                    **(
                        {
                            "enabled": True,
                            "name": f"Filter {k}",
                            "if": "event = 'Größe'",
                            "drop": True,
                        }
                        if k % 3
                        else {}
                    ),
                }
                for k in range(23 if n == 0 else n)
            ]
        )
        _audiences(ws, rng, space_id, ws.size.audiences // (n + 1))
        _profile(ws, rng, space_id, n)
        _profiles_warehouses(ws, rng, space_id)


def _described(rng: Random, space_id: str, n: int) -> Json:
    return {
        "id": new_id(rng),
        "spaceId": space_id,
        "name": thing(n),
        "key": f"key_{n}",
        "enabled": n % 4 != 3,
        "createdBy": "user",
        "updatedBy": "user",
        **stamps(rng),
        **({"description": "Käufer", "status": "Live"} if n % 2 else {}),
    }


def _audiences(ws: Workspace, rng: Random, space_id: str, count: int) -> None:
    audiences = [
        _described(rng, space_id, n)
        | {
            "definition": None
            if n % 5 == 4
            else {
                "query": "event('Größe').count() > 1",
                **({"targetEntity": None} if n % 2 else {}),
            },
            "computeCadence": {"type": ("BATCH", "REALTIME")[n % 2]},
            "audienceType": _TYPES[n % 3],
            **(
                {"size": {"type": "USERS", "count": 10**n % 10**15, "uniqueCount": n}}
                if n % 3
                else {}
            ),
            **(
                {"options": {"filterByExternalIds": ["user_id"], "includeHistoricalData": True}}
                if n % 2
                else {}
            ),
        }
        for n in range(count)
    ]
    ws.children["audiences"][space_id,] = audiences
    for n, audience in enumerate(audiences):
        key = (space_id, audience["id"])
        ws.children["audience_schedules"][key] = [
            {
                "id": new_id(rng),
                "strategy": ("PERIODIC", "SPECIFIC_DAYS")[k],
                "config": (
                    {"interval": "1d"},
                    {"days": [0, 6], "hours": [4], "timezone": "Asia/Tokyo"},
                )[k],
                **({"nextExecution": None} if k else {"nextExecution": "2030-01-01T00:00:00.000Z"}),
            }
            for k in range(n % 3)
        ]
        ws.children["activations"][key] = [
            {
                "id": new_id(rng),
                "enabled": True,
                "workspaceId": ws.workspace["id"],
                "spaceId": space_id,
                "audienceId": audience["id"],
                "connectionId": new_id(rng),
                "activationType": "enter",
                "activationName": f"Activation {k}",
                "personalization": {"profile": {"properties": ["email"]}},
                **(
                    {
                        "destinationMapping": {
                            "actionId": "act",
                            "settings": {"apiKey": secret(rng, "ak")},
                        }
                    }
                    if k
                    else {}
                ),
            }
            for k in range((2, 0, 1)[n % 3])
        ]
        ws.children["audience_connections"][key] = [
            {
                "id": new_id(rng),
                "name": thing(k),
                "sourceId": new_id(rng),
                "enabled": True,
                **stamps(rng),
                "settings": {"token": secret(rng, "tk")},
                "destinationId": new_id(rng),
                "connectionSettings": [1, None],
                **({"metadata": {"id": "m", "name": "Slack", "slug": "slack"}} if k else {}),
            }
            for k in range((1, 2, 0)[n % 3])
        ]
        dropped = ("computeCadence", "size", "schedules")
        ws.children["audience_references"][key] = [
            {k: v for k, v in other.items() if k not in dropped}
            for other in audiences[n + 1 : n + 1 + n % 3]
        ]
    ws.children["computed_traits"][space_id,] = [
        _described(rng, space_id, n)
        | {
            "definition": None
            if n % 4 == 3
            else {"query": "traits('größe').last()", "type": _TYPES[n % 2]},
            **(
                {"options": {"includeHistoricalData": False, "backfillDurationDays": 30}}
                if n % 2
                else {}
            ),
        }
        for n in range(count // 2)
    ]


def _profile(ws: Workspace, rng: Random, space_id: str, n: int) -> None:
    events = EVENTS[: ws.size.events - n]
    ws.children["space_events"][space_id,] = [
        {"name": name, "type": kind, "lastSeenAt": moment(rng)} for name, kind in sorted(events)
    ]
    for name, _ in events:
        ws.children["event_properties"][space_id, name] = [
            {
                "name": ("betrag ü", "currency", "currency")[k],
                "type": ("PROPERTY", "PROPERTY", "CONTEXT")[k],
                "eventName": name,
                "lastSeenAt": moment(rng),
            }
            for k in range(3)
        ]
    for collection, count in (("users", 7), ("accounts", 2)):
        ws.children["traits"][space_id, collection] = [
            {
                "trait": f"trait_{k} ß",
                "type": ("CUSTOM", "COMPUTED", "SQL", "AUDIENCE")[k % 4],
                "lastSeenAt": moment(rng),
            }
            for k in range(count)
        ]
    slugs = ("account", "haushalt/ü", "account")[: 3 - n % 3]
    ws.children["entity_paths"][space_id,] = [
        {
            "id": new_id(rng),
            "entityName": slugs[k].title(),
            "pathName": f"Path {k}",
            "entitySlug": slugs[k],
            "relationshipSlugs": ["owner"],
            "childRelationshipSlugs": [],
            "parentRelationshipSlugPath": "",
        }
        for k in range(len(slugs))
    ]
    for slug in dict.fromkeys(slugs):
        ws.children["entity_properties"][space_id, slug] = [
            {
                "name": f"column_{k}",
                "primaryKey": k == 0,
                "dataType": ("STRING", "NUMBER", "BOOLEAN", "TIMESTAMP")[k],
            }
            for k in range(4)
        ]


def _profiles_warehouses(ws: Workspace, rng: Random, space_id: str) -> None:
    rows = [
        {
            "id": new_id(rng, "pw"),
            "spaceId": space_id,
            "metadata": ws.warehouse_catalog[k],
            "workspaceId": ws.workspace["id"],
            "enabled": True,
            "settings": {"host": "db.example.com", "password": secret(rng, "pw")},
            **({"schemaName": "profiles_ü"} if k else {}),
        }
        for k in range(2)
    ]
    ws.children["profiles_warehouses"][space_id,] = rows
    for k, row in enumerate(rows):
        ws.children["profiles_syncs"][space_id, row["id"]] = (
            {"enableEventTables": True} if k == 0 else {}
        )
        ws.children["profiles_sync_items"][space_id, row["id"]] = [
            {
                "collection": f"table_{i}",
                "warehouseId": row["id"],
                "enabled": i != 1,
                "properties": {"a": True} if i else {},
            }
            for i in range(k * 3)
        ]
