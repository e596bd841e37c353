"""A list that several streams need is fetched once, each page by one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.connector import START, Connector, same
from unit_tests.issue import CORE
from unit_tests.streams.asking import asks, pages

Connect = Callable[..., Connector]
# All that hangs on two lists, and on the connections of one of them.
FAMILY = ["sources", "destinations", "source_connected_destinations", "destination_subscriptions",
          "source_connected_warehouses", "destination_filters", "source_details", SUMMARY,
          "source_regulations"]  # fmt: skip


@pytest.mark.parametrize("workers", [2, 10, 40])
@pytest.mark.parametrize("latency", [0.0, 0.01])
def test_each_page_of_a_parent_is_fetched_once(
    connect: Connect, workers: int, latency: float
) -> None:
    connector = connect(size="small", latency=latency)

    output = connector.read(FAMILY, num_workers=workers, page_size=2)

    assert output.code == 0, output.errors
    found = asks(output.requests)
    for path, number in (("/sources", 3), ("/destinations", 5)):
        expected = pages(connector.sim, path, 2)
        assert len(expected) == number
        assert [ask for ask in found if ask[0] == path] == expected
    windows = [ask for ask in found if ask[0].endswith("/delivery-metrics")]
    rest = [ask for ask in found if ask not in windows]
    assert max(Counter(rest).values()) == 1
    for stream in set(FAMILY) - {SUMMARY}:
        same(output.records[stream], connector.sim.truth(stream))
    assert len(output.records[SUMMARY]) == len(windows)


@pytest.mark.parametrize("workers", [2, 10, 40])
def test_any_number_of_workers_reads_the_same(connect: Connect, workers: int) -> None:
    connector = connect(size="small")

    output = connector.read(CORE, num_workers=workers, page_size=3)

    assert output.code == 0, output.errors
    assert set(output.statuses) == set(CORE)
    wanted = dict(connector.sim.minimum_requests(CORE, START, page_size=3))
    assert output.asked() == wanted
    for stream in set(CORE) - {SUMMARY}:
        same(output.records[stream], connector.sim.truth(stream, START))


@pytest.mark.parametrize(
    "stream", [name for name in CORE if not STREAMS[name].partition.startswith(("pair", "source"))]
)
def test_a_stream_alone_asks_for_nothing_beyond_its_parents(connect: Connect, stream: str) -> None:
    connector = connect()

    output = connector.read([stream])

    own = STREAMS[stream].operation
    parents = {"listDestinations"} if stream == "destination_subscriptions" else set()
    assert set(output.asked()) == {own} | parents
    assert set(output.records) == {stream}


def test_parents_that_are_not_selected_emit_nothing(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read([SUMMARY, "source_connected_warehouses"])

    assert set(output.records) == {SUMMARY, "source_connected_warehouses"}
    assert set(output.states) == {SUMMARY, "source_connected_warehouses"}
    assert output.asked()["listSources"] == 1
    assert output.asked()["listDestinations"] == 0
    assert set(output.asked()) == {
        "listSources",
        "listConnectedDestinationsFromSource",
        "listConnectedWarehousesFromSource",
        "listDeliveryMetricsSummaryFromDestination",
    }
