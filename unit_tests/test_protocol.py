"""The commands of the Airbyte protocol: spec, discover, and what check says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from unit_tests import facts
from unit_tests.connector import Connector, Json, Output
from unit_tests.issue import CORE, INCREMENTAL, KEYS

Connect = Callable[..., Connector]
Host = Callable[[int, str], str]
CLOSED = "http://127.0.0.1:9"  # the port of `discard`, where nobody listens


@pytest.fixture
def host() -> Iterator[Host]:
    """Starts servers that answer everything with one status and body; returns their URL."""
    with ExitStack() as stack:

        def start(status: int, body: str) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body.encode())))
                    self.end_headers()
                    self.wfile.write(body.encode())

                def log_message(self, *_: Any) -> None:
                    """Say nothing."""

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield start


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each attempt to connect or look up a host fail the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)


def failed(output: Output) -> str:
    """The message of a failed check that says nothing else."""
    status, message = output.connection()
    assert (status, output.code, output.errors) == ("FAILED", 0, [])
    assert message
    assert "Traceback" not in message
    assert "\n" not in message
    return message


# --------------------------------------------------------------------------------- spec, discover


@pytest.fixture
def spec(connect: Connect, offline: None) -> Json:
    """What `spec` says about the connection."""
    output = connect().run("spec")
    assert output.code == 0
    [found] = [m["spec"] for m in output.messages if m["type"] == "SPEC"]
    connection: Json = found["connectionSpecification"]
    return connection


def test_spec_orders_the_options_as_the_ui_shows_them(spec: Json) -> None:
    fields = spec["properties"]

    assert [fields[name]["order"] for name in fields] == list(range(len(fields)))
    assert list(fields)[:3] == ["api_token", "start_date", "region"]
    assert list(fields)[-1] == "api_url"
    assert "num_workers" in fields


def test_spec_requires_token_and_date_only(spec: Json) -> None:
    assert set(spec["required"]) == {"api_token", "start_date"}
    assert spec["additionalProperties"] is True
    optional = set(spec["properties"]) - set(spec["required"]) - {"api_url", "page_size"}
    assert [name for name in optional if "default" not in spec["properties"][name]] == []


def test_spec_hides_the_token_and_the_url(spec: Json) -> None:
    fields = spec["properties"]

    secret = {name for name, field in fields.items() if field.get("airbyte_secret")}
    hidden = {name for name, field in fields.items() if field.get("airbyte_hidden")}
    assert secret == {"api_token"}
    assert hidden == {"api_url"}


def test_spec_offers_a_date_picker_and_the_regions(spec: Json) -> None:
    fields = spec["properties"]

    assert fields["start_date"]["format"] == "date"
    assert fields["region"]["enum"] == ["us", "eu"]
    assert fields["region"]["default"] == "us"
    for name, field in fields.items():
        assert field["title"], name
        assert field["description"].endswith("."), name


def test_discover_needs_no_network(connect: Connect, offline: None) -> None:
    streams = connect().discover(api_url="https://segment.invalid").catalog()

    assert list(streams) == facts.NAMES
    assert len(streams) == 71
    for name in CORE:
        assert streams[name]["source_defined_primary_key"] == [[field] for field in KEYS[name]]


def test_discover_tells_modes_cursors_and_schemas(connect: Connect, offline: None) -> None:
    streams = connect().discover().catalog()

    for name, stream in streams.items():
        assert stream["json_schema"] == facts.schema(name), name
        if "incremental" in stream["supported_sync_modes"]:
            sync = facts.STREAMS[name]["incremental_sync"]
            assert stream["default_cursor_field"] == [sync["cursor_field"]]
            assert stream["source_defined_cursor"] is True
        else:
            assert stream["supported_sync_modes"] == ["full_refresh"]
            assert not stream.get("default_cursor_field")
    incremental = [n for n in CORE if "incremental" in streams[n]["supported_sync_modes"]]
    assert incremental == INCREMENTAL
    assert {tuple(streams[name]["default_cursor_field"]) for name in INCREMENTAL} == {("timestamp",)}


# ------------------------------------------------------------------------------------------ check


def test_check_proves_the_token_and_names_the_workspace(connect: Connect) -> None:
    connector = connect()

    output = connector.check()

    assert output.code == 0
    assert output.connection()[0] == "SUCCEEDED"
    assert output.requests[0].path == "/"
    name = connector.sim.workspace.workspace["name"]
    assert [text for level, text in output.logs if level == "INFO" and name in text]
    assert output.warnings() == []


def test_check_tells_what_the_plan_lacks_with_few_requests(connect: Connect) -> None:
    connector = connect(size="small", tier="team")

    output = connector.check()

    assert output.connection()[0] == "SUCCEEDED"
    [warning] = output.warnings()
    for feature in ("Audit Trail", "Protocols", "access management", "Unify or Engage"):
        assert feature in warning
    for stream in ("audit_events", "transformations", "groups", "spaces"):
        assert stream in warning
    assert " users" not in warning
    assert "destination_subscriptions" not in warning
    # The workspace, and for each of nine features a list: at most a parent, its page, and the list.
    assert len(output.requests) <= 20
    assert max(output.asked().values()) <= 2


def test_check_does_not_depend_on_the_size_of_the_workspace(connect: Connect) -> None:
    small, medium = (len(connect(size=size).check().requests) for size in ("small", "medium"))

    assert abs(small - medium) <= 1


def test_check_with_a_wrong_token(connect: Connect) -> None:
    output = connect().check(api_token="sgp_not-the-right-one")

    message = failed(output)
    assert "token" in message
    assert "region" in message
    assert "sgp_not-the-right-one" not in output.text
    assert {request.path for request in output.requests} == {"/"}


@pytest.mark.parametrize("other", ["401", "redirect"])
def test_check_with_a_token_of_the_other_region(connect: Connect, other: str) -> None:
    connector = connect(other_region=other)
    token = connector.sim.other_region_token

    output = connector.check(api_token=token)

    message = failed(output)
    assert "region" in message
    assert token not in output.text
    assert {request.path for request in output.requests} == {"/"}


def test_check_without_network(connect: Connect) -> None:
    output = connect().check(api_url=CLOSED)

    message = failed(output)
    assert f"{CLOSED} cannot be reached" in message
    assert "network" in message


# Answers of hosts that are not Segment's: a portal, another API, an error page.
OTHERS = {
    "a page": (200, "<html><body>Sign in to the Wi-Fi</body></html>"),
    "other JSON": (200, '{"status": "ok"}'),
    "other data": (200, '{"data": {"hello": "world"}}'),
    "a list": (200, "[]"),
    "nothing": (200, ""),
    "not found": (404, "<html><body>404 Not Found</body></html>"),
    "JSON not found": (404, '{"message": "no Route matched with those values"}'),
    "forbidden": (403, "<html><body>Blocked by the proxy</body></html>"),
    "an error": (502, "<html><body>502 Bad Gateway</body></html>"),
}


@pytest.mark.parametrize("answer", OTHERS)
def test_check_of_a_host_that_is_not_segments(connect: Connect, host: Host, answer: str) -> None:
    url = host(*OTHERS[answer])

    output = connect().check(api_url=url)

    message = failed(output)
    assert not any("Connected to the workspace" in text for _, text in output.logs)
    assert "sgp_" not in output.text
    assert message[0].isupper() or message.startswith("http")


def test_each_failure_of_a_check_has_its_own_message(connect: Connect, host: Host) -> None:
    connector = connect(other_region="redirect")

    messages = [
        failed(connector.check(api_token="sgp_not-the-right-one")),
        failed(connector.check(api_token=connector.sim.other_region_token)),
        failed(connector.check(api_url=CLOSED)),
        failed(connector.check(api_url=host(*OTHERS["a page"]))),
        failed(connector.check(api_token="")),
    ]

    assert len({message.split(" (")[0] for message in messages}) == len(messages)


def test_read_with_a_wrong_token_ends_at_once_with_one_sentence(connect: Connect) -> None:
    output = connect().read(CORE, api_token="sgp_not-the-right-one")

    assert output.code == 1
    assert output.records == {}
    messages = {error["message"] for error in output.errors}
    [message] = messages
    assert "token" in message
    assert {error["failure_type"] for error in output.errors} == {"config_error"}


def test_an_unknown_stream_in_the_catalog_is_not_silent(connect: Connect) -> None:
    output = connect().read(["users", "no_such_stream"])

    assert output.records["users"]
    assert output.status("users") == "COMPLETE"
    assert "no_such_stream" in output.text
    assert output.statuses["no_such_stream"][-1:] != ["COMPLETE"]
