"""Sources, destinations and warehouses with their children, reverse ETL, and functions."""

from typing import ClassVar

from simulator import Simulator
from unit_tests.connector import Json
from unit_tests.streams.family import Requests, StreamTests

COUNT = "pagination.count=200"
TYPES = ("DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE", "INSERT_TRANSFORMATION", "SOURCE")
SELECTIVE_SYNCS = "/warehouses/{warehouseId}/connected-sources/{id}/selective-syncs"
STATUSES = "/reverse-etl-models/{modelId}/subscriptionId/{id}/syncs"


class TestSources(StreamTests):
    REQUESTS: ClassVar[Requests] = {
        "sources": ("", f"/sources?{COUNT}"),
        "source_details": ("sources", "/sources/{id}"),
        "source_schema_settings": ("sources", "/sources/{id}/settings"),
        "source_live_plugins": ("sources", "/sources/{id}/live-plugins/latest"),
        "source_regulations": ("sources", "/regulations/sources/{id}?pagination.count=1000"),
        "source_connected_destinations": ("sources", f"/sources/{{id}}/connected-destinations?{COUNT}"),
        "source_connected_warehouses": ("sources", f"/sources/{{id}}/connected-warehouses?{COUNT}"),
    }


class TestDestinations(StreamTests):
    REQUESTS: ClassVar[Requests] = {
        "destinations": ("", f"/destinations?{COUNT}"),
        "destination_subscriptions": ("destinations", f"/destinations/{{id}}/subscriptions?{COUNT}"),
        "destination_filters": ("destinations", f"/destination/{{id}}/filters?{COUNT}"),
        "reverse_etl_models": ("", f"/reverse-etl-models?{COUNT}"),
        "reverse_etl_sync_statuses": ("destination_subscriptions", f"{STATUSES}?count=100"),
    }


class TestWarehouses(StreamTests):
    PAGE_CAP = 5  # each page of syncs waits for the limit of its operation
    REQUESTS: ClassVar[Requests] = {
        "warehouses": ("", f"/warehouses?{COUNT}"),
        "warehouse_connected_sources": ("warehouses", f"/warehouses/{{id}}/connected-sources?{COUNT}"),
        "warehouse_syncs": ("warehouses", f"/warehouses/{{id}}/syncs?{COUNT}"),
        "warehouse_selective_syncs": ("warehouse_connected_sources", f"{SELECTIVE_SYNCS}?{COUNT}"),
        "warehouse_advanced_sync_schedules": ("warehouses", "/warehouses/{id}/advanced-sync-schedule"),
        "warehouse_connection_states": ("warehouses", "/warehouses/{id}/connection-state"),
    }


class TestFunctions(StreamTests):
    REQUESTS: ClassVar[Requests] = {
        "functions": ("", [f"/functions?resourceType={one}&{COUNT}" for one in TYPES]),
        "function_versions": ("functions", f"/functions/{{id}}/versions?{COUNT}"),
        "insert_function_instances": ("functions", f"/insert-function-instances?functionId={{id}}&{COUNT}"),
    }

    def parents(self, sim: Simulator, stream: str, parent: str) -> list[Json]:
        inserts = "INSERT_" if stream == "insert_function_instances" else ""
        return [row for row in super().parents(sim, stream, parent) if row.get("resourceType", "").startswith(inserts)]
