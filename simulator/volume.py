"""How many API calls each source makes a day: usage and traffic derive from it.

A pure function of the source and the day, so that the past never changes: the source's typical
number of calls, times a steady growth, the weekday and a little noise.
"""

from datetime import date
from functools import lru_cache

from simulator.objects import Objects
from simulator.values import stable

_FIRST_DAY = date(2025, 1, 1).toordinal()  # on which a source makes its typical number of calls
_GROWTH = (30, 20, 60, -10, 45, 12, 80)  # per mille a month, by source
_WEEKDAYS = (104, 106, 109, 108, 105, 86, 80)  # per cent, from Monday on
SCALE = 1000 * 100 * 100


def calls(ws: Objects, source: str, day: date) -> int:
    """The API calls of a source on a whole day."""
    return typical_calls(ws, source) * weight(ws.seed, source, day) // SCALE


def typical_calls(ws: Objects, source: str) -> int:
    """The API calls of a source on a typical day at the start of 2025."""
    found = ws.calls_per_day.get(source)
    return stable(ws.seed, source) % 20_000 if found is None else found


@lru_cache(maxsize=100_000)
def weight(seed: int, source: str, day: date) -> int:
    """How busy a source is on a day, of `SCALE`."""
    number, growth = day.toordinal(), _GROWTH[stable(seed, source, "growth") % len(_GROWTH)]
    level = max(1000 + growth * (number - _FIRST_DAY) // 30, 300)
    return level * _WEEKDAYS[day.weekday()] * (97 + number * 37 % 7)
