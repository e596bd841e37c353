"""Functions, tracking plans, regulations and suppressions."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from simulator.clock import iso, midnight
from simulator.words import EVENTS, ZERO_TIME, Json, moment, new_id, secret, stamps, thing

if TYPE_CHECKING:
    from simulator.workspace import Workspace

FUNCTION_TYPES = (
    "DESTINATION",
    "INSERT_DESTINATION",
    "INSERT_SOURCE",
    "INSERT_TRANSFORMATION",
    "SOURCE",
)
_REGULATIONS = (
    "SUPPRESS_ONLY",
    "UNSUPPRESS",
    "SUPPRESS_WITH_DELETE",
    "DELETE_INTERNAL",
    "DELETE_ONLY",
)
_STATUSES = ("FINISHED", "RUNNING", "FAILED", "PARTIAL_SUCCESS", "INVALID")


def fill(ws: Workspace, rng: Random, today: date) -> None:
    """Add the governance objects; regulations are dated back from `today`."""
    _functions(ws, rng)
    _tracking_plans(ws, rng)
    ws.regulations.extend(_regulation(rng, today, n) for n in range(2 * ws.size.sources))
    for n, source in enumerate(ws.sources):
        ws.children["source_regulations"][source["id"],] = [
            _regulation(rng, today, k) | {"regulationType": "DELETE_ARCHIVE_ONLY"}
            for k in range(n % 4)
        ]
    ws.suppressions.extend(
        {
            "subjectType": ("USER_ID", "ANONYMOUS_ID")[n % 2],
            "subjectIds": [f"größe-{n}-{k}" for k in range(1 + n % 3)],
        }
        for n in range(ws.size.users)
    )


def _functions(ws: Workspace, rng: Random) -> None:
    for n in range(ws.size.functions):
        function_id, kind = new_id(rng, "fn"), FUNCTION_TYPES[n % len(FUNCTION_TYPES)]
        ws.functions.append(
            {
                "id": function_id,
                "resourceType": kind,
                "createdAt": moment(rng),
                "createdBy": "user",
                "displayName": thing(n),
                **({"description": "Größe", "catalogId": new_id(rng)} if n % 2 else {}),
            }
        )
        ws.children["function_versions"][function_id,] = [
            {
                "id": f"v{k}",
                "code": "async function onTrack(e) { // ü\n  return e\n}",
                "isDeployed": k == 0,
                "createdAt": moment(rng),
                **({"author": "user", "deployedAt": None} if k else {}),
            }
            for k in range(1 + n % 3)
        ]
        if kind.startswith("INSERT_"):
            ws.children["function_instances"][function_id,] = [
                {
                    "id": new_id(rng),
                    "name": f"Instance {k}",
                    "integrationId": new_id(rng),
                    "classId": function_id,
                    "enabled": True,
                    **stamps(rng),
                    "settings": {"apiKey": secret(rng, "ak")},
                    "encryptedSettings": {"password": secret(rng, "pw")},
                }
                for k in range(n % 3)
            ]

    if ws.functions:  # the model does not require an id
        ws.functions.append({"resourceType": "DESTINATION", "displayName": "Draft"})


def _tracking_plans(ws: Workspace, rng: Random) -> None:
    for n in range(ws.size.tracking_plans):
        plan_id = new_id(rng, "tp")
        ws.tracking_plans.append(
            {
                "id": plan_id,
                "name": thing(n),
                "slug": f"plan-{n}",
                "type": ("LIVE", "ENGAGE", "LIVE")[n % 3],
                "resourceSchemaId": new_id(rng, "rs"),
                **(stamps(rng) if n % 2 == 0 else {"description": None}),
            }
        )
        keyed = [
            kind for kind in EVENTS[: 9 - 2 * (n % 4)] if kind[1] in ("TRACK", "PAGE", "SCREEN")
        ]
        rules: list[Json] = [{"type": kind} for kind in ("COMMON", "IDENTIFY", "GROUP")]
        rules += [{"type": kind, "key": name} for name, kind in keyed]
        ws.children["rules"][plan_id,] = [
            rule
            | {
                "version": 1 + k,
                "jsonSchema": {
                    "properties": {"größe": {"type": ["number", "null"]}},
                    "required": [],
                },
                "deprecatedAt": moment(rng) if k % 5 == 4 else ZERO_TIME,
                **(stamps(rng) if k else {}),
            }
            for k, rule in enumerate(rules)
        ]
        for source in ws.sources[n :: ws.size.tracking_plans + 1]:
            ws.plan_of_source[source["id"]] = plan_id


def _regulation(rng: Random, today: date, n: int) -> Json:
    created = midnight(today) - timedelta(days=5 * (n % 20), hours=n % 24)
    return {
        "id": new_id(rng, "reg"),
        "subjectType": "USER_ID",
        "subjects": [f"benutzer-ü-{n}"],
        "status": _STATUSES[n % 5],
        "createdAt": iso(created),
        "regulationType": _REGULATIONS[n // 2 % 5],
        **({"finishedAt": iso(created + timedelta(hours=2))} if n % 5 != 1 else {}),
    }
