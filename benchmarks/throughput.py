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
NESTED_USERS = 200_000


def measure(folder: Path, start_date: str) -> list[Figure]:
    """Plain users, and users with nested permissions (600 bytes)."""
    plain = _compare(folder, start_date, USERS, rich=False)
    return plain + _compare(folder, start_date, NESTED_USERS, rich=True)


def _compare(folder: Path, start_date: str, users: int, *, rich: bool) -> list[Figure]:
    with Simulator(workspace=bulk(users, rich), still=True) as sim:
        files = Files(folder, sim, start_date)
        args = files.read(["users"])
        ours = _speeds(sim, connector(files, args), users)
        by_hand = _speeds(sim, _module("by_hand", folder, args), users)
        stock = _speeds(sim, _module("stock", folder, args), users)
    kind = "Speed, nested records," if rich else "Speed,"
    return [
        Figure(f"{kind} beside {name}", f"{ours:,.0f} records/s", f"{theirs:,.0f}", ours / theirs)
        for name, theirs in (("the stock CDK", stock), ("a loop by hand", by_hand))
    ]


def _module(name: str, folder: Path, args: list[str]) -> Run:
    return run([sys.executable, "-m", f"benchmarks.{name}", *args], folder / "messages.jsonl")


def _speeds(sim: Simulator, measured: Run, users: int) -> float:
    """Records a second from the first request to the end of the process."""
    if records(measured) != users:
        raise AssertionError(f"{records(measured)} records instead of {users}")
    begun = sim.requests[0].at
    sim.reset_log()
    return users / (measured.ended - begun)
