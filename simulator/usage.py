"""Daily usage (API calls and MTU): pure functions of the sources, the day and today.

Facts (API pages "Get Daily ... Usage"): a row is a snapshot that is cumulative within the month,
counts are strings, the running month grows. Assumed: midnight timestamps, a row for every day up
to today, no rows for a month before the history, and last days that settle until three days after
the month. Two overlaps that clients report can be modelled: with `billing_day` a usage month runs
from that day to the day before in the next month, and with `boundary_rows` a closed month also has
the row of the day after it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate

from simulator.clock import iso, midnight
from simulator.errors import invalid
from simulator.objects import Objects
from simulator.query import Query
from simulator.values import Json
from simulator.volume import SCALE, typical_calls, weight

MTU = ("anonymous", "anonymousIdentified", "identified", "neverIdentified")
_MTU_SHARE = {"anonymousIdentified": 15, "identified": 45, "neverIdentified": 40}  # per cent
_DAY = timedelta(days=1)


class Rows:
    """A list whose rows are built when they are read."""

    def __init__(self, length: int, build: Callable[[int], Json]) -> None:
        self._range, self._build = range(length), build

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, part: slice) -> list[Json]:
        """Some of the rows."""
        return [self._build(n) for n in self._range[part]]

    def __iter__(self) -> Iterator[Json]:
        return map(self._build, self._range)


def following_month(period: date) -> date:
    """The first day of the next month."""
    return (period.replace(day=1) + timedelta(days=32)).replace(day=1)


def months(first: date, last: date) -> list[date]:
    """The first days of the months from that of `first` to that of `last`."""
    found = [first.replace(day=1)]
    while (step := following_month(found[-1])) <= last:
        found.append(step)
    return found


def usage(*metrics: str, by_source: bool) -> Callable[[Query], Rows]:
    """Some metrics of a month, of each source or of the workspace."""

    def rows(query: Query) -> Rows:
        ws, text, today = query.workspace, query.params["period"], query.now.date()
        if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])-01", text):
            raise invalid("period", "must be the first day of a month, as YYYY-MM-DD")
        period = date.fromisoformat(text)
        if period > today:
            raise invalid("period", "must not be in the future")
        owners = [s["id"] for s in ws.sources] if by_source else [None]
        return _rows(ws, period, today, metrics, owners)

    return rows


def _rows(ws: Objects, period: date, today: date, metrics: tuple[str, ...], owners: Sequence[str | None]) -> Rows:
    """Rows of each owner (a source, or None for the workspace) for each day of a month."""
    start, end = (m.replace(day=ws.billing_day) for m in (period, following_month(period)))
    last = min(end if ws.boundary_rows else end - _DAY, today)
    age = (today.year - period.year) * 12 + today.month - period.month
    days = max((last - start).days + 1, 0) if age <= ws.size.usage_months else 0
    first, after = (int(midnight(day).timestamp()) for day in (start, end))
    bounds = {"periodStart": first, "periodEnd": after} if metrics == MTU else {}
    everyone = [s["id"] for s in ws.sources]

    def build(n: int) -> Json:
        owner, day = owners[n // days], start + timedelta(days=n % days)
        sources = everyone if owner is None else [owner]
        return {
            **({} if owner is None else {"sourceId": owner}),
            **bounds,
            **{metric: str(_count(ws, sources, metric, start, day, today)) for metric in metrics},
            "timestamp": iso(midnight(day)),
        }

    return Rows(days * len(owners), build)


def _count(ws: Objects, sources: list[str], metric: str, start: date, day: date, today: date) -> int:
    """The total of some sources from the start of a month to the end of `day`, as known today."""
    if metric == "anonymous":
        parts = ("anonymousIdentified", "neverIdentified")
        return sum(_count(ws, sources, part, start, day, today) for part in parts)
    settled = following_month(start).replace(day=start.day) + timedelta(days=3)
    late = max((settled - today).days, 0) if (settled - day).days <= 6 else 0
    missing = 40 if day == today else late  # per cent of the calls of that day
    number = (day - start).days
    total = 0
    for source in sources:
        now, before = (_total(ws, source, metric, start, n) for n in (number, number - 1))
        total += now - (now - before) * missing // 100
    # A user whom two sources see counts once in the workspace.
    return total * 4 // 5 if metric != "apiCalls" and len(sources) > 1 else total


def _total(ws: Objects, source: str, metric: str, start: date, number: int) -> int:
    """The total of a source from the start of a month to the end of its day `number`."""
    if number < 0:
        return 0
    if metric == "apiCalls":
        return typical_calls(ws, source) * _weights(ws.seed, source, start)[number] // SCALE
    busy = _weights(ws.seed, source, start)[27] // 28  # the average of four weeks
    users = typical_calls(ws, source) * busy // SCALE // 2
    return users * (number + 1) // (number + 9) * _MTU_SHARE[metric] // 100


@lru_cache(maxsize=100_000)
def _weights(seed: int, source: str, start: date) -> list[int]:
    """The weight of a month's days up to each day."""
    return list(accumulate(weight(seed, source, start + timedelta(days=n)) for n in range(32)))
