"""Responses of a server in trouble, and bodies that are not what the API promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector
from unit_tests.faults.assertions import (
    LISTS,
    OTHERS,
    SYSTEM,
    TRANSIENT,
    assert_complete,
    assert_failed,
)

NOT_SEGMENT = "a body that is not the JSON of the Segment API"
# Each fault with the type and the text of the error if it lasts; "{list}" is the key of the list.
STATUSES = [
    (Fault("status", status=500), TRANSIENT, "HTTP 500"),
    (Fault("status", status=502), TRANSIENT, "HTTP 502"),  # with a page of HTML
    (Fault("status", status=503, retry_after=1), TRANSIENT, "HTTP 503"),
    (Fault("status", status=408), TRANSIENT, "HTTP 408"),
    (Fault("status", status=403, body="<html>Access denied</html>"), TRANSIENT, "HTTP 403"),
    (Fault("status", status=404, body="<html>Not found</html>"), TRANSIENT, "HTTP 404"),
    (Fault("reset"), TRANSIENT, "cannot be reached"),
    (Fault("truncated"), TRANSIENT, "cannot be reached"),  # the connection ends in the middle of the body
]
BODIES = [
    *(
        (Fault("not_json", body=body), SYSTEM, NOT_SEGMENT)
        for body in (
            '{"data": {"users": [{"id": "a", "na',
            "<html>Sign in to the Wi-Fi</html>",
            "[]",
            "1",
            '"text"',
            '{"data": []}',
            '{"errors": []}',
        )
    ),
    (Fault("no_data"), SYSTEM, NOT_SEGMENT),
    (Fault("data_null"), SYSTEM, NOT_SEGMENT),
    (Fault("list_missing"), SYSTEM, "a body without '{list}'"),
    (Fault("list_null"), SYSTEM, "a body without '{list}'"),
    (Fault("list_object"), SYSTEM, "a body without '{list}'"),
]


def second_page(connector: Connector, faults: list[Fault], times: int | None) -> dict[str, Fault]:
    """Let the second page of one list after the other have a fault."""
    paths = [facts.STREAMS[name]["$parameters"]["path"] for name in LISTS]
    hit = [replace(f, match=f"^{path}$", page=2, times=times) for f, path in zip(faults, paths, strict=False)]
    connector.sim.faults.add(*hit)
    return dict(zip(LISTS, hit, strict=False))


@pytest.mark.parametrize("cases", [STATUSES, BODIES], ids=["status", "body"])
def test_fault_that_passes(connect: Callable[..., Connector], cases: list[tuple[Fault, str, str]]) -> None:
    connector = connect(size="small", page_cap=2)
    faults = second_page(connector, [fault for fault, *_ in cases], times=2)

    output = connector.read([*faults, *OTHERS])

    assert {name: fault.hits for name, fault in faults.items()} == dict.fromkeys(faults, 2)
    assert (output.code, output.errors, output.warnings()) == (0, [], [])
    assert_complete(connector, output, *faults, *OTHERS)


@pytest.mark.parametrize("cases", [STATUSES, BODIES], ids=["status", "body"])
def test_fault_that_lasts(connect: Callable[..., Connector], cases: list[tuple[Fault, str, str]]) -> None:
    connector = connect(size="small", page_cap=2)
    faults = second_page(connector, [fault for fault, *_ in cases], times=None)

    output = connector.read([*faults, *OTHERS])

    for name, (_, failure_type, text) in zip(faults, cases, strict=True):
        assert_failed(output, name, failure_type, text.format(list=facts.STREAMS[name]["$parameters"]["records"]))
        assert len(output.records[name]) == 2  # the first page
        assert faults[name].hits == 6
    assert "<html>" not in str(output.errors)
    assert all(name in output.errors[-1]["message"] for name in faults)  # which streams failed
    assert_complete(connector, output, *OTHERS)


@pytest.mark.parametrize(
    ("stream", "match", "body", "text"),
    [
        ("workspace", "^/$", '{"data": {}}', "a body without 'workspace'"),
        ("source_details", "^/sources/", '{"data": {}}', "a body without 'source'"),
        ("warehouse_advanced_sync_schedules", "/advanced-sync-schedule", '{"data": {}}', "a body without 'data'"),
        ("source_connected_warehouses", "/connected-warehouses", '{"data": {"warehouses": null}}', "'warehouses'"),
    ],
)
def test_record_or_list_of_a_parent_missing(small: Connector, stream: str, match: str, body: str, text: str) -> None:
    small.sim.faults.add(Fault("not_json", match=match, body=body, times=None))

    output = small.read([stream, *OTHERS])

    assert_failed(output, stream, SYSTEM, text)
    assert_complete(small, output, *OTHERS)


def test_broken_page_of_parents(small: Connector) -> None:
    """The CDK caches the pages of parents: a retry must not get the broken page again."""
    small.sim.faults.add(Fault("list_null", "^/sources$", page=2, times=3))

    output = small.read(["source_details", "source_schema_settings", "sources"])

    assert output.code == 0, output.errors
    assert_complete(small, output, "source_details", "source_schema_settings", "sources")


@pytest.mark.parametrize("status", [422, 400])
def test_rejected_request(small: Connector, status: int) -> None:
    body = '{"errors": [{"type": "input-validation", "message": "period is wrong", "field": "period"}]}'
    small.sim.faults.add(Fault("status", "^/users$", status=status, body=body, times=None))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, f"HTTP {status}: period is wrong")
    assert output.asked()["listUsers"] == 1
    assert_complete(small, output, *OTHERS)


def test_operation_that_fails_for_each_parent(connect: Callable[..., Connector]) -> None:
    """All tries of all workers have failed: trying each parent would take half a minute each."""
    connector = connect(size="small")
    sources = connector.sim.workspace.sources
    sources += [sources[0] | {"id": f"more{n}"} for n in range(60)]
    fault = Fault("status", "^/sources/", status=500, times=None)
    connector.sim.faults.add(fault)

    output = connector.read(["source_details", *OTHERS], num_workers=2)

    assert_failed(output, "source_details", TRANSIENT, "HTTP 500")
    assert fault.hits <= 6 * 2 + len(sources)
    assert_complete(connector, output, *OTHERS)
