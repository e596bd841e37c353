"""Connections that break, hang, lead elsewhere, or cannot be trusted."""

import pytest

from simulator import Fault
from unit_tests.conftest import change_manifest
from unit_tests.connector import Connector
from unit_tests.faults.assertions import CONFIG, LISTS, OTHERS, TRANSIENT, Connect, assert_complete, assert_failed

pytestmark = pytest.mark.slow


def test_read_timeout(small: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reduced from a minute to a third of a second; an operation that never responds fails only its stream."""
    option = "read_timeout_in_seconds: "
    change_manifest(monkeypatch, lambda text: text.replace(f"{option}60", f"{option}0.3"))
    passing, lasting = Fault("stall", "listUsers", page=2, times=2), Fault("stall", "listUserGroups", times=None)
    small.sim.faults.add(passing, lasting)

    output = small.read(["users", "groups", *OTHERS])

    assert (passing.hits, lasting.hits) == (2, 6)
    assert_failed(output, "groups", TRANSIENT, "imeout")
    assert_complete(small, output, "users", *OTHERS)


def test_network_that_is_lost(connect: Connect) -> None:
    """When all tries of all workers have failed, the rest fails at once."""
    connector = connect(size="small")
    fault = Fault("reset", ".", after=4, times=None)
    connector.sim.faults.add(fault)

    output = connector.read(["sources", "source_details", "source_connected_destinations", *LISTS], num_workers=2)

    assert fault.hits <= 6 * 2 + 3 * len(LISTS)  # instead of six for each stream and source
    failures = output.failures().values()
    assert len(failures) >= len(LISTS) - 4
    assert {failure_type for failure_type, _ in failures} == {TRANSIENT}
    assert all("cannot be reached" in text for _, text in failures)
    assert not [text for _, text in output.logs if "Traceback" in text]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_host_without_server_or_certificate(small: Connector, scheme: str) -> None:
    url = small.sim.url.replace("http:", f"{scheme}:")
    if scheme == "http":
        small.sim.stop()

    output = small.read(["users", "sources"], api_url=url)

    for name in ("users", "sources"):
        assert_failed(output, name, TRANSIENT, f"{url.partition('//')[2]} cannot be reached")
    assert small.sim.requests == []


@pytest.mark.parametrize("to_other_host", [True, False])
def test_redirect(connect: Connect, to_other_host: bool) -> None:
    connector, elsewhere = connect(size="small", page_cap=5), connect(size="small")
    url = f"{elsewhere.sim.url}/users" if to_other_host else "/echo?to=elsewhere"
    connector.sim.faults.add(Fault("redirect", "^/users$", page=2, url=url, times=None))

    output = connector.read(["users", *OTHERS])

    host = (elsewhere if to_other_host else connector).sim.url.partition("//")[2]
    assert_failed(output, "users", CONFIG, f"Segment redirects to {host}")
    assert [request for request in elsewhere.sim.requests if "Authorization" in request.headers] == []
    assert output.asked()["listUsers"] == 2  # not tried again
    assert_complete(connector, output, *OTHERS)
