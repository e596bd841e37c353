"""Daily usage (API calls and MTU): pure functions of seed, source, day and today.

Facts (API pages "Get Daily ... Usage"): a row is a snapshot that is cumulative within the month,
counts are strings, the running month grows. Assumed: midnight timestamps, a row for every day up
to today, no rows for a month before the history, and last days that settle until three days after
the month. Two overlaps that clients report can be modelled: with `billing_day` a usage month runs
from that day to the day before in the next month, and with `boundary_rows` a closed month also has
the row of the day after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, overload

from simulator.clock import iso, midnight
from simulator.words import Json, stable
from simulator.workspace import Workspace

MTU = ("anonymous", "anonymousIdentified", "identified", "neverIdentified")
_HUGE_SOURCE = "007"  # its counts leave the range in which a float is exact


class Rows(Sequence[Json]):
    """A list whose rows are made when they are looked at."""

    def __init__(self, length: int, build: Callable[[int], Json]) -> None:
        self._range, self._build = range(length), build

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> list[Json]: ...
    def __getitem__(self, index: Any) -> Any:
        """One row, or a list of rows."""
        if isinstance(index, slice):
            return [self._build(n) for n in self._range[index]]
        return self._build(self._range[index])


def following_month(period: date) -> date:
    """The first day of the next month."""
    return (period.replace(day=1) + timedelta(days=32)).replace(day=1)


def months(first: date, last: date) -> list[date]:
    """The first days of the months from that of `first` to that of `last`."""
    found = [first.replace(day=1)]
    while (step := following_month(found[-1])) <= last:
        found.append(step)
    return found


def history_start(ws: Workspace, today: date) -> date:
    """The first month that has usage: `usage_months` before the running one."""
    index = today.year * 12 + today.month - 1 - ws.size.usage_months
    return date(index // 12, index % 12 + 1, 1)


def api_calls(ws: Workspace, period: date, today: date) -> Sequence[Json]:
    """APICallSnapshotV1 rows of a month."""
    return _rows(ws, period, today, ("apiCalls",), [None])


def api_calls_per_source(ws: Workspace, period: date, today: date) -> Sequence[Json]:
    """SourceAPICallSnapshotV1 rows of a month, source by source."""
    return _rows(ws, period, today, ("apiCalls",), [s["id"] for s in ws.sources])


def mtu(ws: Workspace, period: date, today: date) -> Sequence[Json]:
    """MtuSnapshotV1 rows of a month."""
    return _rows(ws, period, today, MTU, [None])


def mtu_per_source(ws: Workspace, period: date, today: date) -> Sequence[Json]:
    """UsersPerSourceSnapshotV1 rows of a month, source by source."""
    return _rows(ws, period, today, MTU, [s["id"] for s in ws.sources])


def _rows(
    ws: Workspace, period: date, today: date, metrics: tuple[str, ...], owners: list[str | None]
) -> Sequence[Json]:
    """Rows of each owner (a source, or None for the workspace) for each day of a month."""
    start, end = (m.replace(day=ws.billing_day) for m in (period, following_month(period)))
    last = end if ws.boundary_rows else end - timedelta(days=1)
    days = (min(last, today) - start).days + 1
    if days < 1 or period < history_start(ws, today):
        return []
    head: Json = {}
    if metrics is MTU:
        head = {
            "periodStart": int(midnight(start).timestamp()),
            "periodEnd": int(midnight(end).timestamp()),
        }
    everyone = [s["id"] for s in ws.sources]
    whole = {m: sum(_daily(ws.seed, s, m) for s in everyone) for m in metrics}

    def build(n: int) -> Json:
        owner, day = owners[n // days], start + timedelta(days=n % days)
        daily = whole if owner is None else {m: _daily(ws.seed, owner, m) for m in metrics}
        return {
            **({} if owner is None else {"sourceId": owner}),
            **head,
            **{metric: str(_count(base, start, day, today)) for metric, base in daily.items()},
            "timestamp": iso(midnight(day)),
        }

    return Rows(days * len(owners), build)


@lru_cache(maxsize=100_000)
def _daily(seed: int, source: str, metric: str) -> int:
    """The average of a day; a multiple of 400, so that counts of sources add up exactly."""
    if source == _HUGE_SOURCE:
        return 4 * 10**14
    size: int = 10 ** (2 + stable(seed, source) % 6)
    return stable(seed, source, metric) % size * 400


def _count(base: int, start: date, day: date, today: date) -> int:
    """The total from the start of the month to the end of `day`, as known on `today`."""
    total = base * ((day - start).days + 1) + base * (day.toordinal() * 37 % 11) // 40
    end = following_month(start).replace(day=start.day)
    if (end - day).days <= 3:
        total -= base * max((end + timedelta(days=3) - today).days, 0) // 100
    return total - (base // 4 if day == today else 0)
