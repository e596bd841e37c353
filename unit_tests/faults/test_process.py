"""The connector as a process: killed, asked to end, without a reader, in an odd environment."""

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator import Fault
from unit_tests.connector import Connector, Output, arguments, configured
from unit_tests.faults.assertions import Connect, truth

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SERIES = ["usage_api_calls_per_source_daily", "audit_events", "events_volume"]


class Process:
    """A running sync with a temporary and a home folder of its own."""

    def __init__(self, connector: Connector, streams: list[str], *args: str) -> None:
        folder = connector.folder / f"run{time.monotonic_ns()}"
        self.temporary = folder / "tmp"
        self.temporary.mkdir(parents=True)
        files = arguments(folder, config=connector.config, catalog=configured(streams))
        line = [sys.executable, "-c", "from source_segment.run import run; run()", "read", *files, *args]
        folders = {"TMPDIR": str(self.temporary), "HOME": str(connector.folder)}
        pipe, env = subprocess.PIPE, os.environ | folders
        self.running = subprocess.Popen(line, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)
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


@pytest.fixture
def live(connect: Connect) -> Connector:
    """A connector and a simulator that see the real time; of what is read, nothing expires meanwhile."""
    start = (datetime.now(UTC) - timedelta(days=80)).date().isoformat()
    return connect(size="small", now=None, latency=0.03, page_cap=50, config={"start_date": start})


def test_kill_9_and_resume(live: Connector) -> None:
    wanted = {name: truth(live, name) for name in SERIES}
    run = Process(live, SERIES)
    lines = list[str]()
    for line in run.stdout:
        lines.append(line)
        if '"STATE"' in line:
            break
    run.running.kill()
    assert run.end()[0] == -signal.SIGKILL
    first = Output(1, "".join(lines))

    second = live.read(SERIES, state=first.state())

    assert second.code == 0
    for name in SERIES:
        read = {json.dumps(row, sort_keys=True) for row in first.records[name] + second.records[name]}
        assert {json.dumps(row, sort_keys=True) for row in wanted[name]} <= read


def unread(run: Process) -> bytes:
    """How many bytes of its output a process has written that nobody has read, as an integer in C."""
    return fcntl.ioctl(run.stdout.fileno(), termios.FIONREAD, b"\0" * 4)


def assert_ends_at_once(run: Process, number: signal.Signals) -> None:
    """Assert that a signal ends a process within five seconds, and that no file stays."""
    run.running.send_signal(number)
    assert run.running.wait(timeout=5) == -number  # what callers expect of a process that was asked to end
    assert "Traceback" not in run.end()[2]
    assert list(run.temporary.iterdir()) == []


def test_signal_while_nobody_reads(live: Connector) -> None:
    run = Process(live, SERIES)
    while struct.unpack("i", unread(run))[0] < 60_000:  # of the 65,536 bytes that a pipe contains
        time.sleep(0.02)
    time.sleep(0.5)  # until it is full

    assert_ends_at_once(run, signal.SIGINT)


def test_signal_while_it_waits(live: Connector) -> None:
    """One worker for a rate limit, another for a response."""
    live.sim.faults.add(
        Fault("status", "listUsers", status=429, retry_after=1800, times=None), Fault("stall", "^/$", times=None)
    )
    run = Process(live, ["workspace", "users"])
    for path in ("/", "/users"):
        run.wait_for_request(live, path)

    assert_ends_at_once(run, signal.SIGTERM)


def test_stdout_closed_by_the_reader(live: Connector) -> None:
    run = Process(live, SERIES)
    run.stdout.readline()
    run.stdout.close()

    assert run.running.wait(timeout=60) == 1
    assert run.running.stderr
    assert "Error" not in run.running.stderr.read()
    assert list(run.temporary.iterdir()) == []


def test_certificate_authority_that_does_not_exist(live: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")

    output = live.read(["users"])

    [error] = output.errors
    assert output.code == 1
    assert "REQUESTS_CA_BUNDLE names /no/such/file.pem, which does not exist." in error["message"]
    assert "Traceback" not in error["message"]


def test_debug_and_netrc(connect: Connect) -> None:
    """`--debug` logs no body, also if the request is sent again, and `~/.netrc` is neither used nor sent anywhere."""
    elsewhere, live = connect(now=None), connect(now=None, deny=["listUserGroups"])
    live.sim.workspace.workspace["slug"] = live.sim.workspace.users[0]["name"] = "hunter2-example"
    body = '{"settings": {"key": "hunter2-example"'  # truncated
    live.sim.faults.add(
        Fault("redirect", "^/roles$", url=f"{elsewhere.sim.url}/roles", times=None),
        Fault("truncated", "listSources", times=1),
        Fault("status", "^/(sources)?$", status=500, body=body, after=1, times=1),
        Fault("not_json", "^/(sources)?$", body=body, after=2, times=1),
    )
    netrc = live.folder / ".netrc"  # in the home folder
    netrc.write_text("default login somebody password hunter2-example\n")
    netrc.chmod(0o600)
    live.config |= {"api_token": f"Bearer {live.sim.token}", "redact_secrets": True}

    run = Process(live, ["users", "sources", "groups", "roles"], "--debug")
    _, text, errors = run.end()

    assert "Receiving response" in text  # a message of --debug
    assert live.sim.token not in text + errors
    assert [line for line in (text + errors).split("\n") if "hunter2" in line and '"RECORD"' not in line] == []
    assert list(run.temporary.iterdir()) == []
    assert {request.path for request in live.sim.requests} == {"/users", "/groups", "/roles", "/sources", "/"}
    assert {request.headers.get("Authorization") for request in live.sim.requests} == {f"Bearer {live.sim.token}"}
    assert {request.headers.get("Authorization") for request in elsewhere.sim.requests} <= {None}
