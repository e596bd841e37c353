"""A database that PyAirbyte filled from a simulated workspace, shared by all test processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from demo import workspace
from demo.sync import sync
from simulator import Simulator

# What would run, or turn bold, if the report did not escape it.
HOSTILE = (
    '<img src=x onerror="hacked=1">',
    "</script><script>hacked=1</script>",
    "<b>bold</b> &amp;",
)
# PyAirbyte stops check and discover once it has the answer, and then minds how they ended.
STOPPED = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Rows = list[dict[str, Any]]


def simulate(now: datetime) -> Simulator:
    """The demo's workspace with hostile names, at a fixed time."""
    model = workspace.build()
    model.sources[0]["name"] = HOSTILE[0]
    model.destinations[0]["name"] = HOSTILE[1]
    model.warehouses[0]["settings"]["name"] = HOSTILE[2]
    model.users[0]["name"] = HOSTILE[0]
    model.extra_audit_events = [
        {
            "id": "hostile",
            "timestamp": now.strftime("%Y-%m-%dT00:00:00.000Z"),
            "type": HOSTILE[1],
            "actor": "somebody",
            "actorEmail": model.users[0]["email"].upper(),
            "resourceId": "1",
            "resourceType": "source",
            "resourceName": HOSTILE[2],
        }
    ]
    return Simulator(workspace=model, now=now)


@dataclass(frozen=True)
class Synced:
    """The database and the simulator (not running) that tells what must be in it."""

    database: Path
    now: datetime
    simulator: Simulator

    @property
    def start_date(self) -> str:
        """The first of a month, some three months before."""
        return (self.now - timedelta(days=95)).date().replace(day=1).isoformat()

    def truth(self, stream: str) -> Rows:
        return self.simulator.truth(stream, self.start_date)

    def rows(self, sql: str) -> Rows:
        with duckdb.connect(self.database, read_only=True) as db:
            result = db.sql(sql)
            return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Synced:
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    stamp = shared / "synced-at"
    with (shared / "synced.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not stamp.exists():
            made = _synced(shared, datetime.now(UTC))
            with made.simulator as running:
                config = {"api_token": running.token, "api_url": running.url}
                sync(config | {"start_date": made.start_date}, made.database)
            stamp.write_text(made.now.isoformat())
    return _synced(shared, datetime.fromisoformat(stamp.read_text()))


def _synced(folder: Path, now: datetime) -> Synced:
    return Synced(folder / "segment.duckdb", now, simulate(now))


@pytest.fixture
def query(synced: Synced) -> Callable[[str], Rows]:
    """Runs one of the ready queries by name."""
    folder = Path(__file__).parents[2] / "docs" / "queries"
    return lambda name: synced.rows((folder / f"{name}.sql").read_text())
