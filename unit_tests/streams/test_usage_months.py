"""Which months the usage streams ask for, and how their state moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy

import pytest

from source_segment import source
from unit_tests.connector import START, Connector, Output, assert_state_is_refused, same
from unit_tests.streams.usage_case import STREAM, at, break_months, periods, state

Connect = Callable[..., Connector]
JAN, FEB, MAR = "2026-01-01", "2026-02-01", "2026-03-01"

# what: (now, start date, months)
FIRST_SYNCS = {
    "start in mid-month": ("2026-03-15T12:30", "2026-01-15", [JAN, FEB, MAR]),
    "start on the 31st": ("2026-03-15T12:30", "2026-01-31", [JAN, FEB, MAR]),
    "start on the first": ("2026-03-15T12:30", "2026-01-01", [JAN, FEB, MAR]),
    "start today": ("2026-03-15T12:30", "2026-03-15", [MAR]),
    "start yesterday over a month's end": ("2026-03-01T00:30", "2026-02-28", [FEB, MAR]),
    "start at an hour, still in the month before in UTC": (
        "2026-03-15T12:30",
        "2026-02-01T01:00:00+02:00",
        [JAN, FEB, MAR],
    ),
    "start as a person in America writes it": ("2026-03-15T12:30", "01/02/2026", [JAN, FEB, MAR]),
    "start on 29 February": ("2024-03-01T08:00", "2024-02-29", ["2024-02-01", "2024-03-01"]),
    "today is 29 February": ("2024-02-29T23:57:30", "2024-01-30", ["2024-01-01", "2024-02-01"]),
    "over the year's end": (
        "2026-01-01T00:00:05",
        "2025-11-30",
        ["2025-11-01", "2025-12-01", JAN],
    ),
    "today is the year's last day": ("2025-12-31T23:57:30", "2025-12-31", ["2025-12-01"]),
    "today is the first of a month": ("2026-03-01T00:00:00", "2026-01-31", [JAN, FEB, MAR]),
    "today is the last of a month": ("2026-03-31T23:57:30", "2026-01-31", [JAN, FEB, MAR]),
    "today is the last of a short month": ("2026-02-28T23:57:30", "2026-01-29", [JAN, FEB]),
}

# what: (now, state, months); the start date is 15 January 2026, and a month can still change
# while the state's day is one of the first five of the next
LATER_SYNCS = {
    "later the same day": ("2026-03-15T20:00", "2026-03-15", [MAR]),
    "the next month, after four weeks": ("2026-04-12T12:00", "2026-03-15", [MAR, "2026-04-01"]),
    "state on the fifth": ("2026-03-15T12:30", "2026-03-05", [FEB, MAR]),
    "state on the sixth": ("2026-03-15T12:30", "2026-03-06", [MAR]),
    "state on the first": ("2026-03-15T12:30", "2026-03-01", [FEB, MAR]),
    "state on the last of a month": ("2026-03-15T12:30", "2026-02-28", [FEB, MAR]),
    "state in an earlier month": ("2026-03-15T12:30", "2026-01-20", [JAN, FEB, MAR]),
    "state early in an earlier month": ("2026-03-15T12:30", "2026-02-03", [JAN, FEB, MAR]),
    "today is the first of a month": ("2026-03-01T06:00", "2026-02-28", [FEB, MAR]),
    "today and state are the first": ("2026-03-01T06:00", "2026-03-01", [FEB, MAR]),
    "today is the last of a month": ("2026-03-31T23:57:30", "2026-03-30", [MAR]),
    "state before the start date": ("2026-03-15T12:30", "2025-06-30", [JAN, FEB, MAR]),
    "state with a time": ("2026-03-15T12:30", "2026-03-10T00:00:00.000Z", [MAR]),
    "state with seconds": ("2026-03-15T12:30", "2026-02-10T23:59:59Z", [FEB, MAR]),
    "state in the next month": ("2026-03-31T12:30", "2026-04-02", [MAR]),
    "state far in the future": ("2026-03-15T12:30", "2027-05-10", []),
}


@pytest.mark.parametrize("case", FIRST_SYNCS)
def test_first_sync(connect: Connect, case: str) -> None:
    now, start_date, months = FIRST_SYNCS[case]
    connector = at(connect(config={"start_date": start_date}), now)

    output = connector.read([STREAM])

    assert output.code == 0
    assert output.status(STREAM) == "COMPLETE"
    assert periods(output) == months
    assert output.states[STREAM][-1] == {"timestamp": now[:10]}
    assert {row["period"] for row in output.records[STREAM]} == set(months)


@pytest.mark.parametrize("case", LATER_SYNCS)
def test_sync_with_state(connect: Connect, case: str) -> None:
    now, edited, months = LATER_SYNCS[case]
    connector = at(connect(), now)

    output = connector.read([STREAM], state=state(edited))

    assert output.code == 0
    assert output.status(STREAM) == "COMPLETE"
    assert periods(output) == months
    truth = connector.sim.truth(STREAM, start_date=START)
    same(output.records[STREAM], [row for row in truth if row["period"] in months])
    if months:
        assert output.states[STREAM][-1] == {"timestamp": now[:10]}


@pytest.mark.parametrize("edited", ["yesterday", "2026-3-5", "2026-02-30", "15.03.2026", "", None])
def test_a_state_that_is_no_date_is_told(connect: Connect, edited: str | None) -> None:
    output = connect().read([STREAM], state=state(edited))

    assert_state_is_refused(output, edited)


def test_a_month_is_read_again_until_it_has_settled(connect: Connect) -> None:
    connector = at(connect(), "2026-03-30T09:00")
    output = connector.read([STREAM])
    known = {row["timestamp"]: row for row in output.records[STREAM]}
    asked = []
    for day in range(1, 9):
        at(connector, f"2026-04-0{day}T09:00")

        output = connector.read([STREAM], state=output.state())

        asked.append(periods(output))
        known |= {row["timestamp"]: row for row in output.records[STREAM]}
        same(known.values(), connector.sim.truth(STREAM, start_date=START))
    # The sync of the sixth starts from the fifth; only that of the seventh is late enough.
    assert asked == [[MAR, "2026-04-01"]] * 6 + [["2026-04-01"]] * 2


@pytest.mark.parametrize(
    ("broken", "saved"),
    [(JAN, "2026-01-01"), (FEB, "2026-01-31"), (MAR, "2026-02-28")],
)
def test_a_failed_month_is_read_by_the_next_sync(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, broken: str, saved: str
) -> None:
    months = {broken}
    break_months(monkeypatch, months)
    connector = connect()

    first = connector.read([STREAM])

    assert first.code == 1
    assert first.status(STREAM) == "INCOMPLETE"
    assert [error["failure_type"] for error in first.errors][:1] == ["transient_error"]
    # Nothing beyond the hole; the months after it were read all the same.
    assert all(one["timestamp"] <= saved for one in first.states[STREAM])
    assert {row["period"] for row in first.records[STREAM]} == {JAN, FEB, MAR} - {broken}

    months.clear()
    second = connector.read([STREAM], state=first.state())

    assert second.code == 0
    assert broken in periods(second)
    assert second.states[STREAM][-1] == {"timestamp": "2026-03-15"}
    found = {row["timestamp"]: row for row in first.records[STREAM] + second.records[STREAM]}
    same(found.values(), connector.sim.truth(STREAM, start_date=START))


def test_a_failed_sync_does_not_reach_further_back(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = {MAR}
    break_months(monkeypatch, months)
    connector = connect(config={"start_date": "2025-12-15"})

    failed = connector.read([STREAM], state=state("2026-03-14"))

    assert failed.code == 1
    assert periods(failed)[-1] == MAR
    assert set(periods(failed)) == {MAR}
    months.clear()
    assert not failed.state()  # the platform keeps the one that it has
    second = connector.read([STREAM], state=state("2026-03-14"))
    assert second.code == 0
    assert periods(second) == [MAR]
    truth = connector.sim.truth(STREAM, start_date="2025-12-15")
    wanted = [row for row in truth if row["period"] in periods(second)]
    same(second.records[STREAM], wanted)


def test_state_moves_during_the_sync_and_each_is_a_place_to_go_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connect(size="small", config={"start_date": "2025-06-15"})
    manifest = source.load_manifest()
    manifest["concurrency_level"]["default_concurrency"] = 1  # so that the months end in order
    with monkeypatch.context() as patch:
        patch.setattr(source, "load_manifest", lambda: deepcopy(manifest))
        whole = connector.read([STREAM])

    saved = [one["timestamp"] for one in whole.states[STREAM]]
    assert saved == sorted(saved)
    assert len(set(saved)) == 10  # months
    lines = [line for line in whole.text.splitlines() if line]
    places = [n for n, line in enumerate(lines) if json.loads(line)["type"] == "STATE"]
    for place in places[::3]:  # killed after some state
        killed = Output(1, "\n".join(lines[: place + 1]))
        resumed = connector.read([STREAM], state=killed.state())
        rows = killed.records[STREAM] + resumed.records[STREAM]
        found = {row["timestamp"]: row for row in rows}
        same(found.values(), connector.sim.truth(STREAM, start_date="2025-06-15"))
        assert periods(resumed)[0] >= killed.states[STREAM][-1]["timestamp"][:8] + "01"
