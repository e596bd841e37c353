"""Fixtures of all tests: simulators and connectors, and a clock that does not wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from source_segment import components
from unit_tests.connector import Connector

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
_sleep = time.sleep


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let no wait of the connector last, and shorten the minute of the operations' own limits."""
    if request.path.parent.name == "simulator":  # which has waits of its own to test
        return
    monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(min(seconds, 0.02)))
    monkeypatch.setattr(components.Pacer, "MINUTE", 0.05)


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Connector]]:
    """Starts a simulator with the given options (tiny, at `NOW`) and returns a connector to it.

    `config` are options of the connector; `now=None` lets both see the real time.
    """
    with ExitStack() as stack:

        def start(config: dict[str, Any] | None = None, **options: Any) -> Connector:
            chosen: dict[str, Any] = {"size": "tiny", "now": NOW} | options
            sim = stack.enter_context(Simulator(**chosen))
            return Connector(tmp_path, sim, chosen["now"], **(config or {}))

        yield start
