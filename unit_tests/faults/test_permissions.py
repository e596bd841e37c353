"""Plans, permissions and tokens: what Segment refuses is skipped with a warning, or ends a stream or the sync."""

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector, Output, latest, same
from unit_tests.faults import assertions
from unit_tests.faults.assertions import CONFIG, OTHERS, Connect, assert_complete, assert_failed, truth


def refused(output: Output) -> list[str]:
    """The streams that a warning calls unavailable, once for each warning."""
    return sorted(text.split()[1].rstrip(":") for text in output.warnings() if "not available" in text)


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "unavailable"), [("free", 60), ("team", 26)])
def test_plan(connect: Connect, plan: str, unavailable: int) -> None:
    connector = connect(tier=plan)
    allowed = {name for name in facts.NAMES if connector.sim.allows(name)}
    lacking = facts.STREAMS.keys() - allowed - {assertions.SUMMARY}
    streams = ["workspace", *sorted(lacking)]

    output = connector.read(streams)

    assert_complete(connector, output, *streams)
    assert (output.code, len(lacking)) == (0, unavailable)
    assert lacking >= set(refused(output))
    operations = {request.operation for request in output.requests if request.status == 403}
    assert len(refused(output)) == len(set(refused(output))) >= len(operations) > 5


@pytest.mark.parametrize("status", [401, 403, 404])
def test_stream_that_is_refused(small: Connector, status: int) -> None:
    """`GET /` decides whether this means the stream or the token: for each 401, and once for the others."""
    operations = "listUserGroups", "listAuditEvents", "listInvites"
    small.sim.faults.add(*(Fault("status", name, status=status, times=None) for name in operations))
    small.sim.faults.add(Fault("slow", "listUsers", delay=0.3))

    output = small.read(["groups", "audit_events", "invites", "users"])

    assert output.code == 0
    assert refused(output) == ["audit_events", "groups", "invites"]
    assert {output.status(name) for name in refused(output)} == {"COMPLETE"}
    [line] = [text for text in output.warnings() if "groups" in text]
    assert "advanced access management (Business plan)" in line
    assert f"HTTP {status}: " in line
    assert [output.asked()[name] for name in (*operations, "getWorkspace")] == [1, 1, 1, 3 if status == 401 else 1]
    assert_complete(small, output, "users")


def test_unavailable_streams_fail(connect: Connect) -> None:
    """A list, a series, one parent, and an operation of two requests a minute."""
    connector = connect(size="small", deny=["listUserGroups", "getDailyWorkspaceMTUUsage", "listSyncsFromWarehouse"])
    connector.sim.access.deny.append(f"^/sources/{connector.sim.workspace.sources[0]['id']}$")
    streams = ["groups", "usage_mtu_workspace_daily", "warehouse_syncs", "source_details"]

    output = connector.read([*streams, *OTHERS], unavailable_streams="fail")

    for name in streams:
        assert_failed(output, name, CONFIG, "not available (HTTP 403: ")
        assert facts.STREAMS[name]["$parameters"]["requires"] in output.failures()[name][1]
    assert_complete(connector, output, *OTHERS)


# A usual operation, one with a limit of its own, and one of two requests a minute; the path below a parent.
@pytest.mark.parametrize(
    ("stream", "rows", "path"),
    [
        ("source_details", "sources", "^/sources/{}$"),
        ("tracking_plan_rules", "tracking_plans", "/tracking-plans/{}/rules"),
        ("warehouse_syncs", "warehouses", "/warehouses/{}/syncs"),
    ],
)
@pytest.mark.parametrize("one", [True, False])
def test_parents_that_are_refused(connect: Connect, stream: str, rows: str, path: str, one: bool) -> None:
    connector = connect(size="small", page_cap=2)
    ids = [row["id"] for row in getattr(connector.sim.workspace, rows)]
    connector.sim.access.deny = [path.format(ids[1] if one else "[^/]+")]

    output = connector.read([stream, "users"])

    assert output.code == 0
    assert_complete(connector, output, stream, "users")
    assert bool(output.records[stream]) == one
    assert refused(output) == [stream]
    if one:
        assert len({request.path for request in output.requests if request.status == 403}) == 1


def test_deleted_parent(small: Connector) -> None:
    gone = small.sim.workspace.sources[1]["id"]
    small.sim.faults.add(Fault("status", f"^/sources/{gone}$", status=404, times=None))

    output = small.read(["source_details"], unavailable_streams="fail")

    assert output.code == 0
    same(output.records["source_details"], [row for row in truth(small, "source_details") if row["id"] != gone])
    [line] = output.warnings()
    assert "source_details" in line
    assert "404" in line


# One page, window or month is refused: (stream, status, path or operation, requests that are read before).
@pytest.mark.parametrize(
    ("stream", "status", "match", "before"),
    [
        ("users", 403, "listUsers", 1),
        ("audit_events", 403, "listAuditEvents", 2),
        ("usage_mtu_workspace_daily", 403, "/usage/mtu/daily", 2),
        ("usage_mtu_workspace_daily", 403, "/usage/mtu/daily", 0),
        ("destination_delivery_metrics_daily", 403, "delivery-metrics", 6),
        ("destination_delivery_metrics_daily", 404, "delivery-metrics", 6),
    ],
)
def test_part_of_a_list_that_is_refused(connect: Connect, stream: str, status: int, match: str, before: int) -> None:
    """No part is passed over: the stream fails, and the next sync reads what is missing."""
    connector = connect(page_cap=2, config={"start_date": "2026-01-01", "num_workers": 2 if before else 10})
    connector.sim.faults.add(
        Fault("status", match, status=status, after=before), Fault("slow", match, delay=0.1, after=before + 1, times=9)
    )

    failed = connector.read([stream, *OTHERS])
    connector.sim.faults.clear()
    state = [state for state in failed.state() if state["stream"]["stream_descriptor"]["name"] == stream]
    after = connector.read([stream], state=state)

    assert_failed(failed, stream, CONFIG, f"HTTP {status}")
    assert_complete(connector, failed, *OTHERS)
    assert after.code == 0
    key = facts.STREAMS[stream]["$parameters"]["primary_key"]
    same(latest(stream, key, failed, after), truth(connector, stream))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("accepted", [0, 4])
def test_token_that_is_revoked(connect: Connect, status: int, accepted: int) -> None:
    """Before the sync, or during it: it ends at once with one error, and no stream is complete but empty."""
    connector = connect(size="small", revoke_after=accepted, dead_status=status, config={"num_workers": 2})
    streams = ["users", "sources", "warehouses", "groups", "transformations", "source_details", "events_volume"]

    output = connector.read(streams)

    assert output.code == 1
    assertions.assert_one_sentence(
        output.errors, CONFIG, f"Segment rejected the API token (HTTP {status}: Unauthorized)"
    )
    assert output.asked()["getWorkspace"] == 1
    assert sum(request.status == status for request in output.requests) < 15
    assert all(output.records[name] or "COMPLETE" not in output.statuses[name] for name in streams)


def test_token_that_is_revoked_after_a_refusal(connect: Connect) -> None:
    """An answer of `GET /` for a stream that the plan lacks says nothing about a later 401."""
    connector = connect(size="small", deny=["listAuditEvents"], dead_status=401, config={"num_workers": 2})
    connector.sim.access.revoke_after = 3  # of audit events, users, and of the token itself
    connector.sim.faults.add(Fault("slow", "listUsers", delay=0.7))
    streams = ["audit_events", "users", "sources", "groups"]

    output = connector.read(streams)

    assertions.assert_one_sentence(output.errors, CONFIG, "Segment rejected the API token (HTTP 401: Unauthorized)")
    assert all(output.records[name] or "COMPLETE" not in output.statuses[name] for name in streams[1:])


def test_check_of_the_token_fails(connect: Connect) -> None:
    """While `GET /` returns an error of the server, a refusal says nothing yet, and is tried again."""
    connector = connect(size="small", deny=["listUserGroups"])
    connector.sim.faults.add(Fault("status", "^/$", status=502, times=2))

    output = connector.read(["users", "groups"])

    assert output.code == 0
    assert refused(output) == ["groups"]
    assert output.asked()["listUserGroups"] == 3
    assert_complete(connector, output, "users")


@pytest.mark.parametrize("streams", [["users", "groups", "audit_events"], ["source_details"]])
def test_all_streams_refused(connect: Connect, streams: list[str]) -> None:
    connector = connect(deny=["/users", "/groups", "/audit", "^/sources/."])

    output = connector.read(streams)

    assert output.code == 1
    assertions.assert_one_sentence(output.errors, CONFIG, "Segment refused all selected streams")
    assert all(f"{name} (" in output.errors[0]["message"] for name in streams)
