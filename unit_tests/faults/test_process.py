"""The console script as a process: killed, asked to end, not listened to, without a disk."""

from __future__ import annotations

import json
import resource
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from simulator import Fault
from unit_tests.connector import Connector, Output
from unit_tests.faults.judge import truth
from unit_tests.faults.process import Process

Connect = Callable[..., Connector]
SERIES = ["usage_api_calls_per_source_daily", "audit_events", "events_volume"]


@pytest.fixture
def live(connect: Connect) -> Connector:
    """A connector and a simulator that see the real time, of which nothing expires meanwhile."""
    start = (datetime.now(UTC) - timedelta(days=80)).date().isoformat()
    config = {"page_size": 50, "start_date": start}
    return connect(size="small", now=None, latency=0.03, config=config)


def test_kill_9_and_resume(live: Connector) -> None:
    wanted = {name: truth(live, name) for name in SERIES}
    moments = [20, 300, 900]  # lines that it has said
    runs = [Process(live, "read", SERIES) for _ in moments]
    for moment, run in zip(moments, runs, strict=True):
        seen = [line for line, _ in zip(run.lines(), range(moment), strict=False)]
        run.running.kill()
        run.end()
        assert run.running.returncode == -signal.SIGKILL
        first = Output(1, "".join(seen))

        second = live.read(SERIES, state=first.state())

        assert second.code == 0
        for name in SERIES:
            both = {json.dumps(r, sort_keys=True) for r in first.records[name]}
            both |= {json.dumps(r, sort_keys=True) for r in second.records[name]}
            missing = {json.dumps(r, sort_keys=True) for r in wanted[name]} - both
            assert not missing


def test_sigterm(live: Connector) -> None:
    """An orderly end at once, be it in a request or in a long wait; no file stays."""
    live.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=3600, times=None),
        Fault("stall", "^/$", times=None),
    )
    reading, checking = Process(live, "read", ["users"]), Process(live, "check")
    for run, path in ((reading, "/users"), (checking, "/")):
        run.wait_for(live, path)
        asked = time.monotonic()
        run.running.send_signal(signal.SIGTERM)
        code, _, errors = run.end()
        assert code == -signal.SIGTERM  # as callers expect of a process that was asked to end
        assert time.monotonic() - asked < 5
        assert "Traceback" not in errors
        assert list(run.temporary.iterdir()) == []


def test_stdout_closed_by_the_reader(live: Connector) -> None:
    run = Process(live, "read", SERIES)
    for _ in zip(range(5), run.lines(), strict=False):
        pass
    assert run.running.stdout
    run.running.stdout.close()
    assert run.running.wait(timeout=20) != 0
    assert run.running.stderr
    errors = run.running.stderr.read()
    assert "Traceback" not in errors
    assert "Error" not in errors


def test_full_disk(live: Connector) -> None:
    """Not a byte can be written to any file: a sync needs none."""

    def no_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    run = Process(live, "read", ["users", "source_details"], preexec_fn=no_disk)
    code, text, _ = run.end()

    output = Output(code, text)
    assert code == 0, output.errors
    assert len(output.records["users"]) == len(truth(live, "users"))
    assert len(output.records["source_details"]) == len(truth(live, "source_details"))
    assert list(run.temporary.iterdir()) == []
