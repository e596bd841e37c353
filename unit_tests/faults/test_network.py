"""Connections that break, hang, lead elsewhere, or cannot be trusted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Fault
from unit_tests.conftest import change_manifest
from unit_tests.connector import Connector
from unit_tests.faults.assertions import (
    CONFIG,
    LISTS,
    OTHERS,
    TRANSIENT,
    assert_complete,
    assert_failed,
)

Connect = Callable[..., Connector]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reduce the read timeout from a minute to a third of a second."""
    name = "read_timeout_in_seconds: "
    change_manifest(monkeypatch, lambda text: text.replace(f"{name}60", f"{name}0.3"))


@pytest.mark.usefixtures("impatient")
def test_read_timeout(small: Connector) -> None:
    passing = Fault("stall", "listUsers", page=2, times=2)
    lasting = Fault("stall", "listUserGroups", times=None)
    small.sim.faults.add(passing, lasting)

    output = small.read(["users", "groups", *OTHERS])

    assert (passing.hits, lasting.hits) == (2, 6)
    assert_failed(output, "groups", TRANSIENT, "imeout")
    assert_complete(small, output, "users", *OTHERS)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["reset", "stall"])
def test_operation_without_response(connect: Connect, kind: str) -> None:
    connector = connect(size="small")
    connector.sim.faults.add(Fault(kind, match="delivery-metrics", times=None))

    output = connector.read(["destination_delivery_metrics_summary", "users", *OTHERS])

    assert list(output.failures()) == ["destination_delivery_metrics_summary"]
    assert_complete(connector, output, "users", *OTHERS)


def test_network_that_is_lost(connect: Connect) -> None:
    """When all workers have failed all their tries, the rest fails at once."""
    connector = connect(size="small")
    fault = Fault("reset", ".", after=4, times=None)
    connector.sim.faults.add(fault)

    output = connector.read(["sources", "source_details", "source_connected_destinations", *LISTS], num_workers=2)

    assert fault.hits <= 6 * 2 + 3 * len(LISTS)  # instead of six for each stream and source
    failures = output.failures()
    assert len(failures) >= len(LISTS) - 4
    assert {failure_type for failure_type, _ in failures.values()} == {TRANSIENT}
    assert all("cannot be reached" in text for _, text in failures.values())
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


@pytest.mark.parametrize("other_host", [True, False])
def test_redirect(connect: Connect, other_host: bool) -> None:
    connector, elsewhere = connect(size="small", page_cap=5), connect(size="small")
    url = f"{elsewhere.sim.url}/users" if other_host else "/echo?to=elsewhere"
    connector.sim.faults.add(Fault("redirect", "^/users$", page=2, url=url, times=None))

    output = connector.read(["users", *OTHERS])

    assert_failed(output, "users", CONFIG, "Segment redirects to 127.0.0.1")
    assert other_host == (elsewhere.sim.url.partition("//")[2] in output.failures()["users"][1])
    assert [request for request in elsewhere.sim.requests if "Authorization" in request.headers] == []
    assert output.asked()["listUsers"] == 2  # not tried again
    assert_complete(connector, output, *OTHERS)
