"""Lists that change, repeat or lose their pages while they are read."""

import pytest

from simulator import Fault
from simulator.values import AWKWARD_IDS
from unit_tests import facts
from unit_tests.connector import Connector, latest, same
from unit_tests.faults.assertions import OTHERS, SYSTEM, Connect, assert_complete, assert_failed, truth


def test_repeated_cursor(small: Connector) -> None:
    small.sim.faults.add(Fault("repeat_cursor", "listUsers", page=2, times=None))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, "Segment repeated a page of users")
    assert output.asked()["listUsers"] <= 4
    assert_complete(small, output, *OTHERS)


@pytest.mark.parametrize(
    ("operation", "streams"),
    [
        ("listUsers", ["users"]),
        ("listAuditEvents", ["audit_events"]),
        ("listSources", ["source_details", "source_schema_settings"]),  # which read their parents there
    ],
)
def test_expired_cursor(small: Connector, operation: str, streams: list[str]) -> None:
    """The list is read again from its first page, whose records come twice."""
    small.sim.faults.add(Fault("expired_cursor", operation, page=2))

    output = small.read(streams)

    assert output.code == 0, output.errors
    for name in streams:
        same(latest(name, facts.STREAMS[name]["$parameters"]["primary_key"], output), truth(small, name))


def test_cursor_that_expires_twice(small: Connector) -> None:
    small.sim.faults.add(Fault("expired_cursor", "listUsers", page=2, times=2))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, "cursor")
    assert_complete(small, output, *OTHERS)


def test_odd_cursors_and_ids(small: Connector) -> None:
    """Cursors and ids with `/ .. ? # %` stay a value of the query and a segment of the path."""
    small.sim.faults.add(Fault("odd_cursor", ".", times=None))
    for row, awkward in zip(small.sim.workspace.sources, ["a/../../users?x=1#y%2F", *AWKWARD_IDS[3:]], strict=True):
        row["id"] = awkward

    output = small.read(["users", "sources", "source_details"])

    assert output.code == 0, output.errors
    assert_complete(small, output, "users", "sources", "source_details")
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

    assert_complete(connector, output, *streams)


@pytest.mark.parametrize(("rows", "warnings"), [(199, 0), (200, 1)])
def test_full_page_without_pagination(connect: Connect, rows: int, warnings: int) -> None:
    connector = connect()
    body = ", ".join(f'{{"id": "s{n}"}}' for n in range(rows))
    connector.sim.faults.add(Fault("not_json", "^/sources$", body=f'{{"data": {{"sources": [{body}]}}}}', times=None))

    output = connector.read(["sources"])

    assert output.code == 0
    assert len(output.records["sources"]) == rows
    assert [text.startswith("Stream sources: 200 records") for text in output.warnings()] == [True] * warnings


@pytest.mark.parametrize("prefix", ["", "ifnd_"])
def test_prefix_of_insert_functions(connect: Connect, prefix: str) -> None:
    connector = connect(size="small", insert_function_prefix=prefix)

    output = connector.read(["functions", "insert_function_instances"])

    assert (output.code, output.warnings()) == (0, [])
    assert_complete(connector, output, "functions", "insert_function_instances")
    assert output.records["insert_function_instances"]
