"""Answers of a server in trouble, and bodies that are not what the API promises."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from simulator import Fault
from unit_tests.connector import Connector
from unit_tests.faults.judge import OTHERS, complete, fails, gives_up, recovers, truth

NOT_SEGMENT = "Segment answered users with a body that is not the JSON of the Segment API"
NO_LIST = "Segment answered users with a body without 'users'"


def test_500(small: Connector) -> None:
    fault = Fault("status", status=500)
    recovers(small, fault)
    gives_up(small, fault, "transient_error", "Segment answered users with HTTP 500 (6 tries)")


def test_502_with_html_body(small: Connector) -> None:
    fault = Fault("status", status=502)
    recovers(small, fault)
    output = gives_up(small, fault, "transient_error", "HTTP 502")
    assert "<html>" not in str(output.errors[0]["message"])


@pytest.mark.parametrize("status", [403, 404])
def test_refusal_by_a_gateway(small: Connector, status: int) -> None:
    """It is Segment that says what a plan lacks; an overwritten table must not become empty."""
    fault = Fault("status", status=status, body="<html>Access denied</html>")
    recovers(small, fault)
    gives_up(small, fault, "transient_error", f"Segment answered users with HTTP {status}")


def test_503(small: Connector) -> None:
    fault = Fault("status", status=503, retry_after=1)
    recovers(small, fault)
    gives_up(small, fault, "transient_error", "HTTP 503")


@pytest.mark.parametrize(
    "rows", ['{"subjectType": "USER_ID", "subjectIds": "abc"}', '{"subjectIds": {"a": 1}}']
)
def test_inner_list_of_another_shape(small: Connector, rows: str) -> None:
    body = f'{{"data": {{"suppressed": [{rows}]}}}}'
    small.sim.faults.add(Fault("not_json", "/suppressions", body=body, times=None))

    output = small.read(["suppressions"])

    fails(output, "system_error", "entries of 'subjectIds' that are no records", "suppressions")
    assert output.records["suppressions"] == []


def test_values_that_are_no_dates_and_no_numbers(small: Connector) -> None:
    for path, body in {
        "/audit-events": '{"data": {"events": [{"id": "a", "timestamp": "soon"}, {"id": "b"}]}}',
        "/usage/mtu/daily": '{"data": {"dailyWorkspaceMTUUsage": [{"timestamp": "2026-03-01T00:00'
        ':00.000Z", "anonymous": "--5", "identified": "-5"}]}}',
    }.items():
        small.sim.faults.add(Fault("not_json", path, body=body, times=None))

    output = small.read(["audit_events", "usage_mtu_workspace_daily"], start_date="2026-03-01")

    assert output.code == 0, output.errors
    assert [row["id"] for row in output.records["audit_events"]] == ["a", "b"]
    (row,) = output.records["usage_mtu_workspace_daily"]
    assert (row["anonymous"], row["identified"]) == ("--5", -5)


def test_truncated_json(small: Connector) -> None:
    """The connection ends in the middle of the body, or the body ends early."""
    recovers(small, Fault("truncated"))
    gives_up(small, Fault("truncated"), "transient_error", "cannot be reached")
    whole = Fault("not_json", body='{"data": {"users": [{"id": "a", "na')
    recovers(small, whole)
    gives_up(small, whole, "system_error", NOT_SEGMENT)


def test_not_json(small: Connector) -> None:
    fault = Fault("not_json", body="<html>Sign in to the hotel's network</html>")
    recovers(small, fault)
    gives_up(small, fault, "system_error", NOT_SEGMENT)


@pytest.mark.parametrize("body", ["[]", "null", "1", '"text"', '{"data": []}', '{"errors": []}'])
def test_json_of_another_shape(small: Connector, body: str) -> None:
    gives_up(small, Fault("not_json", body=body), "system_error", NOT_SEGMENT)


def test_no_data(small: Connector) -> None:
    recovers(small, Fault("no_data"))
    gives_up(small, Fault("no_data"), "system_error", NOT_SEGMENT)


def test_data_null(small: Connector) -> None:
    recovers(small, Fault("data_null"))
    gives_up(small, Fault("data_null"), "system_error", NOT_SEGMENT)


def test_list_missing(small: Connector) -> None:
    recovers(small, Fault("list_missing"))
    gives_up(small, Fault("list_missing"), "system_error", NO_LIST)


def test_list_null(small: Connector) -> None:
    recovers(small, Fault("list_null"))
    gives_up(small, Fault("list_null"), "system_error", NO_LIST)


def test_list_is_an_object(small: Connector) -> None:
    recovers(small, Fault("list_object"))
    gives_up(small, Fault("list_object"), "system_error", NO_LIST)


def test_object_missing(small: Connector) -> None:
    small.sim.faults.add(Fault("list_null", "getWorkspace", times=None))

    output = small.read(["workspace", *OTHERS])

    fails(output, "system_error", "a body without 'workspace'", "workspace")
    complete(small, output, *OTHERS)


def test_broken_body_of_a_child(small: Connector) -> None:
    one = f"^/sources/{small.sim.workspace.sources[2]['id']}/connected-warehouses"
    small.sim.faults.add(Fault("list_null", one, times=None))

    output = small.read(["source_connected_warehouses", *OTHERS])

    fails(output, "system_error", "a body without 'warehouses'", "source_connected_warehouses")
    complete(small, output, *OTHERS)


def test_wrong_content_type(small: Connector) -> None:
    small.sim.faults.add(Fault("wrong_type", "listUsers", times=None))

    output = small.read(["users"])

    assert output.code == 0
    complete(small, output, "users")  # what counts is the body


def test_unknown_fields(small: Connector) -> None:
    small.sim.faults.add(Fault("extra_fields", "listUsers", times=None))

    output = small.read(["users"])

    assert output.code == 0
    extra = {"newField": {"a": [1, None]}, "Größe & more": "x"}
    assert output.records["users"] == [user | extra for user in truth(small, "users")]


def test_unknown_enum_values(small: Connector) -> None:
    small.sim.faults.add(Fault("unknown_enums", ".", times=None))

    output = small.read(["destination_subscriptions", "functions", "audit_events", *OTHERS])

    assert output.code == 0
    for name in ("destination_subscriptions", "functions", "audit_events"):
        assert output.status(name) == "COMPLETE"
        assert len(output.records[name]) == len(truth(small, name))
        assert "BRAND_NEW" in json.dumps(output.records[name])


def test_nulls_in_any_field(small: Connector) -> None:
    """Every optional field of every record is null, then each field but for the ids."""
    names = ["sources", "destinations", "warehouses", "users", "functions", "audit_events",
             "tracking_plans", "tracking_plan_rules", "transformations", "labels",
             "reverse_etl_models"]  # fmt: skip
    counts = {name: len(truth(small, name)) for name in names}
    fields = {key for name in names for row in truth(small, name) for key in row}
    ids = {key for key in fields if key.lower().endswith("id")}
    needed = {"resourceType", "timestamp", "time", "series"}
    for nulls in ((), tuple(fields - ids - needed)):
        small.sim.faults.clear()
        small.sim.faults.add(Fault("nulls", ".", times=None, fields=nulls))

        output = small.read(names, redact_secrets=True)

        assert output.code == 0, output.errors
        assert {name: len(output.records[name]) for name in names} == counts


def test_very_long_names(small: Connector) -> None:
    small.sim.faults.add(Fault("huge_names", "listUsers", times=None))

    output = small.read(["users"])

    assert output.code == 0
    assert output.records["users"] == [
        user | {"name": "N" * 100_000} if "name" in user else user for user in truth(small, "users")
    ]


def test_non_ascii_names(small: Connector) -> None:
    name = "Łódź 注文完了 👩‍👩‍👧‍👦 \u202eevil\u0000\u2028 \\ \" '"
    for row in small.sim.workspace.users:
        row["name"] = name

    output = small.read(["users"])

    assert [user["name"] for user in output.records["users"]] == [name] * 12


def test_page_of_1000_large_records(connect: Callable[..., Connector]) -> None:
    connector = connect(size="small", config={"page_size": 1000})
    (row, *_) = connector.sim.workspace.sources
    large = {"settings": {f"key{n}": "v" * 100 for n in range(40)}}
    connector.sim.workspace.sources[:] = [row | large | {"id": f"source{n}"} for n in range(1000)]

    output = connector.read(["sources"])

    assert output.code == 0
    assert output.asked()["listSources"] == 1
    complete(connector, output, "sources")


def test_workspace_without_sources(connect: Callable[..., Connector]) -> None:
    connector = connect(size="empty")
    names = ["sources", "users", "source_details", "source_connected_destinations", "events_volume",
             "destination_delivery_metrics_daily", "warehouse_selective_syncs"]  # fmt: skip

    output = connector.read(names)

    assert output.code == 0
    assert output.warnings() == []
    for name in names:
        assert output.status(name) == "COMPLETE"
        assert output.records[name] == []
