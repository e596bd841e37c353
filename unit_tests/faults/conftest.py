"""Fixtures of the tests of faults: a clock that waits move, and connectors to ready workspaces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import freezegun.api
import pytest

from source_segment import components
from unit_tests.connector import Connector

MINUTE = components.Pacer.MINUTE
_sleep = time.sleep


class FakeTime:
    """Lets each wait move the frozen time of the connector and the simulator instead."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Move the time to the end of this wait, unless another wait has moved it there already."""
        clock = freezegun.api.freeze_factories[-1]
        due = clock() + timedelta(seconds=seconds)
        _sleep(0.03)  # other threads come first
        with self._lock:
            self.waits.append(seconds)
            if due > clock():
                clock.time_to_freeze += due - clock()


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """Real rate limits of minutes, in no time."""
    fake = FakeTime()
    monkeypatch.setattr(time, "sleep", fake.sleep)
    monkeypatch.setattr(components.Pacer, "MINUTE", MINUTE)
    return fake


@pytest.fixture
def small(connect: Callable[..., Connector]) -> Connector:
    """A connector to a small workspace of 6 sources and 12 users, in pages of 5."""
    return connect(size="small", config={"page_size": 5})
