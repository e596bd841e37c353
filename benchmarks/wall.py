"""How long the requests of a sync take, against the bounds of latency and of the rate limit."""

from __future__ import annotations

from collections import Counter
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.connector import Files, connector
from benchmarks.figures import DEFAULT_WORKERS, WORKERS, Figure
from benchmarks.workload import BROAD, CORE, LATENCY, least, medium, workspace
from simulator import RateLimit, Simulator

SCALE = 1 / 4  # of the minute; the rate limit stays 600 requests in it
LONGEST_CHAIN = 4  # sources -> connected destinations -> delivery summary; audit events: 4 pages
ROUNDS = 2


def measure(folder: Path, start_date: str) -> tuple[list[Figure], list[dict[str, Any]], Any]:
    """The figure of each number of workers, the points of the curve, and one sync over time."""
    with medium(LATENCY) as sim:
        files = Files(folder, sim, start_date)
        connector(files, files.read(CORE, num_workers=40))  # the simulator knows all answers now
        bound: dict[int, float] = {
            count: max(_total(sim, start_date) * LATENCY / count, LONGEST_CHAIN * LATENCY) for count in WORKERS
        }
        spans: dict[int, list[float]] = {count: [] for count in WORKERS}
        sync: dict[str, Any] = {}
        for _ in range(ROUNDS):
            for count in WORKERS:
                sim.reset_log()
                connector(files, files.read(CORE, num_workers=count))
                spans[count].append(span(sim))
                if count == DEFAULT_WORKERS and spans[count][-1] == min(spans[count]):
                    sync = _over_time(sim)
    took = {count: median(spans[count]) for count in WORKERS}
    curve = [{"workers": n, "seconds": took[n], "all": spans[n], "bound": bound[n]} for n in WORKERS]
    figures = [
        Figure(f"Time, {n} workers", f"{took[n]:.2f} s", f"{bound[n]:.2f} s", took[n] / bound[n]) for n in WORKERS
    ]
    return figures, curve, sync


def measure_limited(folder: Path, start_date: str) -> list[Figure]:
    """A sync at the token's rate limit: its time, and the answers that were refused."""
    limit = RateLimit(600)
    sim = Simulator(
        workspace=workspace("medium"),
        latency=LATENCY,
        rate_limit=limit,
        time_scale=SCALE,
        still=True,
    )
    with sim:
        files = Files(folder, sim, start_date)
        connector(files, files.read(BROAD))
        statuses = Counter(request.status for request in sim.requests)
        count = sum(least(sim, BROAD, start_date).values())
        took = span(sim)
    window = limit.window * SCALE
    full = ceil(count / limit.requests) - 1  # windows that must end before the last one begins
    rest = (count - full * limit.requests) * LATENCY / DEFAULT_WORKERS
    bound = full * window + rest
    refused = statuses[429]
    return [
        Figure("Time, 600 requests a minute", f"{took:.1f} s", f"{bound:.1f} s", took / bound),
        Figure(
            "Answers 429, in percent",
            f"{refused} refused",
            f"{statuses.total():,} requests",
            100 * refused / statuses.total(),
        ),
    ]


def span(sim: Simulator) -> float:
    """Seconds from the first request to the last answer."""
    samples = sim.in_flight_samples
    return samples[-1][0] - samples[0][0]


def _total(sim: Simulator, start_date: str) -> int:
    return sum(least(sim, CORE, start_date).values())


def _over_time(sim: Simulator) -> dict[str, Any]:
    start = sim.in_flight_samples[0][0]
    return {
        "in_flight": [(at - start, number) for at, number in sim.in_flight_samples],
        "requests": [request.at - start for request in sim.requests],
    }
