"""Peak memory of a workspace and of one ten times as large, read in the same streams."""

from __future__ import annotations

from pathlib import Path

from benchmarks.connector import SHORT_MINUTES, Files, connector
from benchmarks.figures import Figure
from benchmarks.workload import ALL, CORE, workspace
from simulator import Simulator


def measure(folder: Path, start_date: str, whole: float) -> list[Figure]:
    """The core streams of `large` against `medium`, and all streams of `medium` against `small`.

    `whole` is the peak of all streams of `medium`, which the count of requests has measured.
    """

    def peak(size: str, streams: list[str]) -> float:
        with Simulator(workspace=workspace(size), still=True) as sim:
            files = Files(folder, sim, start_date)
            return connector(files, files.read(streams), SHORT_MINUTES).megabytes

    def compared(kind: str, big: float, small: float) -> Figure:
        name = f"Memory, {kind}, ten times the workspace"
        return Figure(name, f"{big:.0f} MiB", f"{small:.0f} MiB", big / small)

    return [
        compared("core streams", peak("large", CORE), peak("medium", CORE)),
        compared("all streams", whole, peak("small", ALL)),
    ]
