"""One run of a command: its time, its peak memory, and what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
OTHER_PYTHON = ROOT / "benchmarks" / ".venv" / "bin" / "python"


class RunError(Exception):
    """A command that is measured failed; the text is the end of what it said."""


@dataclass(frozen=True)
class Run:
    """What a command took; times are monotonic seconds, as in the simulator's request log."""

    started: float
    ended: float
    megabytes: float
    output: Path

    @property
    def seconds(self) -> float:
        """From start to end."""
        return self.ended - self.started


def run(command: Sequence[str | Path], output: Path, **environment: str) -> Run:
    """Run a command with its output in a file; raises RunError if it fails."""
    launcher = [sys.executable, "-I", "-S", ROOT / "benchmarks" / "launch.py", output, *command]
    said = subprocess.run(
        [str(part) for part in launcher],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        check=False,
    )
    if said.returncode:
        raise RunError(said.stderr[-2000:])
    report = json.loads(said.stdout)
    if report.pop("code"):
        raise RunError(f"{said.stderr[-1000:]}\n{output.read_text()[-1000:]}")
    return Run(**report, output=output)
