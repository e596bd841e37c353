"""The connector as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from unit_tests.connector import Connector, configured

ROOT = Path(__file__).parents[2]


class Process:
    """A running command with a temporary and a home folder of its own; `environment` adds variables."""

    def __init__(
        self,
        connector: Connector,
        command: str,
        streams: list[str] | None = None,
        *args: str,
        environment: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        folder = connector.folder / f"run{time.monotonic_ns()}"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        files: dict[str, Any] = {"config": connector.config, **({"catalog": configured(streams)} if streams else {})}
        line = [sys.executable, "-c", "from source_segment.run import run; run()", command, *args]
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content))
            line += [f"--{name}", str(folder / name)]
        folders = {"TMPDIR": str(self.temporary), "HOME": str(connector.folder)}
        self.running: subprocess.Popen[str] = subprocess.Popen(
            line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | folders | (environment or {}), **options,
        )  # fmt: skip
        assert self.running.stdout
        self.stdout = self.running.stdout

    def wait_for_request(self, connector: Connector, path: str) -> None:
        """Wait until a request with this path has reached the simulator."""
        while not any(request.path == path for request in connector.sim.requests):
            assert self.running.poll() is None, self.running.communicate()
            time.sleep(0.02)

    def end(self) -> tuple[int, str, str]:
        """Exit code, the rest of stdout, and stderr."""
        out, err = self.running.communicate(timeout=60)
        return self.running.returncode, out, err
