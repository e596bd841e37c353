"""Values that strict readers of JSON refuse, or that other readers change."""

from urllib.parse import quote

from simulator import Fault
from unit_tests import facts
from unit_tests.faults.assertions import LISTS, Connect, truth

WHOLE = "\N{REPLACEMENT CHARACTER}"


def test_half_a_surrogate_pair(connect: Connect) -> None:
    """In the value of a field, a key, a series, and a name that becomes part of a path."""
    connector = connect(page_cap=2)
    connector.sim.workspace.sources[0]["settings"] = {"cut \ud83d": ["\ud83d", "whole 😀"]}
    names = {"users": "name", "events_volume": "eventName", "space_events": "name"}
    connector.sim.faults.add(Fault("half_surrogate", "^/(users|events/volume|spaces/[^/]+/events)$", times=None))

    output = connector.read(["sources", "space_event_properties", *names])

    assert output.code == 0, output.errors
    assert output.records["sources"][0]["settings"] == {f"cut {WHOLE}": [WHOLE, "whole 😀"]}
    for stream, name in names.items():
        cut = [f"{row[name]}{WHOLE}" if row.get(name) else "" for row in truth(connector, stream)]
        assert sorted(row[name] for row in output.records[stream]) == sorted(cut)
        assert len([text for text in output.warnings() if f"Stream {stream}: " in text and "U+FFFD" in text]) == 1
    paths = [r.raw_path for r in output.requests if r.operation == "listPropertiesFromEvent"]
    assert all(quote(WHOLE) + "/properties" in path for path in paths)
    assert len(paths) == len(truth(connector, "space_events"))


def test_value_that_json_readers_refuse(connect: Connect) -> None:
    values = {
        "NaN": None,
        "[-Infinity, Infinity]": [None, None],
        '{"deep": 1e400}': {"deep": None},
        "18446744073709551616": 2**64,
        "-9999999999999999999": -9999999999999999999,
        '{"deep": -123456789012345678901234567890}': {"deep": -123456789012345678901234567890},
        "1.5e3": 1500.0,
        '["\\ud83d", NaN, 18446744073709551616]': [WHOLE, None, 2**64],
        '"0001-01-01T00:00:00.000Z"': None,  # what Go writes for no time at all
        '"if (t == \\"0001-01-01T00:00:00Z\\") return"': 'if (t == "0001-01-01T00:00:00Z") return',
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


def test_number_sent_as_text(connect: Connect) -> None:
    values = {'"18446744073709551616"': 2**64, '"-5"': -5, '"--5"': "--5", '"007"': "007", '""': "", "7": 7}
    rows = ", ".join(f'{{"timestamp": "2026-03-0{n}", "anonymous": {sent}}}' for n, sent in enumerate(values, 1))
    connector = connect(config={"start_date": "2026-03-01"})
    connector.sim.faults.add(
        Fault("not_json", "/mtu/daily", body=f'{{"data": {{"dailyWorkspaceMTUUsage": [{rows}]}}}}')
    )

    output = connector.read(["usage_mtu_workspace_daily"])

    assert [row["anonymous"] for row in output.records["usage_mtu_workspace_daily"]] == list(values.values())
