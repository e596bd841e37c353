"""Runs a command and measures it, from a small process in between: `python -I -S process.py OUTPUT COMMAND...`.

On Linux, the peak memory of a process starts with that of its parent, which here holds the simulated workspace.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple


class Run(NamedTuple):
    """A finished command: its output, exit code, start and end in monotonic seconds, and peak memory in MB."""

    output: Path
    code: int
    started: float
    ended: float
    megabytes: float

    def messages(self, kind: str) -> list[Any]:
        """What the messages of one type contain, such as `record`."""
        lines = self.output.read_bytes().splitlines()
        return [message[kind] for message in map(json.loads, lines) if message["type"] == kind.upper()]


def run(output: Path, *command: str) -> Run:
    """Run a command with its standard output in a file; raises RuntimeError if it fails."""
    between = [sys.executable, "-I", "-S", __file__, str(output), *command]
    done = subprocess.run(between, capture_output=True, text=True, check=True)
    found = Run(output, *json.loads(done.stdout))
    if found.code:
        raise RuntimeError(f"{command} failed: {done.stderr[-2000:]} {output.read_text()[-2000:]}")
    return found


if __name__ == "__main__":
    with Path(sys.argv[1]).open("wb") as file:
        started = time.monotonic()
        process = subprocess.Popen(sys.argv[2:], stdout=file, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        megabytes = used.ru_maxrss / (1e3 if sys.platform == "linux" else 1e6)
        print(json.dumps([os.waitstatus_to_exitcode(status), started, time.monotonic(), megabytes]))
