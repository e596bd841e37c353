"""Lists that the API cuts: all that can be had is read, and what may be missing is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import Workspace, traffic
from simulator.words import Json
from unit_tests.connector import Connector, same

Connect = Callable[..., Connector]


def with_regulations(count: int) -> tuple[Workspace, str]:
    """A workspace of whose sources one has so many regulations, and the id of that source."""
    workspace = Workspace.generate("small", 1)
    (source,), regulations = next(
        (of, found) for of, found in workspace.children["source_regulations"].items() if found
    )
    many: list[Json] = [{**regulations[0], "id": f"reg{n}"} for n in range(count)]
    workspace.children["source_regulations"][source,] = many
    return workspace, source


def test_regulations_of_a_source_come_in_one_answer(connect: Connect) -> None:
    workspace, _ = with_regulations(250)
    connector = connect(workspace=workspace)

    output = connector.read(["source_regulations"], page_size=10)

    same(output.records["source_regulations"], connector.sim.truth("source_regulations"))
    asked = [r for r in output.requests if r.operation == "listRegulationsFromSource"]
    assert len(asked) == len(workspace.sources)
    assert {dict(r.query)["pagination.count"] for r in asked} == {"1000"}
    assert output.warnings() == []


def test_a_full_answer_of_regulations_is_told(connect: Connect) -> None:
    workspace, source = with_regulations(1200)

    output = connect(workspace=workspace).read(["source_regulations"])

    rows = [row for row in output.records["source_regulations"] if row["sourceId"] == source]
    assert len(rows) == 1000
    (line,) = output.warnings()
    assert line.startswith("source_regulations: an answer holds 1000 rows")


def test_a_full_answer_of_events_volume_is_told(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "EVENTS", [(f"Event {n}", "track") for n in range(6000)])
    workspace = Workspace.generate("tiny", 1)
    workspace.size = replace(workspace.size, events=6000)
    del workspace.sources[1:]
    connector = connect(workspace=workspace)

    output = connector.read(["events_volume"], start_date="2026-03-15")

    assert output.code == 0
    assert len({row["eventName"] for row in output.records["events_volume"]}) == 5000
    (line,) = output.warnings()
    assert line.startswith("events_volume: an answer holds 5000 rows")
