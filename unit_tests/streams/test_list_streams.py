"""The nine lists of the workspace: records, exact requests, state, second sync, by stream."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from unit_tests.connector import Connector, same
from unit_tests.issue import CORE
from unit_tests.streams.asking import asks, pages

Connect = Callable[..., Connector]
# stream: (path, page size of its own, a page size that makes at least three pages of "small")
LISTS = {
    "catalog_destinations": ("/catalog/destinations", 200, 15),
    "catalog_sources": ("/catalog/sources", 200, 15),
    "catalog_warehouses": ("/catalog/warehouses", 200, 19),
    "destinations": ("/destinations", 200, 4),
    "groups": ("/groups", 200, 1),
    "sources": ("/sources", 200, 2),
    "transformations": ("/transformations", 200, 2),
    "users": ("/users", 1000, 5),
    "warehouses": ("/warehouses", 200, 1),
}
WHOLE = {"__ab_no_cursor_state_message": True}  # the CDK's state of a stream without a cursor
streams = pytest.mark.parametrize("stream", LISTS)


@streams
def test_first_and_second_sync_read_the_whole_list(connect: Connect, stream: str) -> None:
    connector = connect(size="small")
    path, count, _ = LISTS[stream]

    first = connector.read([stream], sync_mode="full_refresh")
    second = connector.read([stream], state=first.state(), sync_mode="full_refresh")

    assert len(first.records[stream]) > 2
    for output in (first, second):
        assert output.code == 0
        assert output.status(stream) == "COMPLETE"
        same(output.records[stream], connector.sim.truth(stream))
        assert asks(output.requests) == [(path, (("pagination.count", str(count)),))]
        assert output.states[stream] == [WHOLE]


@streams
def test_page_by_page(connect: Connect, stream: str) -> None:
    connector = connect(size="small")
    path, _, count = LISTS[stream]

    output = connector.read([stream], page_size=count)

    same(output.records[stream], connector.sim.truth(stream))
    expected = pages(connector.sim, path, count)
    assert len(expected) >= 3
    assert asks(output.requests) == expected
    for request in output.requests[1:]:
        cursor = dict(request.query)["pagination.cursor"]
        assert set("+/=") <= set(cursor)
        assert f"pagination.cursor={quote(cursor, safe='')}" in request.raw_path


def test_no_version_of_the_api_is_pinned(connect: Connect) -> None:
    output = connect().read(CORE)

    assert {request.headers.get("Accept") for request in output.requests} == {"application/json"}


@streams
def test_an_empty_list_is_no_error(connect: Connect, stream: str) -> None:
    connector = connect(size="empty")
    rows = {"groups": "groups"}.get(stream, stream)
    catalog = stream.removeprefix("catalog_").rstrip("s") + "_catalog"
    getattr(connector.sim.workspace, catalog if "catalog_" in stream else rows).clear()

    output = connector.read([stream])

    assert output.code == 0
    assert output.status(stream) == "COMPLETE"
    assert stream not in output.records
    assert len(output.requests) == 1
    assert output.states[stream] == [WHOLE]
