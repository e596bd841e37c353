"""The connector and a dlt pipeline on the same streams: time of the requests, and their number."""

from __future__ import annotations

from pathlib import Path

from benchmarks.connector import Files, connector
from benchmarks.figures import DEFAULT_WORKERS, Figure
from benchmarks.process import OTHER_PYTHON, ROOT, run
from benchmarks.wall import span
from benchmarks.workload import CORE, LATENCY, medium


def measure(folder: Path, start_date: str) -> list[Figure]:
    """First syncs of the 18 core streams with as many workers, ours before and after dlt's."""
    with medium(LATENCY) as sim:
        files = Files(folder, sim, start_date)
        connector(files, files.read(CORE, num_workers=40))  # the simulator knows all answers now
        ours, theirs = [], []
        for attempt in range(2):
            sim.reset_log()
            connector(files, files.read(CORE))
            ours.append((span(sim), len(sim.requests)))
            sim.reset_log()
            pipeline = ROOT / "benchmarks" / "dlt_pipeline.py"
            config, home = files.config()[1], folder / f"dlt-{attempt}"
            run([OTHER_PYTHON, pipeline, config, str(DEFAULT_WORKERS), home], folder / "dlt.txt")
            theirs.append((span(sim), len(sim.requests)))
    (time, count), (dlt_time, dlt_count) = min(ours), min(theirs)
    return [
        Figure("Time of a dlt pipeline", f"{dlt_time:.2f} s", f"{time:.2f} s (ours)", dlt_time / time),
        Figure("Requests of a dlt pipeline", str(dlt_count), f"{count} (ours)", dlt_count / count),
    ]
