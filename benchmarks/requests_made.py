"""How many requests a sync makes, for each operation, against the least possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.connector import SHORT_MINUTES, Files, connector, states
from benchmarks.figures import Figure
from benchmarks.workload import ALL, CORE, days_ago, least
from simulator import Simulator

# What keeps a state: the second sync of these reads only what can have changed.
INCREMENTAL = [name for name in CORE if name.startswith(("usage_", "audit_"))]


def measure(sim: Simulator, folder: Path, start_date: str) -> tuple[list[Figure], float]:
    """A first sync of the core and of everything, and a second one of the core.

    Also the peak memory of the sync of everything, in MiB.
    """
    files = Files(folder, sim, start_date)

    sim.reset_log()
    run = connector(files, files.read(CORE))
    first = _figure("Requests, core streams", sim, least(sim, CORE, start_date))

    sim.reset_log()
    connector(files, files.read(CORE, states(run)))
    second = _figure("Requests, core streams once more", sim, _least_again(sim, start_date))

    sim.reset_log()
    whole = connector(files, files.read(ALL), SHORT_MINUTES)
    everything = _figure("Requests, all streams", sim, least(sim, ALL, start_date))
    return [first, everything, second], whole.megabytes


def _least_again(sim: Simulator, start_date: str) -> dict[str, int]:
    """The least requests of a second sync: all lists, the last days of what keeps a state."""
    whole = least(sim, [name for name in CORE if name not in INCREMENTAL], start_date)
    usage = [name for name in INCREMENTAL if name.startswith("usage_")]
    return whole | least(sim, usage, days_ago(5)) | least(sim, ["audit_events"], days_ago(1))


def _figure(name: str, sim: Simulator, wanted: Mapping[str, int]) -> Figure:
    asked = Counter(str(request.operation) for request in sim.requests)
    for operation in sorted(asked.keys() | wanted):
        if asked[operation] != wanted.get(operation, 0):
            print(f"  {operation}: {asked[operation]} instead of {wanted.get(operation, 0)}")
    made, bound = asked.total(), sum(wanted.values())
    return Figure(name, f"{made:,} requests", f"{bound:,} at least", made / bound)
