"""What is read: streams, workspaces and dates that the measurements share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from scripts import catalog
from simulator import Simulator, Workspace
from simulator.streams import STREAMS

ALL = list(STREAMS)
CORE = ALL[:18]
# Many requests without a lower limit of their own, so that only the token's limit counts.
BROAD = [
    *CORE,
    "delivery_overview_failed_delivery_daily",
    "delivery_overview_filtered_at_destination_daily",
    "delivery_overview_successful_delivery_daily",
    "destination_filters",
]
LATENCY = 0.06
MONTHS = 24


@cache
def workspace(size: str) -> Workspace:
    """A generated workspace."""
    return Workspace.generate(size)


def medium(latency: float = 0.0) -> Simulator:
    """A simulator of the medium workspace."""
    return Simulator(workspace=workspace("medium"), latency=latency, still=True)


def months_ago(months: int) -> str:
    """The first day of a month."""
    today = datetime.now(UTC).date()
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return f"{year}-{month + 1:02d}-01"


def days_ago(days: int) -> str:
    """A day."""
    return (datetime.now(UTC).date() - timedelta(days=days)).isoformat()


def bulk(users: int, rich: bool = False) -> Workspace:
    """A workspace with very many users: id, name and e-mail, or `rich` ones of 540 bytes."""
    found = Workspace.bulk(users)
    if rich:
        labels = [{"key": f"label-{n}", "value": f"value-{n}"} for n in range(4)]
        for n, user in enumerate(found.users):
            resources = [{"id": f"{user['id']}{k}", "type": "SOURCE", "labels": labels} for k in "ab"]
            role = {"roleName": "Source Admin", "roleId": f"role{n % 8}", "resources": resources}
            user["permissions"] = [role]
    return found


@cache
def page_sizes() -> dict[str, int]:
    """The connector's own page size of each operation, as the manifest says it."""
    return {STREAMS[name].operation: found.page_size for name, found in catalog.streams().items()}


def least(sim: Simulator, streams: list[str], start_date: str) -> dict[str, int]:
    """The least requests of each operation for a first sync with the connector's page sizes."""
    sizes = page_sizes()
    counts = {size: sim.minimum_requests(streams, start_date, size) for size in {*sizes.values()}}
    return {name: counts[sizes[name]][name] for name in counts[200]}
