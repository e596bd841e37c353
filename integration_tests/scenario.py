"""What acceptance-test-config.yml names, and the simulated workspace that it is about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from simulator import Simulator, Workspace
from simulator.streams import STREAMS

Json = dict[str, Any]
ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)  # the time of all scenarios
TESTS: Json = yaml.safe_load((ROOT / "acceptance-test-config.yml").read_text())["acceptance_tests"]


def load(path: str) -> Any:
    """The content of a JSON file that is named relative to the repository."""
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def simulator() -> Simulator:
    """The smallest workspace in which each list has an entry, at `NOW`; not yet running."""
    workspace = Workspace.generate("tiny", today=NOW.date())
    workspace.size = replace(workspace.size, sync_days=4)  # more than are read again
    [group] = workspace.groups
    workspace.children["group_invites"][group["id"],] = ["invité@example.com"]
    [[first, second]] = workspace.children["audiences"].values()
    own = ("id", "spaceId", "name", "key", "enabled", "definition", "createdAt")
    workspace.children["audience_references"][first["spaceId"], first["id"]] = [
        {name: second[name] for name in own}
    ]
    for runs in workspace.children["sync_statuses"].values():
        del runs[19:]  # whose counts have over 64 bits: the standard tests take them for floats
    return Simulator(workspace=workspace, now=NOW)


def truth() -> dict[str, list[Json]]:
    """The records of a full sync with the sample config, by stream, without the connector."""
    start = load(TESTS["basic_read"]["tests"][0]["config_path"])["start_date"]
    window = datetime.fromisoformat(start).replace(tzinfo=UTC), NOW
    sim = simulator()
    return {name: sim.truth(name, start, window) for name in sorted(STREAMS)}
