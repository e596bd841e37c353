"""The simulator's command line."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.parametrize("wanted", ["taken", "80000"])
def test_unusable_port(simulate: Any, wanted: str) -> None:
    port = simulate().sim.url.rpartition(":")[2] if wanted == "taken" else wanted

    ended = subprocess.run(
        [sys.executable, "-m", "simulator", "--port", port],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert f"error: port {port} cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr
