"""The three streams with one request series for each source or destination."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from simulator import Workspace
from unit_tests.connector import Connector, same
from unit_tests.streams.asking import Ask, asks, encoded, pages

Connect = Callable[..., Connector]
# stream: (operation, list of the parents, path)
CHILDREN = {
    "destination_subscriptions": (
        "listSubscriptionsFromDestination",
        "destinations",
        "/destinations/{}/subscriptions",
    ),
    "source_connected_destinations": (
        "listConnectedDestinationsFromSource",
        "sources",
        "/sources/{}/connected-destinations",
    ),
    "source_connected_warehouses": (
        "listConnectedWarehousesFromSource",
        "sources",
        "/sources/{}/connected-warehouses",
    ),
}
WHOLE = {"__ab_no_cursor_state_message": True}
# Ids that a client changes when it guesses types, evaluates templates, or forgets to encode.
AWKWARD = ["007", "1e5", "true", "None", "2024-01-01", "1.0", "[1]", "{{ 1 + 1 }}", "100%2Foff",
           "/", "#?", "a b", "ü", "a/../b", "%", "+", "x&y=z", '"q"', "sourceId"]  # fmt: skip
streams = pytest.mark.parametrize("stream", CHILDREN)


def parents(workspace: Workspace, listed: str) -> list[str]:
    """The distinct ids of the parents."""
    return list(dict.fromkeys(row["id"] for row in getattr(workspace, listed)))


def by_path(found: list[Ask]) -> dict[str, list[Ask]]:
    """The requests of each parent, in order."""
    grouped: dict[str, list[Ask]] = defaultdict(list)
    for ask in found:
        grouped[ask[0]].append(ask)
    return grouped


@streams
@pytest.mark.parametrize("count", [None, 1])
def test_first_and_second_sync(connect: Connect, stream: str, count: int | None) -> None:
    connector = connect(size="small")
    operation, listed, path = CHILDREN[stream]
    config: dict[str, Any] = {"page_size": count} if count else {}

    first = connector.read([stream], sync_mode="full_refresh", **config)
    output = connector.read([stream], state=first.state(), sync_mode="full_refresh", **config)

    same(first.records[stream], output.records[stream])
    assert sorted(asks(first.requests)) == sorted(asks(output.requests))
    assert output.code == 0
    assert output.status(stream) == "COMPLETE"
    same(output.records[stream], connector.sim.truth(stream))
    assert output.states[stream] == [WHOLE]
    expected = by_path(
        [
            ask
            for parent in parents(connector.sim.workspace, listed)
            for ask in pages(connector.sim, path.format(encoded(parent)), count or 200)
        ]
    )
    assert len(expected) >= 6
    assert count is None or max(map(len, expected.values())) > 1
    assert by_path(asks(output.requests, operation)) == expected
    of_parents = [ask for ask in asks(output.requests) if ask[0] not in expected]
    assert of_parents == pages(connector.sim, f"/{listed}", count or 200)


@streams
def test_ids_stay_as_they_are(connect: Connect, stream: str) -> None:
    workspace = Workspace.generate("small", 1)
    _, listed, path = CHILDREN[stream]
    rename_parents(workspace, listed)
    connector = connect(workspace=workspace)

    output = connector.read([stream, listed])

    assert output.code == 0, output.errors
    assert [row["id"] for row in output.records[listed]] == AWKWARD
    field = "destinationId" if listed == "destinations" else "sourceId"
    assert {row[field] for row in output.records[stream]} == set(AWKWARD)
    same(output.records[stream], connector.sim.truth(stream))
    asked = {ask[0] for ask in asks(output.requests)} - {f"/{listed}"}
    assert asked == {path.format(encoded(parent)) for parent in AWKWARD}


def test_destination_listed_once_per_source_is_read_once(connect: Connect) -> None:
    connector = connect(size="small")
    listed = [row["id"] for row in connector.sim.workspace.destinations]
    assert listed.count("007") == 2

    output = connector.read(["destination_subscriptions", "destinations"])

    asked = [request.path for request in output.requests if "/subscriptions" in request.path]
    assert sorted(asked) == sorted(f"/destinations/{one}/subscriptions" for one in set(listed))
    ids = [row["id"] for row in output.records["destination_subscriptions"]]
    assert len(ids) == len(set(ids)) > 0
    assert len(output.records["destinations"]) == len(listed)


def test_source_of_a_connected_destination_is_the_parent(connect: Connect) -> None:
    connector = connect(size="small")
    own = {row["id"]: row["sourceId"] for row in connector.sim.workspace.destinations}

    output = connector.read(["source_connected_destinations"])

    found = [
        (row["sourceId"], row["id"]) for row in output.records["source_connected_destinations"]
    ]
    connected = connector.sim.workspace.connected_destinations
    assert sorted(found) == sorted((s, d) for s, some in connected.items() for d in some)
    assert any(source != own[destination] for source, destination in found)


def test_connected_warehouse_tells_its_source(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read(["source_connected_warehouses"])

    found = [(row["sourceId"], row["id"]) for row in output.records["source_connected_warehouses"]]
    loaded = connector.sim.workspace.warehouse_sources
    assert sorted(found) == sorted((s, w) for w, some in loaded.items() for s in some)
    assert len({warehouse for _, warehouse in found}) < len(found)


@streams
def test_no_parents_no_children(connect: Connect, stream: str) -> None:
    connector = connect(size="empty")
    _, listed, _ = CHILDREN[stream]

    output = connector.read([stream])

    assert output.code == 0
    assert output.status(stream) == "COMPLETE"
    assert [request.path for request in output.requests] == [f"/{listed}"]


def rename_parents(workspace: Workspace, listed: str) -> None:
    """Give a workspace as many parents as there are awkward ids, each with a child."""
    [first, *_] = getattr(workspace, listed)
    setattr(workspace, listed, [first | {"id": one} for one in AWKWARD])
    if listed == "destinations":
        child = next(rows for rows in workspace.children["subscriptions"].values() if rows)[0]
        workspace.children["subscriptions"] = {
            (one,): [child | {"id": f"of {one}", "destinationId": one}] for one in AWKWARD
        }
        return
    workspace.connected_destinations = {one: [workspace.destinations[0]["id"]] for one in AWKWARD}
    workspace.warehouse_sources = {workspace.warehouses[0]["id"]: list(AWKWARD)}
