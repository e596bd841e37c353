"""What acceptance-test-config.yml names, and the simulated workspace that it is about."""

import functools
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
[INCREMENTAL] = TESTS["incremental"]["tests"]
CONFIG: Json = json.loads((ROOT / INCREMENTAL["config_path"]).read_text())
RECORDS, CATALOG = ROOT / TESTS["basic_read"]["expect_records"]["path"], ROOT / INCREMENTAL["configured_catalog_path"]


def simulator() -> Simulator:
    """The smallest workspace in which each list has an entry, at `NOW`; not yet running."""
    workspace = Workspace.generate("tiny", 1, NOW.date())
    workspace.size = replace(workspace.size, sync_days=6)  # more than a later sync reads again
    workspace.children["group_invites"][workspace.groups[0]["id"],] = ["invité@example.com"]
    [first, second], *_ = workspace.children["audiences"].values()
    own = ("id", "spaceId", "name", "key", "enabled", "definition", "createdAt")
    references = workspace.children["audience_references"]
    references[first["spaceId"], first["id"]] = [{name: second[name] for name in own}]
    return Simulator(workspace=workspace, now=NOW)


@functools.cache
def truth() -> dict[str, list[Json]]:
    """The records of a full sync with the sample config, by stream, without the connector."""
    window = datetime.fromisoformat(CONFIG["start_date"]).replace(tzinfo=UTC), NOW
    sim = simulator()
    return {name: sim.truth(name, CONFIG["start_date"], window) for name in sorted(STREAMS)}
