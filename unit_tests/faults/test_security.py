"""The token stays with the connector, and other people's secrets stay with Segment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector, same
from unit_tests.faults.assertions import truth
from unit_tests.faults.process import Process

Connect = Callable[..., Connector]
MASK = "[redacted]"
# The secrets of the simulator's workspaces: made by `words.secret`, and a few fixed ones.
SECRET = re.compile(r"(?:wk|sk|ak|pw|tk|pem)_[0-9a-f]{40}|(?:hunter2|s3cr3t|hash-key)-example")
SUMMARY = "destination_delivery_metrics_summary"  # whose records name the time of the sync


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each plain value of a record, with the names that lead to it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, (*path, name))
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    else:
        yield path, value


def paths(record: Any) -> frozenset[tuple[str, ...]]:
    """The structure of a record without its plain values."""
    return frozenset(path for path, _ in leaves(record))


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_token_is_repeated_by_the_api(small: Connector, prefix: str) -> None:
    small.sim.faults.add(
        Fault("echo_auth", "listUsers", status=500, times=None),
        Fault("echo_auth", "listSources", status=422, times=None),
        Fault("echo_auth", "listUserGroups", status=403, times=None),
        Fault("echo_auth", "listWarehouses", status=429, times=2),
        Fault("not_json", "listDestinations", body=f"<p>{small.sim.token}</p>", times=None),
    )
    streams = ["users", "sources", "groups", "destinations", "warehouses", "source_details"]

    output = small.read(streams, api_token=prefix + small.sim.token)

    assert output.failures().keys() >= {"users", "sources", "destinations"}
    assert {r.headers["Authorization"] for r in output.requests} == {f"Bearer {small.sim.token}"}
    assert small.sim.token not in output.text


def test_debug(connect: Connect) -> None:
    """No body and no token is logged, also of a response that is tried again."""
    live = connect(size="small", now=None)
    live.config |= {"api_token": f"Bearer {live.sim.token}", "redact_secrets": True}
    live.sim.workspace.workspace["slug"] = "hunter2-example"
    live.sim.faults.add(
        Fault("echo_auth", "listUsers", status=422, times=None),
        Fault("truncated", "listSources", times=2),
        Fault("status", "listWarehouses", status=500, body='{"key": "hunter2-example"}', times=2),
        Fault("not_json", "listDestinations", body='{"settings": {"key": "hunter2-example"', times=2),
    )
    streams = ["users", "sources", "warehouses", "destinations", "source_details"]
    runs = [Process(live, "read", streams, "--debug"), Process(live, "check", None, "--debug")]
    for run in runs:
        _, text, errors = run.end()
        print(text[-2000:], errors[-2000:])

        assert '"DEBUG"' in text
        assert live.sim.token not in text + errors
        assert SECRET.findall(text + errors) == []
        assert list(run.temporary.iterdir()) == []


def test_netrc(connect: Connect) -> None:
    """A `default` line applies to any host: it neither replaces the token, nor is it sent to where Segment redirects."""
    elsewhere = connect(now=None)
    live = connect(now=None, deny=["listUserGroups"])
    live.sim.faults.add(Fault("redirect", "^/roles$", url=f"{elsewhere.sim.url}/roles", times=None))
    netrc = live.folder / ".netrc"
    netrc.write_text("default login somebody password hunter2-example\n")
    netrc.chmod(0o600)

    for command, streams in (("read", ["users", "groups", "roles", "source_details"]), ("check", None)):
        Process(live, command, streams, environment={"NETRC": str(netrc)}).end()

    assert {r.path for r in live.sim.requests} >= {"/users", "/groups", "/roles", "/sources", "/"}
    assert {r.headers.get("Authorization") for r in live.sim.requests} == {f"Bearer {live.sim.token}"}
    assert {r.headers.get("Authorization") for r in elsewhere.sim.requests} <= {None}


def test_redact_secrets(connect: Connect) -> None:
    """The structure of a record stays, and only secrets are masked."""
    connector = connect(size="small")
    streams = [name for name in facts.NAMES if name != SUMMARY]

    output = connector.read(streams, redact_secrets=True)

    assert output.code == 0
    assert SECRET.findall(output.text) == []
    masked = set()
    for name in streams:
        records, wanted = output.records[name], truth(connector, name)
        if not SECRET.search(json.dumps(wanted)):
            same(records, wanted)
            continue
        masked.add(name)
        assert {paths(row) for row in records} == {paths(row) for row in wanted}
        hidden = {"/".join(path) for row in records for path, value in leaves(row) if value == MASK}
        assert hidden
        assert all(re.search("ettings|onfiguration|writeKeys", path) for path in hidden)
    assert len(masked) == 16


def test_redact_secrets_off(connect: Connect) -> None:
    connector = connect(size="small")
    streams = ["sources", "warehouses", "destinations", "transformations"]

    output = connector.read(streams, redact_secrets=False)

    for name in streams:
        same(output.records[name], truth(connector, name))
        assert SECRET.search(json.dumps(output.records[name]))


def test_redact_secrets_is_the_default(connect: Connect) -> None:
    connector = connect(size="small")
    del connector.config["redact_secrets"]
    connector.sim.workspace.sources[0]["settings"] = {
        "host": "db.example.com",
        "url": "https://etl:hunter2-example@db.example.com/",
        "port": 5432,
        "on": True,
        "list": [{"apiKey": {"id": 7, "none": None, "on": False, "name": "s3cr3t-example"}}, "x"],
        "pair": {"name": "password", "value": "s3cr3t-example"},
    }

    output = connector.read(["sources", "warehouses"])

    assert output.code == 0
    assert SECRET.findall(output.text) == []
    settings = output.records["sources"][0]["settings"]
    assert settings.pop("pair")["value"] == MASK
    assert settings == {
        "host": "db.example.com",
        "url": MASK,
        "port": 5432,
        "on": True,
        "list": [{"apiKey": {"id": MASK, "none": None, "on": False, "name": MASK}}, "x"],
    }
