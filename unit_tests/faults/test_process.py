"""The connector as a process: killed, asked to end, without a reader or a disk, in an odd environment."""

from __future__ import annotations

import fcntl
import json
import signal
import struct
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from simulator import Fault
from unit_tests.connector import Connector, Output
from unit_tests.faults.assertions import truth
from unit_tests.faults.process import Process

Connect = Callable[..., Connector]
SERIES = ["usage_api_calls_per_source_daily", "audit_events", "events_volume"]


@pytest.fixture
def live(connect: Connect) -> Connector:
    """A connector and a simulator that see the real time; of what is read, nothing expires meanwhile."""
    start = (datetime.now(UTC) - timedelta(days=80)).date().isoformat()
    return connect(size="small", now=None, latency=0.03, page_cap=50, config={"start_date": start})


@pytest.mark.slow
def test_kill_9_and_resume(live: Connector) -> None:
    wanted = {name: truth(live, name) for name in SERIES}
    moments = [30, 700]  # lines of output
    runs = [Process(live, "read", SERIES) for _ in moments]
    for moment, run in zip(moments, runs, strict=True):
        lines = [line for line, _ in zip(run.stdout, range(moment), strict=False)]
        run.running.kill()
        run.end()
        assert run.running.returncode == -signal.SIGKILL
        first = Output(1, "".join(lines))

        second = live.read(SERIES, state=first.state())

        assert second.code == 0
        for name in SERIES:
            read = {json.dumps(row, sort_keys=True) for row in first.records[name] + second.records[name]}
            assert {json.dumps(row, sort_keys=True) for row in wanted[name]} <= read


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_nobody_reads(live: Connector, number: signal.Signals) -> None:
    run = Process(live, "read", SERIES)
    while unread(run) < 60_000:  # of the 65,536 bytes that a pipe contains
        time.sleep(0.02)
    time.sleep(0.3)  # until it is full

    assert_ends_at_once(run, number)


def test_signal_while_it_waits(live: Connector) -> None:
    """For a rate limit, or for a response."""
    live.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=3600, times=None), Fault("stall", "^/$", times=None)
    )
    reading, checking = Process(live, "read", ["users"]), Process(live, "check")
    for run, path in ((reading, "/users"), (checking, "/")):
        run.wait_for_request(live, path)

        assert_ends_at_once(run, signal.SIGTERM)


def assert_ends_at_once(run: Process, number: signal.Signals) -> None:
    """Assert that a signal ends a process within five seconds, and that no file stays."""
    run.running.send_signal(number)
    assert run.running.wait(timeout=5) == -number  # what callers expect of a process that was asked to end
    _, _, errors = run.end()
    assert "Traceback" not in errors
    assert list(run.temporary.iterdir()) == []


def unread(run: Process) -> int:
    """How many bytes of its output a process has written that nobody has read."""
    size: int = struct.unpack("i", fcntl.ioctl(run.stdout.fileno(), termios.FIONREAD, b"\0" * 4))[0]
    return size


def test_stdout_closed_by_the_reader(live: Connector) -> None:
    run = Process(live, "read", SERIES)
    for _ in zip(range(5), run.stdout, strict=False):
        pass
    run.stdout.close()

    assert run.running.wait(timeout=20) != 0
    assert run.running.stderr
    errors = run.running.stderr.read()
    assert "Error" not in errors
    assert "Traceback" not in errors
    assert list(run.temporary.iterdir()) == []


def test_certificate_authority_that_does_not_exist(live: Connector) -> None:
    run = Process(live, "read", ["users"], environment={"REQUESTS_CA_BUNDLE": "/no/such/file.pem"})
    code, text, errors = run.end()

    assert code == 1
    [error] = Output(code, text).errors
    assert "REQUESTS_CA_BUNDLE names /no/such/file.pem, which does not exist." in error["message"]
    assert "\n" not in error["message"]
    assert "Traceback" not in errors
