"""Connections that break, hang, lead elsewhere, or cannot be trusted."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator import Fault
from source_segment import source
from unit_tests.connector import Connector
from unit_tests.faults.judge import OTHERS, complete, fails, gives_up, recovers

Connect = Callable[..., Connector]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read time-out of moments instead of two minutes."""
    load = source.load_manifest

    def changed() -> dict[str, Any]:
        manifest = load()
        manifest["definitions"]["requester"]["read_timeout_in_seconds"] = 0.3
        return manifest

    monkeypatch.setattr(source, "load_manifest", changed)


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[str]:
    """The URL of a TLS server whose certificate nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names: list[x509.GeneralName] = [x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1000))
        .not_valid_after(now + timedelta(days=1000))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
    both = tmp_path / "both.pem"
    both.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                try:
                    context.wrap_socket(connection, server_side=True).recv(1000)
                except OSError:
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_connection_reset(small: Connector) -> None:
    recovers(small, Fault("reset"))
    gives_up(small, Fault("reset"), "transient_error", "cannot be reached: check the")


def test_read_timeout(connect: Connect, impatient: None) -> None:
    connector = connect(size="small", config={"page_size": 5})
    recovers(connector, Fault("stall"))
    gives_up(connector, Fault("stall"), "transient_error", "did not answer in time: check the")


def test_slow_responses(small: Connector) -> None:
    small.sim.faults.add(Fault("slow", ".", delay=0.15, times=None))

    output = small.read(["users", *OTHERS])

    assert output.code == 0
    complete(small, output, "users", *OTHERS)
    assert output.asked()["listUsers"] == 3  # slow is no fault


def test_dead_network_is_not_tried_for_each_parent(small: Connector) -> None:
    """Once all tries of a request have passed without any answer, the rest fails at once."""
    fault = Fault("reset", match="connected-destinations", times=None)
    small.sim.faults.add(fault)

    output = small.read(["source_connected_destinations"], num_workers=2)

    fails(output, "transient_error", "cannot be reached", "source_connected_destinations")
    assert fault.hits <= 2 * 6  # of six parents, those that were under way
    assert output.errors[-1]["failure_type"] == "transient_error"
    assert not [text for _, text in output.logs if "Traceback" in text]


@pytest.mark.parametrize("kind", ["reset", "stall"])
def test_silent_operation_ends_only_its_own_stream(
    connect: Connect, impatient: None, kind: str
) -> None:
    """Its partitions hold all workers meanwhile, so that nothing else is answered."""
    connector = connect(size="small")
    connector.sim.faults.add(Fault(kind, match="delivery-metrics", times=None))

    output = connector.read(["destination_delivery_metrics_summary", "users", *OTHERS])

    assert list(output.failures()) == ["destination_delivery_metrics_summary"]
    complete(connector, output, "users", *OTHERS)


@pytest.mark.parametrize("kind", ["reset", "stall"])
def test_silent_operation_does_not_fail_the_check(
    connect: Connect, impatient: None, kind: str
) -> None:
    connector = connect(size="small")
    connector.sim.faults.add(Fault(kind, match="listAuditEvents", times=None))

    output = connector.check()

    assert output.connection()[0] == "SUCCEEDED"
    (line,) = output.warnings()
    assert line.startswith("Audit Trail (Business plan): could not be tried.")


def test_server_not_running(small: Connector) -> None:
    small.sim.stop()

    output = small.read(["users", "sources"])

    for name in ("users", "sources"):
        fails(output, "transient_error", "cannot be reached: check", name)


def test_dns_failure(small: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, []

    def look_up(host: str, *args: Any, **kwargs: Any) -> Any:
        if not host.endswith(".invalid"):
            return real(host, *args, **kwargs)
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    output = small.read(["users", "sources"], api_url="https://segment.invalid")

    for name in ("users", "sources"):
        fails(output, "transient_error", "https://segment.invalid cannot be reached", name)
    # Six tries each, and once whether anything answers; none by what begins after that.
    assert len(asked) in (7, 14)
    assert small.check(api_url="https://segment.invalid").connection()[0] == "FAILED"


def test_tls_failure(small: Connector, untrusted: str) -> None:
    output = small.read(["users", "sources"], api_url=untrusted)

    for name in ("users", "sources"):
        fails(output, "config_error", f"The TLS certificate of {untrusted} could not be", name)
    status, text = small.check(api_url=untrusted).connection()
    assert (status, "The TLS certificate" in text) == ("FAILED", True)


def test_connection_lost_in_the_tls_handshake(small: Connector) -> None:
    """It passes as other losses do: only a certificate is a matter of the configuration."""
    tried = []

    def hang_up(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                server.accept()[0].close()
                tried.append(1)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=hang_up, args=[server], daemon=True).start()
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        output = small.read(["users"], api_url=url)
        server.shutdown(socket.SHUT_RDWR)

    fails(output, "transient_error", "cannot be reached")
    assert len(tried) == 7  # six tries, and once whether anything answers


def test_redirect_to_another_host(connect: Connect) -> None:
    connector, elsewhere = connect(size="small", config={"page_size": 5}), connect(size="small")
    url = f"{elsewhere.sim.url}/users"

    output = gives_up(connector, Fault("redirect", url=url), "config_error", "redirects to")

    assert elsewhere.sim.url.partition("//")[2] in output.failures()["users"][1]
    assert elsewhere.sim.requests == []  # nor has it seen the token
    assert output.asked()["listUsers"] == 2  # not tried again


def test_redirect_on_the_same_host(small: Connector) -> None:
    fault = Fault("redirect", url="/echo?to=elsewhere")
    output = gives_up(small, fault, "config_error", "redirects to")
    assert all(request.path != "/echo" for request in output.requests)


def test_token_of_the_other_region(connect: Connect) -> None:
    elsewhere = connect(size="small")
    connector = connect(size="small", other_region="redirect", other_region_url=elsewhere.sim.url)
    token = connector.sim.other_region_token

    output = connector.read(["users"], api_token=token)

    fails(output, "config_error", "choose the workspace's region")
    status, text = connector.check(api_token=token).connection()
    assert (status, "choose the workspace's region" in text) == ("FAILED", True)
    assert elsewhere.sim.requests == []
