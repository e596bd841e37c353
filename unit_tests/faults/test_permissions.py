"""Plans, permissions and tokens: what Segment refuses is skipped with a warning, or ends a stream or the sync."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Fault
from unit_tests import facts
from unit_tests.connector import Connector, Output, latest, same
from unit_tests.faults.assertions import (
    CONFIG,
    OTHERS,
    assert_complete,
    assert_failed,
    assert_sentence,
    truth,
)

Connect = Callable[..., Connector]
SUMMARY = "destination_delivery_metrics_summary"  # whose records name the time of the sync


def refused(output: Output) -> list[str]:
    """The streams that a warning calls unavailable, once for each warning."""
    return sorted(text.split()[1].rstrip(":") for text in output.warnings() if "not available" in text)


def parents(stream: str) -> list[str]:
    """The streams that a stream reads its parents from."""
    routers = facts.STREAMS[stream]["retriever"].get("partition_router", [])
    configs = [
        router.get("parent_stream_configs", []) for router in (routers if isinstance(routers, list) else [routers])
    ]
    return [config["stream"]["$parameters"]["name"] for found in configs for config in found]


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "unavailable"), [("free", 60), ("team", 26)])
def test_plan(connect: Connect, plan: str, unavailable: int) -> None:
    connector = connect(tier=plan)
    streams = [name for name in facts.NAMES if name != SUMMARY]

    output = connector.read(streams)

    assert output.code == 0, output.errors
    assert_complete(connector, output, *streams)
    lacking = {name for name in streams if not connector.sim.allows(name)}
    assert len(lacking) == unavailable
    assert refused(output) == sorted(name for name in lacking if not lacking & {*parents(name)})
    assert output.asked()["getWorkspace"] <= 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_stream_that_is_refused(small: Connector, status: int) -> None:
    small.sim.faults.add(Fault("status", "listUserGroups", status=status, times=None))

    output = small.read(["groups", *OTHERS])

    assert output.code == 0
    assert output.status("groups") == "COMPLETE"
    [line] = output.warnings()
    for text in ("groups", "advanced access management (Business plan)", f"HTTP {status}: "):
        assert text in line
    assert output.asked()["listUserGroups"] == 1
    assert_complete(small, output, *OTHERS)


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


# Streams below parents: one of a usual operation, of one with a limit of its own, and of two requests a minute.
CHILDREN = [
    ("source_details", "getSource", "sources", "^/sources/{}$"),
    ("tracking_plan_rules", "listRulesFromTrackingPlan", "tracking_plans", "/tracking-plans/{}/rules"),
    ("warehouse_syncs", "listSyncsFromWarehouse", "warehouses", "/warehouses/{}/syncs"),
]


@pytest.mark.parametrize(("stream", "operation", "parents", "path"), CHILDREN)
def test_parent_that_is_refused(connect: Connect, stream: str, operation: str, parents: str, path: str) -> None:
    connector = connect(size="small", page_cap=2)
    rows = getattr(connector.sim.workspace, parents)
    connector.sim.access.deny = [path.format(rows[1]["id"])]

    output = connector.read([stream])

    assert output.code == 0
    assert_complete(connector, output, stream)
    assert output.records[stream]
    assert len({request.path for request in output.requests if request.operation == operation}) == len(rows)
    assert refused(output) == [stream]
    assert "Some parents" in output.warnings()[0]


@pytest.mark.parametrize(("stream", "operation", "parents", "path"), CHILDREN)
def test_parents_that_are_all_refused(connect: Connect, stream: str, operation: str, parents: str, path: str) -> None:
    connector = connect(size="small", deny=[operation])

    output = connector.read([stream, "users"])

    assert output.code == 0
    assert refused(output) == [stream]
    assert output.records[stream] == []
    slow = operation == "listSyncsFromWarehouse"  # to try all would take hours
    assert output.asked()[operation] <= (2 if slow else len(getattr(connector.sim.workspace, parents)))
    assert_complete(connector, output, "users")


def test_list_of_parents_that_is_refused(small: Connector) -> None:
    small.sim.access.deny = ["listUserGroups"]

    output = small.read(["group_users", "users"])

    assert output.code == 0
    assert refused(output)
    assert output.status("group_users") == "COMPLETE"
    assert output.records["group_users"] == []


def test_deleted_parent(small: Connector) -> None:
    gone = small.sim.workspace.sources[1]["id"]
    small.sim.faults.add(Fault("status", f"^/sources/{gone}$", status=404, times=None))

    output = small.read(["source_details"], unavailable_streams="fail")

    assert output.code == 0
    same(output.records["source_details"], [row for row in truth(small, "source_details") if row["id"] != gone])
    [line] = output.warnings()
    assert "source_details" in line
    assert "404" in line


# Refusals of a part of a list: (stream, key, status, path or operation, requests that are read first).
PARTS = [
    ("users", ["id"], 403, "listUsers", 1),
    ("audit_events", ["id"], 403, "listAuditEvents", 2),
    ("usage_mtu_workspace_daily", ["periodStart", "timestamp"], 403, "/usage/mtu/daily", 2),
    ("destination_delivery_metrics_daily", ["sourceId", "destinationId", "date"], 403, "delivery-metrics", 6),
    ("destination_delivery_metrics_daily", ["sourceId", "destinationId", "date"], 404, "delivery-metrics", 6),
]


@pytest.mark.parametrize(("stream", "key", "status", "match", "after"), PARTS)
def test_part_of_a_list_that_is_refused(
    connect: Connect, stream: str, key: list[str], status: int, match: str, after: int
) -> None:
    """No page or window is passed over: the stream fails, and the next sync reads what is missing."""
    connector = connect(page_cap=2, config={"start_date": "2026-01-01", "num_workers": 2})
    connector.sim.faults.add(Fault("status", match, status=status, after=after))

    failed = connector.read([stream, *OTHERS])
    connector.sim.faults.clear()
    after_it = connector.read(
        [stream], state=[s for s in failed.state() if s["stream"]["stream_descriptor"]["name"] == stream]
    )

    assert_failed(failed, stream, CONFIG, f"HTTP {status}")
    assert_complete(connector, failed, *OTHERS)
    assert after_it.code == 0
    same(latest(stream, key, failed, after_it), truth(connector, stream))


def test_part_that_is_refused_before_others_are_read(connect: Connect) -> None:
    """The first month is refused while the requests of the other months are under way."""
    connector = connect(config={"start_date": "2025-12-20", "num_workers": 10})
    stream, path = "usage_mtu_workspace_daily", "/usage/mtu/daily"
    connector.sim.faults.add(Fault("status", path, status=403), Fault("slow", path, delay=0.5, after=1, times=None))

    failed = connector.read([stream])
    connector.sim.faults.clear()
    after = connector.read([stream], state=failed.state())

    assert_failed(failed, stream, CONFIG, "HTTP 403")
    same(latest(stream, ["periodStart", "timestamp"], failed, after), truth(connector, stream))


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("accepted", [0, 4])
def test_token_that_is_revoked(connect: Connect, status: int, accepted: int) -> None:
    """Before the sync, or during it: it ends at once with one error, and no stream is complete but empty."""
    connector = connect(size="small", revoke_after=accepted, dead_status=status, config={"num_workers": 2})
    streams = ["users", "sources", "warehouses", "groups", "transformations", "source_details", "events_volume"]

    output = connector.read(streams)

    assert output.code == 1
    assert_sentence(output.errors[-1], CONFIG, f"Segment rejected the API token (HTTP {status}: Unauthorized)")
    assert output.asked()["getWorkspace"] == 1
    assert sum(request.status == status for request in output.requests) <= 6
    for name in streams:
        assert output.records[name] or "COMPLETE" not in output.statuses[name]


def test_token_that_works_after_a_401(connect: Connect) -> None:
    """`GET /` decides whether a 401 means the token or the stream."""
    connector = connect(size="small", deny=["listUserGroups", "listAuditEvents"], refusal_status=401)

    output = connector.read(["groups", "audit_events", *OTHERS])

    assert output.code == 0
    assert refused(output) == ["audit_events", "groups"]
    assert output.asked()["getWorkspace"] <= 2
    assert_complete(connector, output, *OTHERS)


@pytest.mark.parametrize("streams", [["users", "groups", "audit_events"], ["source_details"]])
def test_all_streams_refused(connect: Connect, streams: list[str]) -> None:
    connector = connect(deny=["/users", "/groups", "/audit", "^/sources/."])

    output = connector.read(streams)

    assert output.code == 1
    [error] = [e for e in output.errors if not e.get("stream_descriptor")]
    assert_sentence(error, CONFIG, "Segment refused all selected streams")
    assert all(f"{name} (" in error["message"] for name in streams)


def test_unknown_stream(connect: Connect) -> None:
    connector = connect()

    output = connector.read(["no_such_stream", "users"])

    assert output.statuses["no_such_stream"] == ["INCOMPLETE"]
    assert_complete(connector, output, "users")
