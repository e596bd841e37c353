"""A sync after some time: with the first it makes the whole truth, nothing lost or invented."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest

from simulator import Workspace
from simulator.clock import parse
from simulator.truth import SUMMARY
from unit_tests.conftest import NOW
from unit_tests.connector import START, Connector, Json, latest, same
from unit_tests.issue import CORE, INCREMENTAL, KEYS

Connect = Callable[..., Connector]
# Where the time goes from Sunday, 15 March 2026, 12:30.
LATER = {
    "a day": NOW + timedelta(days=1),
    "a week": NOW + timedelta(days=7),
    "over a month's end, to its first day": datetime(2026, 4, 1, 0, 30, tzinfo=NOW.tzinfo),
    "over a month's end, settled": datetime(2026, 4, 9, 9, 0, tzinfo=NOW.tzinfo),
    "over two months' ends": datetime(2026, 5, 2, 9, 0, tzinfo=NOW.tzinfo),
}


def check(connector: Connector, stream: str, table: Iterable[Json]) -> None:
    """Assert that a table holds what is true now."""
    found = list(table)
    if stream != SUMMARY:
        truth = connector.sim.truth(stream, start_date=START)
        if stream == "audit_events":  # older ones are in the table, but no longer in the API
            oldest = connector.sim.clock.now() - timedelta(days=90)
            found = [row for row in found if parse(row["timestamp"]) >= oldest]
        return same(found, truth)
    window = {(row["startTime"], row["endTime"]) for row in found}
    truths = [
        row
        for start, end in window
        for row in connector.sim.truth(SUMMARY, window=(parse(start), parse(end)))
    ]
    assert all(row in truths for row in found)
    pairs = connector.sim.truth("source_connected_destinations")
    keys = sorted((row["sourceId"], row["destinationId"]) for row in found)
    assert keys == sorted((row["sourceId"], row["id"]) for row in pairs)
    return None


@pytest.mark.parametrize("step", LATER)
def test_two_syncs_make_the_whole_truth(connect: Connect, step: str) -> None:
    connector = connect(size="small")
    first = connector.read(CORE)
    connector.move(LATER[step])

    second = connector.read(CORE, state=first.state())

    assert (first.code, second.code) == (0, 0), second.errors
    for stream in CORE:
        assert second.status(stream) == "COMPLETE"
        incremental = stream in INCREMENTAL
        kept = [first, second] if incremental else [second]
        check(connector, stream, latest(stream, KEYS[stream], *kept))
        own = latest(stream, KEYS[stream], second)
        assert len(own) == len(second.records[stream])  # no key twice


def test_a_week_of_daily_syncs_over_a_month_s_end(connect: Connect) -> None:
    connector = connect(size="tiny")
    connector.move(datetime(2026, 3, 28, 6, 0, tzinfo=NOW.tzinfo))
    outputs = [connector.read(INCREMENTAL)]
    for _ in range(8):
        connector.move(connector.sim.clock.now() + timedelta(days=1))
        outputs.append(connector.read(INCREMENTAL, state=outputs[-1].state()))

    for stream in INCREMENTAL:
        check(connector, stream, latest(stream, KEYS[stream], *outputs))
    usage = [request for output in outputs[1:] for request in output.requests if request.query]
    asked = [dict(request.query).get("period") for request in usage]
    assert {period for period in asked if period} == {"2026-03-01", "2026-04-01"}


def test_a_second_sync_at_once_repeats_no_more_than_the_running_month(connect: Connect) -> None:
    connector = connect(size="small")
    first = connector.read(INCREMENTAL)

    second = connector.read(INCREMENTAL, state=first.state())

    for stream in INCREMENTAL:
        assert second.states[stream][-1] == first.states[stream][-1]
        known = [row for row in first.records[stream] if row in second.records[stream]]
        same(known, second.records[stream])
        if stream != "audit_events":
            assert {row["period"] for row in second.records[stream]} == {"2026-03-01"}


def add(rows: list[Json]) -> None:
    rows.append(rows[-1] | {"id": "brand new"})


def change(rows: list[Json]) -> None:
    rows[0] = rows[0] | {"name": "Renamed", "enabled": not rows[0].get("enabled")}


def remove(rows: list[Json]) -> None:
    gone = rows[1]["id"]
    rows[:] = [row for row in rows if row["id"] != gone]


@pytest.mark.parametrize("happens", [add, change, remove])
def test_changes_of_the_workspace_are_in_the_next_sync(
    connect: Connect, happens: Callable[[list[Json]], None]
) -> None:
    connector = connect(size="small")
    lists = [name for name in CORE if name not in INCREMENTAL]
    first = connector.read(lists, sync_mode="full_refresh")
    workspace = connector.sim.workspace
    for collection in collections(workspace):
        happens(collection)
    connect_new_objects(workspace)
    connector.move(NOW + timedelta(days=1))

    second = connector.read(lists, state=first.state(), sync_mode="full_refresh")

    assert second.code == 0, second.errors
    for stream in lists:
        check(connector, stream, second.records[stream])
        before, now = first.records[stream], second.records[stream]
        assert sorted(map(repr, before)) != sorted(map(repr, now)), stream


def collections(workspace: Workspace) -> list[list[Json]]:
    """The lists of the workspace that full refresh streams and their children come from."""
    return [
        workspace.source_catalog,
        workspace.destination_catalog,
        workspace.warehouse_catalog,
        workspace.users,
        workspace.groups,
        workspace.sources,
        workspace.destinations,
        workspace.warehouses,
        workspace.transformations,
    ]


def connect_new_objects(workspace: Workspace) -> None:
    """Give added destinations, sources and warehouses relations and children; change one child."""
    if workspace.find("sources", "brand new"):
        workspace.connected_destinations["brand new"] = ["brand new"]
        workspace.warehouse_sources["brand new"] = ["brand new"]
    first = next(rows for rows in workspace.children["subscriptions"].values() if rows)
    first.append(first[0] | {"id": "one more"})
