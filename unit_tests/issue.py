"""What the issue wants of the 18 core streams, as it is written there."""

from __future__ import annotations

KEYS = {
    "audit_events": ["id"],
    "catalog_destinations": ["id"],
    "catalog_sources": ["id"],
    "catalog_warehouses": ["id"],
    "destination_delivery_metrics_summary": ["sourceId", "destinationId"],
    "destination_subscriptions": ["id"],
    "destinations": ["id", "sourceId"],
    "groups": ["id"],
    "source_connected_destinations": ["id", "sourceId"],
    "source_connected_warehouses": ["sourceId", "id"],
    "sources": ["id"],
    "transformations": ["id"],
    "usage_api_calls_per_source_daily": ["sourceId", "timestamp"],
    "usage_api_calls_workspace_daily": ["timestamp"],
    "usage_mtu_per_source_daily": ["sourceId", "timestamp"],
    "usage_mtu_workspace_daily": ["timestamp"],
    "users": ["id"],
    "warehouses": ["id"],
}
CORE = list(KEYS)
INCREMENTAL = ["audit_events", *(name for name in CORE if name.startswith("usage_"))]
