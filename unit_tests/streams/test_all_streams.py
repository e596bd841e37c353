"""Every stream against the simulator's ground truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.connector import START, Connector, same


@pytest.mark.parametrize("size", ["empty", "tiny", "small"])
def test_all_streams_match_the_truth(connect: Callable[..., Connector], size: str) -> None:
    connector = connect(size=size)
    names = [name for name in STREAMS if name != SUMMARY]  # whose window ends now

    output = connector.read(names)

    assert output.code == 0, output.errors
    for name in names:
        assert output.status(name) == "COMPLETE"
        same(output.records[name], connector.sim.truth(name, start_date=START))


def test_all_streams_take_the_least_requests(connect: Callable[..., Connector]) -> None:
    connector = connect(size="small")

    output = connector.read(STREAMS, page_size=200)

    assert output.asked() == connector.sim.minimum_requests(STREAMS, start_date=START)
