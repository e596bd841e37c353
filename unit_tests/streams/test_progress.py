"""A long sync tells what it is doing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from source_segment.progress import Progress
from unit_tests.connector import Connector


def test_each_ended_stream_is_told(connect: Callable[..., Connector]) -> None:
    output = connect().read(["users", "sources"])

    told = [text for _, text in output.logs if "streams done" in text]
    assert len(told) == 2
    assert told[0].startswith("1 of 2 streams done, ")
    assert told[1] == "2 of 2 streams done, 5 records so far."


def test_months_left_are_told(
    connect: Callable[..., Connector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Progress, "EVERY", 0.0)
    connector = connect()

    output = connector.read(["usage_mtu_workspace_daily"], start_date="2025-12-01", num_workers=2)

    told = " ".join(text for _, text in output.logs if "streams done" in text)
    assert re.search(r"Reading usage_mtu_workspace_daily \([1-3] months left\)\.", told)
