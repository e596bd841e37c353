"""Fixtures of the tests of faults: a clock that waits move, and connectors to ready workspaces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import freezegun.api
import pytest

from simulator import Simulator
from source_segment import components
from unit_tests.connector import Connector

MINUTE = components.Pacer.MINUTE
_sleep, _now = time.sleep, time.perf_counter


class FakeTime:
    """Lets each wait move the frozen time of the connector and the simulators instead.

    Not before nothing has happened for a moment: what is under way takes no time.
    """

    def __init__(self, simulators: list[Simulator]) -> None:
        self._lock, self._simulators = threading.Lock(), simulators
        self.waits: list[float] = []

    def _is_busy(self) -> bool:
        """Whether a request is under way, or something is or should be computed meanwhile."""
        before, began = (self._count(), time.process_time()), _now()
        _sleep(0.02)
        if _now() - began > 0.03:  # the machine is busy: others may wait for their turn, too
            return True
        waiting = any(s.in_flight_samples and s.in_flight_samples[-1][1] for s in self._simulators)
        return waiting or self._count() > before[0] or time.process_time() - before[1] > 0.004

    def _count(self) -> int:
        return sum(len(sim.requests) for sim in self._simulators)

    def sleep(self, seconds: float) -> None:
        """Move the time to the end of this wait, unless another wait has moved it there already."""
        clock = freezegun.api.freeze_factories[-1]
        due = clock() + timedelta(seconds=seconds)
        for _ in range(1500):  # half a minute, for a machine that has much else to do
            if not self._is_busy():
                break
        with self._lock:
            self.waits.append(seconds)
            if due > clock():
                clock.time_to_freeze += due - clock()


@pytest.fixture(autouse=True)
def simulators(monkeypatch: pytest.MonkeyPatch) -> list[Simulator]:
    """The simulators that a test has started."""
    started, start = list[Simulator](), Simulator.start

    def noted(simulator: Simulator) -> Simulator:
        started.append(simulator)
        return start(simulator)

    monkeypatch.setattr(Simulator, "start", noted)
    return started


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch, simulators: list[Simulator]) -> FakeTime:
    """Real rate limits of minutes, in no time."""
    fake = FakeTime(simulators)
    monkeypatch.setattr(time, "sleep", fake.sleep)
    monkeypatch.setattr(components.Pacer, "MINUTE", MINUTE)
    return fake


@pytest.fixture
def small(connect: Callable[..., Connector], fake_time: FakeTime) -> Connector:
    """A connector to a small workspace of 6 sources and 12 users, in pages of 5.

    A wait lets all that is under way come first: no test counts on which thread is the quicker.
    """
    return connect(size="small", config={"page_size": 5})
