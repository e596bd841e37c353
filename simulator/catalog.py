"""The three catalogues of integrations: of sources, destinations and warehouses."""

from __future__ import annotations

from random import Random
from typing import Any

from simulator.words import Json, new_id

_SOURCES = ("Javascript", "iOS", "Android", "HTTP API", "Stripe", "Zendesk", "Node.js", "Unity Ü")
_DESTINATIONS = (
    "Amplitude",
    "Braze",
    "Mixpanel",
    "Google Analytics 4",
    "Slack",
    "HubSpot",
    "Zürich Ads",
    "Webhooks",
)
_WAREHOUSES = ("Redshift", "Postgres", "BigQuery", "Snowflake", "Databricks", "Azure SQL")
_DEFAULTS: tuple[Any, ...] = ("", False, 0, None, [], {"@path": "$.event"}, 1.5, ["a", "b"])
_CHOICES: tuple[Any, ...] = (None, ["a", "b"], [{"label": "Ü", "value": 1}], [])
_STATUSES = ("PUBLIC", "PUBLIC", "PUBLIC_BETA", "DEPRECATED")


def source_catalog(rng: Random, count: int) -> list[Json]:
    """SourceMetadataV1 records."""
    return [
        {
            **_base(rng, n, _SOURCES, "source"),
            "categories": ["Website", "Mobile"][: n % 3],
            "isCloudEventSource": n % 5 == 4,
            "status": _STATUSES[n % 4],
            **({"partnerOwned": n % 2 == 0} if n % 3 else {}),
        }
        for n in range(count)
    ]


def warehouse_catalog(rng: Random, count: int) -> list[Json]:
    """WarehouseMetadataV1 records."""
    return [_base(rng, n, _WAREHOUSES, "storage") for n in range(count)]


def destination_catalog(rng: Random, count: int) -> list[Json]:
    """DestinationMetadataV1 records, the largest rows of the API."""
    return [_destination(rng, n) for n in range(count)]


def _base(rng: Random, n: int, names: tuple[str, ...], noun: str) -> Json:
    lap = n // len(names)
    name = names[n % len(names)] + (f" {lap + 1}" if lap else "")
    slug = name.lower().replace(" ", "-")
    return {
        "id": new_id(rng),
        "name": name,
        "slug": slug,
        "description": f"{name} {noun}.",
        "logos": {
            "default": f"https://cdn.example.com/{slug}.svg",
            **({"mark": None} if n % 2 else {}),
        },
        "options": [
            {
                "name": ("apiKey", "batch", "host")[k],
                "type": ("string", "boolean", "text")[k],
                "required": k == 0,
                "defaultValue": _DEFAULTS[(n + k) % len(_DEFAULTS)],
                **({"label": "API key", "description": "Key of the account."} if k == 0 else {}),
            }
            for k in range(n % 4)
        ],
    }


def _destination(rng: Random, n: int) -> Json:
    base = _base(rng, n, _DESTINATIONS, "destination")
    actions = [_action(rng, n + k) for k in range(n % 4)]
    return base | {
        "status": _STATUSES[n % 4],
        "previousNames": [base["name"]],
        "categories": ["Analytics", "Advertising", "Email"][: 1 + n % 3],
        "website": "https://example.com",
        "components": [{"type": "SERVER", "code": "https://code.example.com", "owner": "PARTNER"}][
            : n % 2
        ],
        "supportedFeatures": {
            "cloudModeInstances": "MULTIPLE",
            "deviceModeInstances": "NONE",
            "replay": n % 2 == 0,
        },
        "supportedMethods": {"pageview": True, "identify": True, "alias": False, "track": True},
        "supportedPlatforms": {"browser": n % 2 == 0, "server": True, "mobile": False},
        "actions": actions,
        "presets": [
            {
                "actionId": a["id"],
                "name": "Default",
                "fields": {"event": {"@path": "$.event"}},
                "trigger": "type = 'track'",
            }
            for a in actions[:1]
        ],
        **(
            {
                "contacts": [{"email": "partner@example.com", "isPrimary": True}],
                "partnerOwned": True,
            }
            if n % 3 == 0
            else {}
        ),
        **(
            {"supportedRegions": ["us-west-2", "eu-west-1"], "regionEndpoints": ["US", "EU"]}
            if n % 2
            else {}
        ),
    }


def _action(rng: Random, n: int) -> Json:
    return {
        "id": new_id(rng),
        "slug": f"sendEvent{n}",
        "name": "Send event",
        "description": "Send one event.",
        "platform": ("CLOUD", "WEB", "MOBILE")[n % 3],
        "hidden": False,
        "defaultTrigger": None if n % 2 else "type = 'track'",
        "fields": [
            {
                "id": new_id(rng),
                "sortOrder": k,
                "fieldKey": f"field{k}",
                "label": f"Field {k}",
                "type": ("STRING", "BOOLEAN", "OBJECT", "PASSWORD", "NUMBER")[k],
                "description": "A field of the action.",
                "defaultValue": _DEFAULTS[(n + k) % len(_DEFAULTS)],
                "choices": _CHOICES[(n + k) % len(_CHOICES)],
                "required": k == 0,
                "multiple": False,
                "dynamic": False,
                "allowNull": k % 2 == 0,
            }
            for k in range(1 + n % 5)
        ],
    }
