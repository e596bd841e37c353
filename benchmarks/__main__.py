"""Measure everything, print the table, and write table and plot into the documentation."""

import multiprocessing
import os
import platform
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from matplotlib import pyplot as plt

from benchmarks import growth, measure
from benchmarks.bench import Bench
from scripts.docs import replaced
from simulator import Simulator

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Take some minutes, in which nothing else should run."""
    begun, rows = time.monotonic(), list[measure.Row]()
    # The table of growth is computed beside the first measurement, in which time does not matter.
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    with tempfile.TemporaryDirectory() as folder, Simulator(size="medium", cache_responses=True) as sim, pool:
        growing, bench = pool.submit(growth.table), Bench(sim, Path(folder))
        for step in measure.STEPS:
            print(f"{time.monotonic() - begun:3.0f} s: {step.__doc__}", flush=True)
            rows += step(bench)
    draw(bench.times)
    lines = [f"| {' | '.join(row)} |" for row in rows]
    machine = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, Python {platform.python_version()}."
    head = "| Measurement | Connector | Baseline | Ratio | Aim |", "|---|--:|--:|--:|--:|"
    write("performance.md", *head, *lines, "", machine)
    write("scale.md", *growing.result())
    print(*lines, f"{time.monotonic() - begun:.0f} s", sep="\n")


def write(page: str, *lines: str) -> None:
    """Put lines into the generated part of a page."""
    (DOCS / page).write_text(replaced((DOCS / page).read_text(), "benchmark", "\n".join(lines)))


def draw(syncs: dict[str, list[float]], limit: int = 200, window: float = 15) -> None:
    """Draw the requests over the time of two syncs, beside what the rate limit allows."""
    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "", "axes.spines.top": False, "axes.spines.right": False}
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="tight")
    last = max(times[-1] for times in syncs.values())
    windows = range(int(last / window) + 2)
    axes.step([n * window for n in windows], [(n + 1) * limit for n in windows], ":", where="post", label="rate limit")
    for label, times in syncs.items():
        axes.plot(times, range(len(times)), label=label)
    axes.set(xlabel="seconds", ylabel="requests", xlim=(0, last), ylim=(0, 700))
    axes.legend(frameon=False)
    figure.savefig(DOCS / "performance.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
