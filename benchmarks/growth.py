"""How requests and time grow with the workspace, from counts of requests: nothing is sent, nothing is waited for."""

from datetime import UTC, datetime

from benchmarks.bench import ALL, CORE, WORKERS
from simulator import Simulator
from simulator.clock import parse
from simulator.streams import STREAMS
from simulator.truth import Truth

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
SYNCS = {"first, a year": "2025-03-15", "next day": "2026-03-13"}
RESPONSE = 0.3  # seconds
QUICK = sum(stream.api.limit != 2 for stream in STREAMS.values())  # streams
LIMITS = {stream.api.name: stream.api.limit for stream in STREAMS.values()}


def minutes(counts: dict[str, int], rate: int) -> str:
    """The least time of a sync, by the formula in docs/scale.md."""
    total = sum(counts.values())
    own = [count / limit for name, count in counts.items() if (limit := LIMITS[name])]
    least = max(total / rate, total * RESPONSE / WORKERS / 60, *own)
    return f"{least:.1f} min" if least < 10 else f"{least:.0f} min" if least < 120 else f"{least / 60:.1f} h"


def table() -> list[str]:
    """The table of workspaces of which each has ten times the objects of the one before."""
    lines = ["| Workspace | Streams | Sync | Requests | 200 a minute | 600 a minute |", "|---|--:|---|--:|--:|--:|"]
    for size in ("small", "medium", "large"):
        sim = Simulator(size=size, now=NOW)
        for sync, start in SYNCS.items():
            truth = Truth(sim.workspace, sim.access, NOW, parse(start))
            every = truth.requests(ALL, None)
            quick = {name: count for name, count in every.items() if LIMITS[name] != 2}
            for number, counts in (len(CORE), truth.requests(CORE, None)), (QUICK, quick), (len(ALL), every):
                cells = f"{sum(counts.values()):,}", minutes(counts, 200), minutes(counts, 600)
                lines.append(f"| {size} | {number} | {sync} | {' | '.join(cells)} |")
    return lines
