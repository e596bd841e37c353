"""Peak memory of a workspace and of one ten times as large, read in the same streams."""

from __future__ import annotations

from pathlib import Path

from benchmarks.connector import Files, connector
from benchmarks.figures import Figure
from benchmarks.workload import CORE, months_ago, workspace
from simulator import Simulator

MONTHS = 6


def measure(folder: Path) -> list[Figure]:
    """The core streams of `large` against `medium`."""
    peaks = []
    for size in ("medium", "large"):
        with Simulator(workspace=workspace(size)) as sim:
            files = Files(folder, sim, months_ago(MONTHS))
            peaks.append(connector(files, files.read(CORE)).megabytes)
    small, big = peaks
    name = "Memory, ten times the workspace"
    return [Figure(name, f"{big:.0f} MiB", f"{small:.0f} MiB", big / small)]
