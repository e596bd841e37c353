"""How long a command takes until it has answered, against importing the CDK's entry point alone."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from benchmarks.connector import Files
from benchmarks.figures import Figure
from benchmarks.process import BIN, run
from simulator import Simulator

ROUNDS = 7


def measure(folder: Path, start_date: str) -> list[Figure]:
    """`spec`, `discover` and `check`, in turn with the import, so that all see the same machine."""
    with Simulator(size="small", still=True) as sim:
        config = Files(folder, sim, start_date).config()
        script = str(BIN / "source-segment")
        commands = {
            "import": [sys.executable, "-c", "import airbyte_cdk.entrypoint, os; os._exit(0)"],
            "spec": [script, "spec"],
            "discover": [script, "discover", *config],
            "check": [script, "check", *config],
        }
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                took[name].append(run(command, folder / "messages.jsonl").seconds)
    middle = {name: median(times) for name, times in took.items()}
    floor = middle.pop("import")
    return [
        Figure(f"Start of {name}", f"{time:.2f} s", f"{floor:.2f} s", time / floor) for name, time in middle.items()
    ]
