"""Refusals beside answers: no slice of a stream may be skipped while its state moves on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Fault
from unit_tests.connector import Connector, latest, same
from unit_tests.faults.judge import truth

Connect = Callable[..., Connector]


@pytest.mark.parametrize("stream", ["usage_mtu_workspace_daily", "audit_events"])
def test_refused_while_other_requests_answer(connect: Connect, stream: str) -> None:
    """The first request is refused while the others are under way, and they answer later."""
    connector = connect(config={"start_date": "2025-12-20", "num_workers": 10})
    path = "/usage/mtu/daily" if stream.startswith("usage") else "/audit-events"
    connector.sim.faults.add(
        Fault("slow", match=path, delay=0.5, times=1),
        Fault("status", match=path, status=403, times=1),
        Fault("slow", match=path, delay=1, after=1, times=None),
    )

    failed = connector.read([stream])
    connector.sim.faults.clear()
    after = connector.read([stream], state=failed.state())

    assert failed.code == 1
    assert failed.failures()[stream][0] == "config_error"
    assert not failed.warnings()
    found = {row["timestamp"]: row for row in failed.records[stream] + after.records[stream]}
    same(found.values(), truth(connector, stream))


@pytest.mark.parametrize("status", [403, 404])
def test_one_window_of_a_parent_refused(connect: Connect, status: int) -> None:
    """The days of one pair are read one by one; a day refused or not found is not passed over."""
    connector = connect(config={"start_date": "2026-01-01", "num_workers": 2})
    stream = "destination_delivery_metrics_daily"
    connector.sim.faults.add(Fault("status", match="delivery-metrics", status=status, after=6))

    failed = connector.read([stream])
    connector.sim.faults.clear()
    after = connector.read([stream], state=failed.state())

    assert failed.status(stream) == "INCOMPLETE"
    key = ("sourceId", "destinationId", "date")
    same(latest(stream, key, failed, after), truth(connector, stream))


def test_refused_on_one_parent_of_a_slow_operation(connect: Connect) -> None:
    """At two a minute: half read lists go on to their end, later parents are asked, too."""
    connector = connect(size="small", config={"page_size": 20, "num_workers": 5})
    warehouses = connector.sim.workspace.warehouses
    warehouses += [warehouses[0] | {"id": f"more{n}"} for n in range(3)]
    connector.sim.access.deny.append(f"/warehouses/{warehouses[3]['id']}/syncs")

    output = connector.read(["warehouse_syncs"])

    assert output.code == 0
    same(output.records["warehouse_syncs"], truth(connector, "warehouse_syncs"))
    assert len({r.path for r in output.requests if r.path.endswith("/syncs")}) == len(warehouses)
    assert output.warnings() == ["Stream warehouse_syncs: 1 parents were refused and skipped."]


def test_refused_windows_of_a_parent_are_one_parent(connect: Connect) -> None:
    connector = connect(config={"start_date": "2026-01-01"})
    stream = "destination_delivery_metrics_daily"
    [first, *_] = truth(connector, stream)
    connector.sim.access.deny.append(f"/destinations/{first['destinationId']}/delivery-metrics")

    output = connector.read([stream])

    assert output.code == 0
    listed = [d["id"] for d in connector.sim.workspace.destinations]
    pairs = listed.count(first["destinationId"])  # a destination is listed once for each source
    assert output.warnings() == [f"Stream {stream}: {pairs} parents were refused and skipped."]
    assert output.asked()["listDeliveryMetricsSummaryFromDestination"] > pairs


def test_refused_on_one_parent_of_a_limited_operation(connect: Connect) -> None:
    connector = connect(size="small", config={"page_size": 2})
    stream = "tracking_plan_rules"
    refused = connector.sim.workspace.tracking_plans[0]["id"]
    connector.sim.access.deny.append(f"/tracking-plans/{refused}/rules")

    output = connector.read([stream])

    assert output.code == 0
    same(output.records[stream], truth(connector, stream))
    assert {row["trackingPlanId"] for row in output.records[stream]}
    assert output.warnings() == [f"Stream {stream}: 1 parents were refused and skipped."]


def test_rate_limit_before_a_broken_body(connect: Connect) -> None:
    """Waits for a rate limit are no tries of the request."""
    connector = connect()
    connector.sim.faults.add(
        Fault("status", match="/users", status=429, times=6, retry_after=0),
        Fault("truncated", match="/users", after=6, times=1),
    )

    output = connector.read(["users"])

    assert output.code == 0
    same(output.records["users"], truth(connector, "users"))


@pytest.mark.parametrize(
    ("stream", "match", "body"),
    [
        ("users", "/users", '{"data": {"users": [null]}}'),
        ("users", "/users", '{"data": {"users": [], "pagination": "x"}}'),
        ("invites", "/invites", '{"data": {"invites": [null]}}'),
        (
            "credential_sources",
            "/consumers",
            '{"data": {"sources": [], "sourcesPagination": ["x"]}}',
        ),
        ("source_details", "/sources/", '{"data": {}}'),
        ("warehouse_advanced_sync_schedules", "/advanced-sync-schedule", '{"data": {}}'),
    ],
)
def test_entries_of_a_wrong_kind(connect: Connect, stream: str, match: str, body: str) -> None:
    connector = connect()
    connector.sim.faults.add(Fault("not_json", match=match, body=body, times=None))

    output = connector.read([stream])

    assert output.failures()[stream][0] == "system_error"
    assert output.failures()[stream][1].startswith(f"Segment answered {stream} with ")
    assert not output.records[stream]


@pytest.mark.parametrize("following", ["null", '"a-cursor"'])
def test_half_a_surrogate_pair(connect: Connect, following: str) -> None:
    connector = connect()
    users = '[{"id": "u1", "name": "Ana \\ud83d"}]'
    pages = [
        f'{{"data": {{"users": {users}, "pagination": {{"next": {following}}}}}}}',
        f'{{"data": {{"users": {users}}}}}',  # the same row again, as if it had moved on
    ]
    for after, body in enumerate(pages):
        connector.sim.faults.add(Fault("not_json", match="/users", body=body, after=after))

    output = connector.read(["users"])

    assert output.records["users"] == [{"id": "u1", "name": "Ana \ud83d"}]


def test_numbers_beyond_64_bits_on_several_pages(connect: Connect) -> None:
    connector = connect()
    row = f'{{"sourceId": "s1", "timestamp": "2026-03-01T00:00:00.000Z", "apiCalls": "{10**25}"}}'
    for after, following in enumerate(('"a-cursor"', "null")):
        paging = f'"pagination": {{"next": {following}}}'
        body = f'{{"data": {{"dailyPerSourceAPICallsUsage": [{row}], {paging}}}}}'
        connector.sim.faults.add(Fault("not_json", match="/usage", body=body, after=after))

    output = connector.read(["usage_api_calls_per_source_daily"], start_date="2026-03-01")

    [record] = output.records["usage_api_calls_per_source_daily"]
    assert record["apiCalls"] == 10**25
