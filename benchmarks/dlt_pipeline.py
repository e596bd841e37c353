"""The 18 core streams with dlt's REST source, as an experienced user of it writes them.

Runs in its own environment: `python dlt_pipeline.py CONFIG WORKERS FOLDER`. It extracts into dlt's
working folder, which is what the connector's messages are compared with; nothing is loaded.
"""

import datetime
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dlt  # type: ignore[import-not-found]
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]

Json = dict[str, Any]


def listed(name: str, path: str, key: str, primary_key: Any = "id", count: int = 200) -> Json:
    """A list of the workspace."""
    return {
        "name": name,
        "primary_key": primary_key,
        "endpoint": {
            "path": path,
            "data_selector": f"data.{key}",
            "params": {"pagination.count": count},
        },
    }


def child(name: str, path: str, key: str, parent_fields: list[str], primary_key: Any) -> Json:
    """A list below each object of another; the path says which."""
    found = listed(name, path, key, primary_key) | {"include_from_parent": parent_fields}
    # A parent may be gone meanwhile.
    found["endpoint"]["response_actions"] = [{"status_code": 404, "action": "ignore"}]
    return found


def parent(resource: Json) -> Json:
    """A resource whose ids stand in paths of others: dlt does not encode them."""
    return resource | {"processing_steps": [{"map": encode}]}


def encode(row: Json) -> Json:
    """Add the id as a path needs it."""
    return row | {"path_id": quote(row["id"], safe="")}


def usage(name: str, path: str, key: str, primary_key: Any) -> Json:
    """Daily usage of each month."""
    found = listed(name, path, key, primary_key, 1000)
    found["endpoint"]["params"]["period"] = "{resources.months.period}"
    return found


def windows() -> Iterator[list[Json]]:
    """Windows of a month, of the 90 days of audit events that are kept."""
    end = datetime.datetime.now(datetime.UTC)
    found, oldest = [], end - datetime.timedelta(days=90)
    while end > oldest:
        start = max(end - datetime.timedelta(days=31), oldest)
        found.append({"startTime": written(start), "endTime": written(end)})
        end = start
    yield found


def written(moment: datetime.datetime) -> str:
    """A time as the API wants it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def resources(start: str) -> list[Any]:
    """The core streams, and the months and windows that two kinds of them are asked for."""

    def months(
        last: Any = dlt.sources.incremental("period", initial_value=start),  # noqa: B008
    ) -> Iterator[list[Json]]:
        day = datetime.date.fromisoformat(last.last_value).replace(day=1)
        found = []
        while day <= datetime.datetime.now(datetime.UTC).date():
            found.append({"period": day.isoformat()})
            day = (day + datetime.timedelta(days=32)).replace(day=1)
        yield found

    now = datetime.datetime.now(datetime.UTC)
    kept = now.date() - datetime.timedelta(days=13)
    metrics = child(
        "destination_delivery_metrics_summary",
        "destinations/{resources.source_connected_destinations.path_id}/delivery-metrics",
        "deliveryMetricsSummary",
        ["_sources_id", "id"],
        ["_source_connected_destinations__sources_id", "_source_connected_destinations_id"],
    )
    metrics["endpoint"] |= {
        "paginator": "single_page",
        "params": {
            "sourceId": "{resources.source_connected_destinations._sources_id}",
            "startTime": f"{kept}T00:00:00.000Z",
            "endTime": written(now),
            "granularity": "DAY",
        },
    }
    audit = listed("audit_events", "audit-events", "events", count=1000)
    audit["endpoint"]["params"] |= {
        "startTime": "{resources.audit_windows.startTime}",
        "endTime": "{resources.audit_windows.endTime}",
    }
    return [
        dlt.resource(months, name="months", selected=False),
        dlt.resource(windows, name="audit_windows", selected=False),
        audit,
        listed("catalog_destinations", "catalog/destinations", "destinationsCatalog"),
        listed("catalog_sources", "catalog/sources", "sourcesCatalog"),
        listed("catalog_warehouses", "catalog/warehouses", "warehousesCatalog"),
        parent(listed("destinations", "destinations", "destinations", ["id", "sourceId"])),
        listed("groups", "groups", "userGroups"),
        parent(listed("sources", "sources", "sources")),
        listed("transformations", "transformations", "transformations"),
        listed("users", "users", "users", count=1000),
        listed("warehouses", "warehouses", "warehouses"),
        child(
            "destination_subscriptions",
            "destinations/{resources.destinations.path_id}/subscriptions",
            "subscriptions",
            ["id"],
            "id",
        ),
        parent(
            child(
                "source_connected_destinations",
                "sources/{resources.sources.path_id}/connected-destinations",
                "destinations",
                ["id"],
                ["id", "_sources_id"],
            )
        ),
        child(
            "source_connected_warehouses",
            "sources/{resources.sources.path_id}/connected-warehouses",
            "warehouses",
            ["id"],
            ["_sources_id", "id"],
        ),
        metrics,
        usage(
            "usage_api_calls_per_source_daily",
            "usage/api-calls/sources/daily",
            "dailyPerSourceAPICallsUsage",
            ["sourceId", "timestamp"],
        ),
        usage(
            "usage_api_calls_workspace_daily",
            "usage/api-calls/daily",
            "dailyWorkspaceAPICallsUsage",
            "timestamp",
        ),
        usage(
            "usage_mtu_per_source_daily",
            "usage/mtu/sources/daily",
            "dailyPerSourceMTUUsage",
            ["sourceId", "timestamp"],
        ),
        usage("usage_mtu_workspace_daily", "usage/mtu/daily", "dailyWorkspaceMTUUsage", "timestamp"),
    ]


def main(config_file: str, workers: str, folder: str) -> None:
    """Extract everything once."""
    os.environ |= {
        "EXTRACT__WORKERS": workers,
        "EXTRACT__MAX_PARALLEL_ITEMS": str(2 * int(workers)),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DLT_DATA_DIR": folder,
    }
    config = json.loads(Path(config_file).read_text())
    source = rest_api_source(
        {
            "client": {
                "base_url": config["api_url"],
                "auth": {"type": "bearer", "token": config["api_token"]},
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data.pagination.next",
                    "cursor_param": "pagination.cursor",
                },
            },
            "resource_defaults": {"write_disposition": "merge", "parallelized": True},
            "resources": resources(config["start_date"]),
        },
        name="segment",
        max_table_nesting=0,
    )
    pipeline = dlt.pipeline("segment", pipelines_dir=folder)
    pipeline.extract(source)
    print(json.dumps(pipeline.last_trace.last_extract_info.asdict(), default=str)[:100_000])


if __name__ == "__main__":
    main(*sys.argv[1:])
