"""Reads the 18 core streams with dlt's REST source, as an experienced user writes them.

`dlt_pipeline.py CONFIG WORKERS FOLDER` extracts into dlt's working folder; nothing is loaded.
"""

import json
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dlt
from dlt.sources.rest_api import rest_api_source

NOW = datetime.now(UTC)
AGO = {days: (NOW - timedelta(days)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for days in (0, 13, 90)}
PAIR = "source_connected_destinations"
SOURCE, DESTINATION = "sources/{resources.sources.path_id}", "destinations/{resources.destinations.path_id}"
LISTS: list[Any] = [  # name, path, records, primary key, page size
    ("catalog_destinations", "catalog/destinations", "destinationsCatalog", ["id"], 200),
    ("catalog_sources", "catalog/sources", "sourcesCatalog", ["id"], 200),
    ("catalog_warehouses", "catalog/warehouses", "warehousesCatalog", ["id"], 200),
    ("destinations", "destinations", "destinations", ["id", "sourceId"], 200),
    ("groups", "groups", "userGroups", ["id"], 200),
    ("sources", "sources", "sources", ["id"], 200),
    ("transformations", "transformations", "transformations", ["id"], 200),
    ("users", "users", "users", ["id"], 1000),
    ("warehouses", "warehouses", "warehouses", ["id"], 200),
    ("destination_subscriptions", f"{DESTINATION}/subscriptions", "subscriptions", ["id"], 200),
    (PAIR, f"{SOURCE}/connected-destinations", "destinations", ["id", "_sources_id"], 200),
    ("source_connected_warehouses", f"{SOURCE}/connected-warehouses", "warehouses", ["id", "_sources_id"], 200),
]
USAGE: list[Any] = [
    ("api_calls_per_source", "api-calls/sources", "dailyPerSourceAPICallsUsage", ["sourceId", "timestamp"]),
    ("api_calls_workspace", "api-calls", "dailyWorkspaceAPICallsUsage", ["timestamp"]),
    ("mtu_per_source", "mtu/sources", "dailyPerSourceMTUUsage", ["sourceId", "periodStart", "timestamp"]),
    ("mtu_workspace", "mtu", "dailyWorkspaceMTUUsage", ["periodStart", "timestamp"]),
]


def resource(name: str, path: str, records: str, key: list[str], count: int, params: Any = None) -> Any:
    """A resource; each row also gets its id as a path needs it, because dlt does not encode it."""
    parameters = ({"pagination.count": count} if count else {}) | (params or {})
    endpoint = {"path": path, "data_selector": f"data.{records}", "params": parameters}
    encode = {"map": lambda row: {**row, "path_id": quote(str(row.get("id", "")), safe="")}}
    parents = {"include_from_parent": ["_sources_id", "id"] if PAIR in path else ["id"]} if "{" in path else {}
    return {"name": name, "primary_key": key, "endpoint": endpoint, "processing_steps": [encode], **parents}


def resources(start: date) -> list[Any]:
    """The core streams, and the months that usage is read for."""
    numbers = range(start.year * 12 + start.month - 1, NOW.year * 12 + NOW.month)
    months = [{"period": f"{number // 12}-{number % 12 + 1:02d}-01"} for number in numbers]
    period = {"period": "{resources.months.period}"}
    window = {"sourceId": f"{{resources.{PAIR}._sources_id}}", "startTime": AGO[13], "endTime": AGO[0]}
    metrics = f"destinations/{{resources.{PAIR}.path_id}}/delivery-metrics", "deliveryMetricsSummary"
    key = [f"_{PAIR}__sources_id", f"_{PAIR}_id"]
    return [
        dlt.resource([months], name="months", selected=False),
        *(resource(*line) for line in LISTS),
        *(resource(f"usage_{n}_daily", f"usage/{path}/daily", rows, k, 1000, period) for n, path, rows, k in USAGE),
        resource("audit_events", "audit-events", "events", ["id"], 1000, {"startTime": AGO[90], "endTime": AGO[0]}),
        resource("destination_delivery_metrics_summary", *metrics, key, 0, window | {"granularity": "DAY"}),
    ]


def main(config_file: str, workers: str, folder: str) -> None:
    """Extract everything once."""
    parallel = {"EXTRACT__WORKERS": workers, "EXTRACT__MAX_PARALLEL_ITEMS": str(2 * int(workers))}
    os.environ |= parallel | {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": folder}
    config = json.loads(Path(config_file).read_text())
    pages = {"type": "cursor", "cursor_path": "data.pagination.next", "cursor_param": "pagination.cursor"}
    auth = {"type": "bearer", "token": config["api_token"]}
    declared: Any = {
        "client": {"base_url": config["api_url"], "auth": auth, "paginator": pages},
        "resource_defaults": {"write_disposition": "merge", "parallelized": True},
        "resources": resources(date.fromisoformat(config["start_date"])),
    }
    dlt.pipeline("segment", pipelines_dir=folder).extract(rest_api_source(declared, "segment", max_table_nesting=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
