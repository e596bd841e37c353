"""Reading usage streams at some moment, and which months are asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

import pytest

from simulator import usage
from simulator.errors import ApiError
from simulator.workspace import Workspace
from unit_tests.connector import Connector, Json, Output, stream_state

# stream: path, big numbers that the API writes as text
USAGE = {
    "usage_api_calls_per_source_daily": ("/usage/api-calls/sources/daily", ["apiCalls"]),
    "usage_api_calls_workspace_daily": ("/usage/api-calls/daily", ["apiCalls"]),
    "usage_mtu_per_source_daily": (
        "/usage/mtu/sources/daily",
        ["anonymous", "anonymousIdentified", "identified", "neverIdentified"],
    ),
    "usage_mtu_workspace_daily": (
        "/usage/mtu/daily",
        ["anonymous", "anonymousIdentified", "identified", "neverIdentified"],
    ),
}
STREAM = "usage_mtu_workspace_daily"


def state(timestamp: object, stream: str = STREAM) -> list[Json]:
    """The state of one stream, as a person may write it."""
    return [stream_state(stream, {"timestamp": timestamp})]


def periods(output: Output) -> list[str]:
    """The months that were asked for, oldest first; a month that was asked twice is there twice."""
    return sorted(dict(request.query)["period"] for request in output.requests)


def at(connector: Connector, moment: str) -> Connector:
    """Let connector and API see a time."""
    connector.move(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    return connector


def break_months(monkeypatch: pytest.MonkeyPatch, broken: Collection[str]) -> None:
    """Let the API answer 500 for these months for as long as they are in `broken`."""
    rows = usage._rows

    def build(ws: Workspace, period: date, *others: object) -> object:
        if period.isoformat() in broken:
            raise ApiError(500, "Internal error")
        return rows(ws, period, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(usage, "_rows", build)
