"""The console script as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unit_tests.connector import Connector, configured

SCRIPT = Path(sys.executable).parent / "source-segment"


class Process:
    """A running command; its temporary folder is its own."""

    def __init__(
        self,
        connector: Connector,
        command: str,
        streams: list[str] | None = None,
        *args: str,
        **options: Any,
    ) -> None:
        folder = connector.folder / f"run{time.monotonic_ns()}"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        files: dict[str, Any] = {"config": connector.config}
        if streams:
            files["catalog"] = configured(streams)
        line = [str(SCRIPT), command, *args]
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content))
            line += [f"--{name}", str(folder / name)]
        self.running = subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"TMPDIR": str(self.temporary)},
            **options,
        )

    def lines(self) -> Iterator[str]:
        """What it says, line by line."""
        assert self.running.stdout
        yield from self.running.stdout

    def wait_for(self, connector: Connector, path: str) -> None:
        """Wait until a request has come to the simulator."""
        while not any(request.path == path for request in connector.sim.requests):
            assert self.running.poll() is None, self.running.communicate()
            time.sleep(0.02)

    def end(self) -> tuple[int, str, str]:
        """Exit code, and what is left of its output and of its errors."""
        out, err = self.running.communicate(timeout=30)
        return self.running.returncode, out, err
