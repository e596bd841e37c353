"""The commands of the Airbyte protocol: spec, discover and check."""

import time
from unittest.mock import Mock

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Output
from unit_tests.faults.assertions import Connect


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each attempt to connect to a host, or to look it up, fail the test."""
    for name in ("getaddrinfo", "socket.connect"):
        monkeypatch.setattr(f"socket.{name}", Mock(side_effect=AssertionError("a host is contacted")))


@pytest.mark.usefixtures("offline")
def test_spec(connect: Connect) -> None:
    output = connect().run("spec")

    [spec] = [m["spec"]["connectionSpecification"] for m in output.messages if m["type"] == "SPEC"]
    fields, required = spec["properties"], ["api_token", "start_date"]
    assert list(fields) == [*required, "region", "unavailable_streams", "redact_secrets", "num_workers", "api_url"]
    assert [field["order"] for field in fields.values()] == list(range(len(fields)))
    assert (spec["required"], spec["additionalProperties"]) == (required, True)
    assert [name for name, field in fields.items() if field.get("airbyte_secret")] == ["api_token", "api_url"]
    assert [name for name, field in fields.items() if field.get("airbyte_hidden")] == ["api_url"]
    assert [name for name, field in fields.items() if "default" not in field] == [*required, "api_url"]
    assert all(field["title"] and field["description"].endswith(".") for field in fields.values())


@pytest.mark.usefixtures("offline")
def test_discover(connect: Connect) -> None:
    streams = connect().discover(api_url="https://segment.invalid").catalog()

    assert list(streams) == facts.NAMES
    for name, stream in streams.items():
        assert stream["json_schema"] == facts.schema(name), name
        key = facts.STREAMS[name]["$parameters"]["primary_key"]
        assert stream["source_defined_primary_key"] == [[field] for field in key], name
        cursor = facts.STREAMS[name].get("incremental_sync", {}).get("cursor_field")
        assert ("incremental" in stream["supported_sync_modes"]) == (cursor is not None), name
        assert stream.get("default_cursor_field") == ([cursor] if cursor else None), name


@pytest.mark.parametrize(("size", "plan"), [("medium", "business"), ("tiny", "free")])
def test_check(connect: Connect, monkeypatch: pytest.MonkeyPatch, size: str, plan: str) -> None:
    """One request and no wait, whatever the size of the workspace and its plan, also of a second check."""
    connector, waits = connect(size=size, tier=plan, own_limits=True), list[float]()
    monkeypatch.setattr(time, "sleep", waits.append)

    for output in (connector.check(), connector.check()):
        assert (output.code, output.connection()[0], output.warnings()) == (0, "SUCCEEDED", [])
        assert [request.path for request in output.requests] == ["/"]
    assert waits == []


def failed(output: Output) -> str:
    """The one-line message of a check that fails."""
    status, message = output.connection()
    assert (status, output.code, output.errors) == ("FAILED", 0, [])
    assert message
    assert "\n" not in message
    assert "Traceback" not in message
    assert "sgp_" not in output.text
    return message


@pytest.mark.parametrize(
    "fault",
    [
        Fault("not_json", body="<html><body>Sign in to the Wi-Fi</body></html>", times=None),
        Fault("not_json", body='{"status": "ok"}', times=None),
        Fault("not_json", body='{"data": {"hello": "world"}}', times=None),
        Fault("status", status=404, body="<html><body>404 Not Found</body></html>", times=None),
        Fault("status", status=404, body='{"message": "no Route matched with those values"}', times=None),
        Fault("status", status=403, body="<html><body>Blocked by the proxy</body></html>", times=None),
    ],
    ids=lambda fault: fault.body,
)
def test_check_of_a_host_that_is_not_segments(connect: Connect, fault: Fault) -> None:
    message = failed(connect(faults=[fault]).check())

    assert "workspace" in message
    assert "<html>" not in message


def test_each_failure_of_a_check_has_its_own_message(connect: Connect) -> None:
    connector = connect(other_region="401")
    redirecting = connect(other_region="redirect", other_region_url=connector.sim.url)
    portal = connect(faults=[Fault("not_json", body="<html>", times=None)])
    closed = "http://127.0.0.1:9"  # the port of the discard service, where no server runs
    token = connector.sim.other_region_token
    cases = [
        (connector.check(api_token="sgp_not-the-right-one"), ["api_token", "region", "HTTP 401"]),
        (redirecting.check(api_token=token), ["redirects", "region"]),
        (connector.check(api_url=closed), ["127.0.0.1:9 cannot be reached", "network"]),
        (portal.check(), ["not the JSON of the Segment API"]),
        (connector.check(api_token=""), ["does not match"]),
    ]

    for output, texts in cases:
        assert all(text in failed(output) for text in texts), failed(output)
    assert len({failed(output) for output, _ in cases}) == len(cases)
    assert failed(connector.check(api_token=token)) == failed(cases[0][0])  # a token of the other region is wrong here
