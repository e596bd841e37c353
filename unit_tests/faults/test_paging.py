"""Lists that change, repeat or lose their pages while they are read."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from simulator.words import AWKWARD_IDS

from simulator import Fault
from unit_tests.connector import Connector, latest, same
from unit_tests.faults.assertions import OTHERS, SYSTEM, assert_complete, assert_failed, truth

Connect = Callable[..., Connector]


def test_empty_page_with_next(small: Connector) -> None:
    kinds = "empty_page_with_next", "odd_cursor"  # the latter so that its cursor differs from the page before
    small.sim.faults.add(*(Fault(kind, "listUsers", page=2) for kind in kinds))

    output = small.read(["users"])

    assert output.code == 0
    assert_complete(small, output, "users")
    assert output.asked()["listUsers"] == 4  # three pages and the empty one


def test_repeated_cursor(small: Connector) -> None:
    small.sim.faults.add(Fault("repeat_cursor", "listUsers", page=2, times=None))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, "Segment repeated a page of users")
    assert output.asked()["listUsers"] <= 4
    assert_complete(small, output, *OTHERS)


@pytest.mark.parametrize(("stream", "operation"), [("users", "listUsers"), ("audit_events", "listAuditEvents")])
def test_expired_cursor(small: Connector, stream: str, operation: str) -> None:
    """The list is read again from its first page."""
    small.sim.faults.add(Fault("expired_cursor", operation, page=3))

    output = small.read([stream])

    assert output.code == 0, output.errors
    same(latest(stream, ["id"], output), truth(small, stream))
    assert len(output.records[stream]) == len(truth(small, stream)) + 10  # the first two pages


def test_expired_cursor_of_parents(small: Connector) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listSources", page=2))
    streams = ["source_details", "source_schema_settings"]

    output = small.read(streams)

    assert output.code == 0, output.errors
    for name, key in zip(streams, ("id", "sourceId"), strict=True):
        same(latest(name, [key], output), truth(small, name))


def test_cursor_that_expires_twice(small: Connector) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listUsers", page=2, times=2))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, "cursor")
    assert output.asked()["listUsers"] == 4
    assert_complete(small, output, *OTHERS)


@pytest.mark.parametrize("kind", ["row_shift", "row_gone"])
def test_list_that_changes(small: Connector, kind: str) -> None:
    """A row that moves to the next page comes twice; a row that moves to a page already read is missing."""
    small.sim.faults.add(Fault(kind, "listUsers", page=2))

    output = small.read(["users"])

    assert output.code == 0
    users = truth(small, "users")
    missing = [users[5]] if kind == "row_gone" else []
    same(latest("users", ["id"], output), [user for user in users if user not in missing])


def test_odd_cursors_and_ids(small: Connector) -> None:
    """Cursors and ids with `/ .. ? # %` stay a value of the query and a segment of the path."""
    small.sim.faults.add(Fault("odd_cursor", ".", times=None))
    for row, awkward in zip(small.sim.workspace.sources, AWKWARD_IDS[2:], strict=False):
        row["id"] = awkward
    small.sim.workspace.sources[0]["id"] = "a/../../users?x=1#y%2F"

    output = small.read(["users", "sources", "source_details", "source_connected_warehouses"])

    assert output.code == 0
    assert_complete(small, output, "users", "sources")
    ids = {row["id"] for row in small.sim.workspace.sources}
    assert {row["id"] for row in output.records["source_details"]} == ids
    raw = {request.raw_path for request in output.requests}
    assert "/sources/a%2F..%2F..%2Fusers%3Fx%3D1%23y%252F" in raw
    assert any(path.startswith("/users?") and "%2F..%2Fa%3Fb%3D1%23%2541" in path for path in raw)
    assert {request.status for request in output.requests} == {200}


@pytest.mark.parametrize(
    "streams", [["users", "audit_events", "space_filters"], ["credential_sources", "credential_warehouses"]]
)
def test_pagination_beside_data(connect: Connect, streams: list[str]) -> None:
    connector = connect(size="small", page_cap=2, pagination_beside_data=True)

    output = connector.read(streams)

    assert output.code == 0, output.errors
    assert_complete(connector, output, *streams)


@pytest.mark.parametrize(("rows", "warnings"), [(199, 0), (200, 1)])
def test_full_page_without_pagination(connect: Connect, rows: int, warnings: int) -> None:
    connector = connect()
    body = ", ".join(f'{{"id": "s{n}"}}' for n in range(rows))
    connector.sim.faults.add(Fault("not_json", "^/sources$", body=f'{{"data": {{"sources": [{body}]}}}}', times=None))

    output = connector.read(["sources"])

    assert output.code == 0
    assert len(output.records["sources"]) == rows
    assert len(output.warnings()) == warnings
    assert all("Stream sources: 200 records" in text for text in output.warnings())


@pytest.mark.parametrize("prefix", ["", "ifnd_"])
def test_prefix_of_insert_functions(connect: Connect, prefix: str) -> None:
    connector = connect(size="small", insert_function_prefix=prefix)

    output = connector.read(["functions", "insert_function_instances"])

    assert output.code == 0, output.errors
    assert output.warnings() == []
    assert_complete(connector, output, "functions", "insert_function_instances")
    listed = {row["id"] for row in output.records["functions"]}
    assert {row["functionId"] for row in output.records["insert_function_instances"]} <= listed
