"""What a sync with a fault must end in: everything read, or one sentence and all the rest read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator import Fault
from unit_tests.connector import Connector, Output, same

OTHERS = ("sources", "warehouses")


def truth(connector: Connector, stream: str) -> list[dict[str, Any]]:
    """All records of a stream."""
    return connector.sim.truth(stream, connector.config["start_date"])


def complete(connector: Connector, output: Output, *streams: str) -> None:
    """Assert that these streams are complete, with exactly the true records."""
    for name in streams:
        assert output.status(name) == "COMPLETE"
        same(output.records[name], truth(connector, name))


def recovers(connector: Connector, fault: Fault) -> Output:
    """Assert that two such faults, in the middle of the list of users, cost nothing but time."""
    connector.sim.faults.clear()
    connector.sim.faults.add(hit := replace(fault, match="listUsers", page=2, times=2))

    output = connector.read(["users", *OTHERS])

    assert hit.hits == 2
    assert output.code == 0
    assert output.errors == []
    complete(connector, output, "users", *OTHERS)
    return output


def gives_up(connector: Connector, fault: Fault, kind: str, sentence: str) -> Output:
    """Assert that a lasting fault of the list of users ends that stream with one sentence."""
    connector.sim.faults.clear()
    connector.sim.faults.add(replace(fault, match="listUsers", page=2, times=None))

    output = connector.read(["users", *OTHERS])

    fails(output, kind, sentence)
    assert len(output.records["users"]) == 5  # the first page
    complete(connector, output, *OTHERS)
    return output


def fails(output: Output, kind: str, sentence: str, stream: str = "users") -> None:
    """Assert that a stream failed with one error of this kind."""
    assert output.code == 1
    assert output.status(stream) == "INCOMPLETE"
    own = [e for e in output.errors if (e.get("stream_descriptor") or {}).get("name") == stream]
    assert len(own) == 1
    assert (own[0]["failure_type"], sentence in own[0]["message"]) == (kind, True), own[0]
    assert len(own[0]["message"]) < 300
    assert "\n" not in own[0]["message"]
    assert "Traceback" not in own[0]["message"]
