"""Lists that change, repeat or lose their pages while they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator import Fault
from simulator.words import AWKWARD_IDS
from unit_tests.connector import Connector
from unit_tests.faults.judge import OTHERS, complete, fails, truth


def test_empty_page_with_next(small: Connector) -> None:
    tricks = "empty_page_with_next", "odd_cursor"  # so that its next is not its own
    small.sim.faults.add(*(Fault(kind, "listUsers", page=2) for kind in tricks))

    output = small.read(["users"])

    assert output.code == 0
    complete(small, output, "users")
    assert output.asked()["listUsers"] == 4  # three pages and the empty one


def test_repeated_cursor(small: Connector) -> None:
    small.sim.faults.add(Fault("repeat_cursor", "listUsers", page=2, times=None))

    output = small.read(["users", *OTHERS])

    fails(output, "system_error", "Segment repeated a page cursor")
    assert output.asked()["listUsers"] <= 3
    assert len(output.records["users"]) == 10  # none twice
    complete(small, output, *OTHERS)


def test_expired_cursor(small: Connector) -> None:
    """422 in the middle of a list: it starts anew, and no row comes twice."""
    small.sim.faults.add(Fault("expired_cursor", "listUsers", page=3, times=3))

    output = small.read(["users"])

    assert output.code == 0
    complete(small, output, "users")
    assert output.asked()["listUsers"] == 3 * 4


def test_cursor_that_always_expires(small: Connector) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listUsers", page=2, times=None))

    output = small.read(["users", *OTHERS])

    fails(output, "transient_error", "Segment expired the page cursors of users again and again")
    assert output.asked()["listUsers"] == 2 * 4  # three restarts
    assert len(output.records["users"]) == 5
    complete(small, output, *OTHERS)


@pytest.mark.parametrize("times", [1, 3])
def test_expired_cursor_of_a_shared_parent(small: Connector, times: int) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listSources", page=2, times=times))
    names = ("sources", "source_details", "source_schema_settings", "source_connected_warehouses")

    output = small.read(names, num_workers=2)  # so that one reads before the others do

    assert output.code == 0, output.errors
    complete(small, output, *names)


def test_expired_cursor_of_a_window(small: Connector) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listAuditEvents", page=2))

    output = small.read(["audit_events"])

    assert output.code == 0
    complete(small, output, "audit_events")


def test_row_shift(small: Connector) -> None:
    """A new row in front moves the last row of a page to the next page, where it comes again."""
    small.sim.faults.add(Fault("row_shift", "listUsers", page=2))

    output = small.read(["users"])

    assert output.code == 0
    complete(small, output, "users")


def test_row_shift_of_parents(small: Connector) -> None:
    small.sim.faults.add(Fault("row_shift", "listSources", page=2))

    output = small.read(["source_details"])

    assert output.code == 0
    asked = [r.path for r in output.requests if r.operation == "getSource"]
    assert len(asked) == len(set(asked)) == len(output.records["source_details"])


def test_odd_cursor(small: Connector) -> None:
    """A cursor with `/ .. ? # %` stays a value of the query."""
    small.sim.faults.add(Fault("odd_cursor", ".", times=None))

    output = small.read(["users", "source_connected_warehouses"])

    assert output.code == 0
    complete(small, output, "users", "source_connected_warehouses")
    paths = {r.raw_path.partition("?")[0] for r in output.requests if r.operation == "listUsers"}
    assert paths == {"/users"}
    assert any("%2F..%2Fa%3Fb%3D1%23%2541" in r.raw_path for r in output.requests)


def test_odd_ids(small: Connector) -> None:
    """Ids with `/ ? # %` stay one segment of the path."""
    for row, awkward in zip(small.sim.workspace.sources, AWKWARD_IDS[2:], strict=False):
        row["id"] = awkward
    small.sim.workspace.sources[0]["id"] = "a/../../users?x=1#y%2F"

    output = small.read(["sources", "source_details", "source_connected_warehouses"])

    assert output.code == 0
    assert {r["id"] for r in output.records["source_details"]} == {
        row["id"] for row in small.sim.workspace.sources
    }
    raw = {r.raw_path for r in output.requests if r.operation == "getSource"}
    assert "/sources/a%2F..%2F..%2Fusers%3Fx%3D1%23y%252F" in raw
    assert all(r.status == 200 for r in output.requests)


@pytest.mark.parametrize("bad", [".", "..", ""])
def test_ids_that_would_leave_their_path(small: Connector, bad: str) -> None:
    small.sim.workspace.sources[0]["id"] = bad

    output = small.read(["source_connected_warehouses", *OTHERS])

    sentence = "Segment lists an id for source_connected_warehouses that would leave its path"
    fails(output, "system_error", sentence, "source_connected_warehouses")
    complete(small, output, *OTHERS)
    assert {r.operation for r in output.requests} <= {
        "listSources", "listWarehouses", "listConnectedWarehousesFromSource"
    }  # fmt: skip


def test_deleted_between_pages(connect: Callable[..., Connector]) -> None:
    """A row that goes while the list is read moves the next one back: nothing comes twice."""
    connector = connect(size="small", config={"page_size": 5})
    connector.sim.faults.add(Fault("row_gone", "listUsers", page=2))

    output = connector.read(["users"])

    assert output.code == 0
    every: list[dict[str, Any]] = truth(connector, "users")
    assert [u for u in every if u not in output.records["users"]] == [every[5]]
