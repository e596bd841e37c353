"""Values in records that strict JSON readers, destinations or a careless client choke on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector
from unit_tests.faults.assertions import LISTS, assert_complete, truth

HALF, WHOLE = "\\ud83d", "\N{REPLACEMENT CHARACTER}"


def read_body(connector: Connector, stream: str, path: str, body: str) -> list[dict[str, Any]]:
    """The records of a stream whose responses have this body."""
    connector.sim.faults.add(Fault("not_json", path, body=body, times=None))
    output = connector.read([stream], start_date="2026-03-01")
    assert output.code == 0, output.errors
    return output.records[stream]


def test_half_a_surrogate_pair(connect: Callable[..., Connector]) -> None:
    """In the value of a field, a key, a series, and a name that becomes part of a path."""
    connector = connect(page_cap=2)
    connector.sim.workspace.sources[0]["settings"] = {"cut \ud83d": ["\ud83d", "whole 😀"]}
    streams = ["sources", "users", "events_volume", "space_events", "space_event_properties"]
    connector.sim.faults.add(Fault("half_surrogate", "^/(users|events/volume|spaces/[^/]+/events)$", times=None))

    output = connector.read(streams)

    assert output.code == 0, output.errors
    assert output.records["sources"][0]["settings"] == {f"cut {WHOLE}": [WHOLE, "whole 😀"]}
    for stream, name in {"users": "name", "events_volume": "eventName", "space_events": "name"}.items():
        cut = [f"{row[name]}{WHOLE}" if row.get(name) else "" for row in truth(connector, stream)]
        assert sorted(row[name] for row in output.records[stream]) == sorted(cut)
        assert len([text for text in output.warnings() if f"Stream {stream}: " in text and "U+FFFD" in text]) == 1
    paths = [r.raw_path for r in output.requests if r.operation == "listPropertiesFromEvent"]
    assert all(quote(WHOLE) + "/properties" in path for path in paths)
    assert len(paths) == len(truth(connector, "space_events"))


def test_number_or_text_that_json_readers_refuse(connect: Callable[..., Connector]) -> None:
    values = {
        "NaN": None,
        "[-Infinity, Infinity]": [None, None],
        '{"deep": 1e400}': {"deep": None},
        "18446744073709551616": 2**64,
        '{"deep": -123456789012345678901234567890}': {"deep": -123456789012345678901234567890},
        "1.5e3": 1500.0,
        f'["{HALF}", NaN, 18446744073709551616]': [WHOLE, None, 2**64],
        '"0001-01-01T00:00:00.000Z"': None,  # what Go writes for no time at all
        '"NaN Infinity \\\\ud83d"': "NaN Infinity \\ud83d",
    }
    connector, sent = connect(), dict(zip(LISTS, values, strict=False))  # each in a body of its own
    for name, value in sent.items():
        parameters = facts.STREAMS[name]["$parameters"]
        body = f'{{"data": {{"{parameters["records"]}": [{{"id": "u", "value": {value}}}]}}}}'
        connector.sim.faults.add(Fault("not_json", f"^{parameters['path']}$", body=body))

    output = connector.read(sent)

    assert output.code == 0, output.errors
    assert {sent[name]: output.records[name][0].get("value") for name in sent} == values


def test_number_sent_as_text(connect: Callable[..., Connector]) -> None:
    values = {'"18446744073709551616"': 2**64, '"-5"': -5, '"--5"': "--5", '"007"': "007", '""': "", "7": 7}
    rows = ", ".join(f'{{"timestamp": "2026-03-0{n}", "anonymous": {sent}}}' for n, sent in enumerate(values, 1))
    body = f'{{"data": {{"dailyWorkspaceMTUUsage": [{rows}]}}}}'

    usage = read_body(connect(), "usage_mtu_workspace_daily", "/usage/mtu/daily", body)

    assert [row["anonymous"] for row in usage] == list(values.values())


def test_timestamp_that_is_no_date(connect: Callable[..., Connector]) -> None:
    body = '{"data": {"events": [{"id": "a", "timestamp": "soon"}, {"id": "b"}]}}'

    events = read_body(connect(), "audit_events", "/audit-events", body)

    assert [event["id"] for event in events] == ["a", "b"]


def test_unusual_records(small: Connector) -> None:
    """Unknown fields and enum values, a wrong content type, and names that are long or of any alphabet."""
    name = "Łódź 注文完了 👩‍👩‍👧‍👦 \u202eevil\u0000\u2028 \\ \" '"
    for group in small.sim.workspace.groups:
        group["name"] = name
    small.sim.faults.add(
        Fault("extra_fields", "listSources", times=None),
        Fault("wrong_type", "listWarehouses", times=None),
        Fault("huge_names", "listUsers", times=None),
        Fault("unknown_enums", "listWorkspaceRegulations", times=None),
    )

    output = small.read(["sources", "warehouses", "users", "groups", "regulations"])

    assert output.code == 0, output.errors
    extra = {"newField": {"a": [1, None]}, "Größe & more": "x"}
    assert output.records["sources"] == [row | extra for row in truth(small, "sources")]
    assert_complete(small, output, "warehouses", "groups")
    assert {row["name"] for row in output.records["users"] if "name" in row} == {"N" * 100_000}
    assert {row["name"] for row in output.records["groups"]} == {name}
    assert len(output.records["regulations"]) == len(truth(small, "regulations"))
    assert {row["status"] for row in output.records["regulations"]} == {"BRAND_NEW"}


def test_nulls_in_any_field(connect: Callable[..., Connector]) -> None:
    """All fields but ids and times are null; a key field that is null becomes an empty string."""
    connector = connect(size="small")
    streams = ["sources", "destinations", "users", "functions", "audit_events", "tracking_plan_rules", "labels"]
    fields = {field for name in streams for row in truth(connector, name) for field in row}
    nulls = tuple(field for field in fields if field != "timestamp" and not field.lower().endswith("id"))
    connector.sim.faults.add(Fault("nulls", ".", times=None, fields=nulls))

    output = connector.read(streams, redact_secrets=True)

    assert output.code == 0, output.errors
    assert {name: len(output.records[name]) for name in streams} == {
        name: len(truth(connector, name)) for name in streams
    }
    assert {(row["key"], row["value"]) for row in output.records["labels"]} == {("", "")}
