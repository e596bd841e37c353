"""Records a second of one large stream, beside the stock CDK and a loop written by hand."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.connector import Files, connector, records
from benchmarks.figures import Figure
from benchmarks.process import Run, run
from benchmarks.workload import bulk
from simulator import Simulator

USERS = 200_000


def measure(folder: Path, start_date: str) -> list[Figure]:
    """Users as Segment has them, with permissions (540 bytes), and users of three fields."""
    return [
        *_compare(folder, start_date, "Speed", rich=True),
        *_compare(folder, start_date, "Speed, three-field records", rich=False),
    ]


def _compare(folder: Path, start_date: str, kind: str, *, rich: bool) -> list[Figure]:
    with Simulator(workspace=bulk(USERS, rich), still=True) as sim:
        files = Files(folder, sim, start_date)
        args = files.read(["users"])
        ours = _speed(sim, connector(files, args))
        by_hand = _speed(sim, _module("by_hand", folder, args))
        stock = _speed(sim, _module("stock", folder, args))
    return [
        Figure(f"{kind}, beside {name}", f"{ours:,.0f} records/s", f"{theirs:,.0f}", ours / theirs)
        for name, theirs in (("the stock CDK", stock), ("a loop by hand", by_hand))
    ]


def _module(name: str, folder: Path, args: list[str]) -> Run:
    return run([sys.executable, "-m", f"benchmarks.{name}", *args], folder / "messages.jsonl")


def _speed(sim: Simulator, measured: Run) -> float:
    """Records a second from the first request to the end of the process."""
    if records(measured) != USERS:
        raise AssertionError(f"{records(measured)} records instead of {USERS}")
    begun = sim.requests[0].at
    sim.reset_log()
    return USERS / (measured.ended - begun)
