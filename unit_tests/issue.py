"""The 18 core streams with the primary keys that were asked for."""

LISTS = ["audit_events", "catalog_destinations", "catalog_sources", "catalog_warehouses", "destination_subscriptions"]
LISTS += ["groups", "sources", "transformations", "users", "warehouses"]
KEYS = {name: ["id"] for name in LISTS} | {
    "destination_delivery_metrics_summary": ["sourceId", "destinationId"],
    "destinations": ["id", "sourceId"],
    "source_connected_destinations": ["id", "sourceId"],
    "source_connected_warehouses": ["sourceId", "id"],
    "usage_api_calls_per_source_daily": ["sourceId", "timestamp"],
    "usage_api_calls_workspace_daily": ["timestamp"],
    "usage_mtu_per_source_daily": ["sourceId", "periodStart", "timestamp"],
    "usage_mtu_workspace_daily": ["periodStart", "timestamp"],
}
CORE = sorted(KEYS)
INCREMENTAL = ["audit_events", *(name for name in CORE if name.startswith("usage_"))]
