"""The token stays with the connector, and other people's secrets stay with Segment."""

import json
import re
from typing import Any

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector, same
from unit_tests.faults.assertions import SUMMARY, Connect, truth

MASK = "[redacted]"
# The secrets in the simulator's workspaces: random ones, and a few fixed ones.
SECRET = re.compile(r"(?:wk|sk|ak|pw|tk|pem)_[0-9a-f]{40}|(?:hunter2|s3cr3t|hash-key)-example")


@pytest.mark.usefixtures("fast_clock")
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
    assert {request.headers["Authorization"] for request in output.requests} == {f"Bearer {small.sim.token}"}
    assert small.sim.token not in output.text


def structure(value: Any) -> Any:
    """A record without its plain values."""
    if isinstance(value, dict):
        return {name: structure(part) for name, part in value.items()}
    return [structure(part) for part in value] if isinstance(value, list) else None


@pytest.mark.slow
def test_redact_secrets(connect: Connect) -> None:
    """The structure of a record stays, and only secrets are masked."""
    connector = connect()
    streams = [name for name in facts.NAMES if name != SUMMARY]

    output = connector.read(streams, redact_secrets=True)

    assert output.code == 0
    assert SECRET.findall(output.text) == []
    masked = set()
    for name in streams:
        found, wanted = output.records[name], truth(connector, name)
        same(map(structure, found), map(structure, wanted))
        masked |= {field for record in found for field, value in record.items() if MASK in json.dumps(value)}
        if not SECRET.search(json.dumps(wanted)):
            same(found, wanted)
    assert {re.sub(".*(ettings|onfiguration|writeKeys)$", "", field) for field in masked} == {"", "destinationMapping"}


def test_redact_password_in_an_address(connect: Connect) -> None:
    connector = connect()
    settings = {"address": "postgres://user:p/w@host/db", "page": "https://host/path?to=a@b"}
    connector.sim.workspace.sources[0]["settings"] = settings

    output = connector.read(["sources"], redact_secrets=True)

    assert output.records["sources"][0]["settings"] == settings | {"address": MASK}


def test_redact_secrets_is_the_default(connect: Connect) -> None:
    connector = connect(size="small")
    del connector.config["redact_secrets"]
    apps = [{"apiKey": {"id": 7, "none": None, "on": False, "name": "s3cr3t-example"}}, "x"]
    pair, url = {"name": "password", "value": "s3cr3t-example"}, "https://etl:hunter2-example@db.example.com/"
    plain = {"host": "db.example.com", "port": 5432, "on": True}
    connector.sim.workspace.sources[0]["settings"] = plain | {"url": url, "apps": apps, "pair": pair}

    output = connector.read(["sources", "warehouses"])

    assert SECRET.findall(output.text) == []
    settings = output.records["sources"][0]["settings"]
    assert settings.pop("pair")["value"] == MASK
    masked = [{"apiKey": {"id": MASK, "none": None, "on": False, "name": MASK}}, "x"]
    assert settings == plain | {"url": MASK, "apps": masked}
