"""The token stays with the connector, and other people's secrets stay with Segment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator import Fault
from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.connector import Connector, same
from unit_tests.faults.judge import truth
from unit_tests.faults.process import Process

Connect = Callable[..., Connector]
WITH_SECRETS = [
    "sources", "source_details", "warehouse_connected_sources", "tracking_plan_sources",
    "credential_sources", "destinations", "source_connected_destinations", "warehouses",
    "source_connected_warehouses", "credential_warehouses",
    "credentials", "profiles_warehouses", "transformations",
    "audience_activations", "audience_destination_connections", "insert_function_instances",
]  # fmt: skip
# What the simulator's generator makes: `words.secret`, and a few fixed ones.
MASK = "[redacted]"
SECRET = re.compile(r"(?:wk|sk|ak|pw|tk|pem)_[0-9a-f]{40}|(?:hunter2|s3cr3t|hash-key)-example")


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


def shape(value: Any) -> Any:
    """The structure of a record without its plain values."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else None


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer  "])
def test_token_is_echoed_by_the_api(small: Connector, prefix: str) -> None:
    small.sim.faults.add(
        Fault("echo_auth", "listUsers", status=500, times=None),
        Fault("echo_auth", "listSources", status=422, times=None),
        Fault("echo_auth", "listUserGroups", status=403, times=None),
        Fault("echo_auth", "listWarehouses", status=429, times=2),
        Fault("not_json", "listDestinations", body=f"<p>{small.sim.token}</p>", times=None),
    )
    streams = ["users", "sources", "groups", "destinations", "warehouses", "source_details"]

    output = small.read(streams, api_token=prefix + small.sim.token)

    assert output.code == 1
    assert output.failures().keys() >= {"users", "sources", "destinations"}
    assert {r.headers["Authorization"] for r in output.requests} == {f"Bearer {small.sim.token}"}
    assert small.sim.token not in output.text
    checked = small.check(api_token=prefix + small.sim.token)
    assert small.sim.token not in checked.text


def test_token_in_debug_mode(connect: Connect) -> None:
    """Nor in a file; and what it says on the error stream counts as well."""
    live = connect(size="small", now=None)
    live.config["api_token"] = f"Bearer {live.sim.token}"
    live.sim.faults.add(
        Fault("echo_auth", "listUsers", status=422, times=None),
        Fault("reset", "listSources", times=1),
    )
    run = Process(live, "read", ["users", "sources", "workspace"], "--debug")
    code, said, errors = run.end()

    assert code == 1
    assert '"DEBUG"' in said
    assert "Authorization" in said  # headers are told, without the token
    assert live.sim.token not in said + errors
    assert list(run.temporary.iterdir()) == []


def test_redact_secrets(connect: Connect) -> None:
    connector = connect(size="small")
    streams = [name for name in STREAMS if name != SUMMARY]

    output = connector.read(streams, redact_secrets=True)

    assert output.code == 0
    assert SECRET.findall(output.text) == []
    masked = set()
    for name in streams:
        records, wanted = output.records[name], truth(connector, name)
        order = {json.dumps(shape(r), sort_keys=True) for r in wanted}
        assert {json.dumps(shape(r), sort_keys=True) for r in records} == order
        assert len(records) == len(wanted)
        if SECRET.search(json.dumps(wanted)):
            masked.add(name)
            hidden = [path for r in records for path, v in leaves(r) if v == MASK]
            assert hidden
            assert all(
                re.search("ettings|onfiguration|writeKeys", "/".join(path)) for path in hidden
            )
        else:
            same(records, wanted)
    assert masked == set(WITH_SECRETS)


def test_redact_secrets_off(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read(WITH_SECRETS, redact_secrets=False)

    for name in WITH_SECRETS:
        same(output.records[name], truth(connector, name))
    assert SECRET.search(output.text)


def test_redact_secrets_is_the_default(connect: Connect) -> None:
    connector = connect(size="small")
    del connector.config["redact_secrets"]
    connector.sim.workspace.sources[0]["settings"] = {
        "host": "db.example.com",
        "url": "https://etl:hunter2-example@db.example.com/",
        "port": 5432,
        "on": True,
        "list": [{"apiKey": {"id": 7, "none": None, "on": False, "name": "s3cr3t-example"}}, "x"],
    }

    output = connector.read(["sources", "warehouses"])

    assert output.code == 0
    assert SECRET.findall(output.text) == []
    assert output.records["sources"][0]["settings"] == {
        "host": "db.example.com",
        "url": MASK,
        "port": 5432,
        "on": True,
        "list": [{"apiKey": {"id": MASK, "none": None, "on": False, "name": MASK}}, "x"],
    }
