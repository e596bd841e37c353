"""Fixtures of the fault tests."""

import time
from datetime import datetime

import freezegun.api
import pytest

from unit_tests.conftest import change_manifest
from unit_tests.connector import Connector
from unit_tests.faults.assertions import Connect

_sleep, _now = time.sleep, datetime.now


@pytest.fixture
def small(connect: Connect) -> Connector:
    """A connector to a small workspace of 6 sources, 3 warehouses and 12 users, in pages of 5."""
    return connect(size="small", page_cap=5)


@pytest.fixture
def fast_clock(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> int:
    """Run the clock of connector and simulator 30 times as fast, or as `param` says; returns the factor.

    Times of requests in the log of the simulator stay real seconds.
    """
    speed: int = getattr(request, "param", 30)

    def tick(clock: freezegun.api.TickingDateTimeFactory) -> datetime:
        return clock.time_to_freeze + (_now() - clock.start) * speed

    monkeypatch.setattr(freezegun.api.TickingDateTimeFactory, "__call__", tick)
    monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(seconds / speed))
    change_manifest(monkeypatch, lambda text: text.replace("PT61S", "PT61.0S"))  # which nothing shortens
    return speed
