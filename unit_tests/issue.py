"""The 18 core streams with the primary keys that were asked for."""

KEYS = {
    "audit_events": ["id"],
    **dict.fromkeys(["catalog_destinations", "catalog_sources", "catalog_warehouses"], ["id"]),
    "destination_delivery_metrics_summary": ["sourceId", "destinationId"],
    "destination_subscriptions": ["id"],
    "destinations": ["id", "sourceId"],
    "groups": ["id"],
    "source_connected_destinations": ["id", "sourceId"],
    "source_connected_warehouses": ["sourceId", "id"],
    **dict.fromkeys(["sources", "transformations"], ["id"]),
    "usage_api_calls_per_source_daily": ["sourceId", "timestamp"],
    "usage_api_calls_workspace_daily": ["timestamp"],
    "usage_mtu_per_source_daily": ["sourceId", "periodStart", "timestamp"],
    "usage_mtu_workspace_daily": ["periodStart", "timestamp"],
    **dict.fromkeys(["users", "warehouses"], ["id"]),
}
CORE = list(KEYS)
INCREMENTAL = ["audit_events", *(name for name in CORE if name.startswith("usage_"))]
