"""Responses of a server in trouble, and bodies that are not what the API promises."""

from dataclasses import replace

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector
from unit_tests.faults.assertions import LISTS, OTHERS, SYSTEM, TRANSIENT, Connect, assert_complete, assert_failed

Cases = list[tuple[Fault, str, str]]
HTML = "<html>Sign in to the Wi-Fi</html>"
# Each fault with the type and the text of the error if it lasts; "{list}" is the key of the list.
STATUSES: Cases = [
    *((Fault("status", status=status), TRANSIENT, f"HTTP {status}") for status in (408, 500, 502, 503)),
    *((Fault("status", status=status, body=HTML), TRANSIENT, f"HTTP {status}") for status in (403, 404)),
    (Fault("reset"), TRANSIENT, "cannot be reached"),
    (Fault("truncated"), TRANSIENT, "cannot be reached"),  # the connection ends in the middle of the body
]
NO_JSON = [HTML, '{"data": {"users": [{"id": "a", "na', "[]", "1", '{"data": []}', '{"errors": []}']
NOT_SEGMENT, NO_LIST = "a body that is not the JSON of the Segment API", "a body without '{list}'"
BODIES: Cases = [
    *((Fault("not_json", body=body), SYSTEM, NOT_SEGMENT) for body in NO_JSON),
    *((Fault(kind), SYSTEM, NOT_SEGMENT) for kind in ("no_data", "data_null")),
    *((Fault(kind), SYSTEM, NO_LIST) for kind in ("list_missing", "list_null", "list_object")),
    (Fault("not_json", body='{"data": {"{list}": [null]}}'), SYSTEM, NO_LIST),
]
each_kind = pytest.mark.parametrize("cases", [STATUSES, BODIES], ids=["status", "body"])


def parameters(stream: str) -> dict[str, str]:
    """The parameters of a stream in the manifest."""
    return dict(facts.STREAMS[stream]["$parameters"])


def second_pages(connector: Connector, cases: Cases, times: int | None) -> dict[str, Fault]:
    """Let the second page of each list have one of the faults; returns them by stream."""
    faults = {
        name: replace(
            fault,
            match=f"^{parameters(name)['path']}$",
            body=fault.body and fault.body.replace("{list}", parameters(name)["records"]),
            page=2,
            times=times,
        )
        for name, (fault, *_) in zip(LISTS[: len(cases)], cases, strict=True)
    }
    connector.sim.faults.add(*faults.values())
    return faults


@each_kind
def test_fault_that_passes(connect: Connect, cases: Cases) -> None:
    connector = connect(size="small", page_cap=2)
    faults = second_pages(connector, cases, times=2)

    output = connector.read([*faults, *OTHERS])

    assert {name: fault.hits for name, fault in faults.items()} == dict.fromkeys(faults, 2)
    assert (output.code, output.errors, output.warnings()) == (0, [], [])
    assert_complete(connector, output, *faults, *OTHERS)


@each_kind
def test_fault_that_lasts(connect: Connect, cases: Cases) -> None:
    connector = connect(size="small", page_cap=2)
    faults = second_pages(connector, cases, times=None)

    output = connector.read([*faults, *OTHERS])

    for name, (_, failure_type, text) in zip(faults, cases, strict=True):
        assert_failed(output, name, failure_type, text.replace("{list}", parameters(name)["records"]))
        assert len(output.records[name]) == 2  # the first page
        assert faults[name].hits == 6
    assert "<html>" not in str(output.errors)
    assert all(name in output.errors[-1]["message"] for name in faults)  # which streams failed
    assert_complete(connector, output, *OTHERS)


def test_object_that_is_missing(small: Connector) -> None:
    body = '{"data": {}}'
    small.sim.faults.add(*(Fault("not_json", path, body=body, times=None) for path in ("^/$", "advanced-sync")))
    streams = {"workspace": "workspace", "warehouse_advanced_sync_schedules": "data"}

    output = small.read([*streams, "users"])

    for name, key in streams.items():
        assert_failed(output, name, SYSTEM, f"a body without '{key}'")
    assert_complete(small, output, "users")


def test_broken_page_of_parents(small: Connector) -> None:
    """The CDK caches the pages of parents: a retry must not get the broken page again."""
    small.sim.faults.add(Fault("list_null", "^/sources$", page=2, times=3))
    streams = ["source_details", "source_schema_settings", "sources"]

    output = small.read(streams)

    assert output.code == 0, output.errors
    assert_complete(small, output, *streams)


@pytest.mark.parametrize("status", [400, 422])
def test_rejected_request(small: Connector, status: int) -> None:
    body = '{"errors": [{"type": "input-validation", "message": "period is wrong"}]}'
    small.sim.faults.add(Fault("status", "^/users$", status=status, body=body, times=None))

    output = small.read(["users", *OTHERS])

    assert_failed(output, "users", SYSTEM, f"HTTP {status}: period is wrong")
    assert output.asked()["listUsers"] == 1
    assert_complete(small, output, *OTHERS)


def test_operation_that_fails_for_each_parent(connect: Connect) -> None:
    """When all tries of all workers have failed, it fails at once: each parent would take half a minute."""
    connector = connect(size="small")
    sources = connector.sim.workspace.sources
    sources += [sources[0] | {"id": f"more{n}"} for n in range(60)]
    fault = Fault("status", "^/sources/", status=500, times=None)
    connector.sim.faults.add(fault)

    output = connector.read(["source_details", *OTHERS], num_workers=2)

    assert_failed(output, "source_details", TRANSIENT, "HTTP 500")
    assert fault.hits <= 6 * 2 + len(sources)  # one for each parent, after the tries of both workers
    assert_complete(connector, output, *OTHERS)
