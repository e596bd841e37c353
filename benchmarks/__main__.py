"""Measure everything, print the table, and put table and plots into the documentation."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import beside_dlt, memory, requests_made, startup, throughput, wall
from benchmarks.figures import AIMS, Figure
from benchmarks.process import OTHER_PYTHON, ROOT, run
from benchmarks.table import PAGE, table, write
from benchmarks.workload import MONTHS, medium, months_ago


def main() -> None:
    """Take a few minutes; nothing else should run meanwhile."""
    begun, start_date = time.monotonic(), months_ago(MONTHS)
    figures: list[Figure] = []
    plots: dict[str, Any] = {}
    peak = 0.0  # MiB, of the sync of everything

    def step(text: str, measure: Callable[[], list[Figure]]) -> None:
        print(f"[{time.monotonic() - begun:3.0f} s] {text} ...", flush=True)
        figures.extend(measure())

    def curve() -> list[Figure]:
        found, plots["workers"], plots["sync"] = wall.measure(folder, start_date)
        return found

    def counted() -> list[Figure]:
        nonlocal peak
        with medium() as sim:
            found, peak = requests_made.measure(sim, folder, start_date)
            return found

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step("requests", counted)
        step("time for each number of workers", curve)
        step("time at the rate limit", lambda: wall.measure_limited(folder, start_date))
        step("speed of one large stream", lambda: throughput.measure(folder, start_date))
        step("memory", lambda: memory.measure(folder, start_date, peak))
        step("start", lambda: startup.measure(folder, start_date))
        step("a dlt pipeline", lambda: beside_dlt.measure(folder, start_date))
        data = folder / "plots.json"
        data.write_text(json.dumps(plots))
        draw = ROOT / "benchmarks" / "draw.py"
        run([OTHER_PYTHON, draw, data, PAGE.parent], folder / "draw.txt")

    figures.sort(key=lambda figure: list(AIMS).index(figure.name))
    found = table(figures)
    write(found)
    print(f"{found}\n\nWritten to {PAGE.relative_to(ROOT)} after {time.monotonic() - begun:.0f} s.")


if __name__ == "__main__":
    main()
