"""The simulated time of the workspace, and the wire format of times."""

from datetime import UTC, date, datetime, time, timedelta


class Clock:
    """Tells the simulated time: fixed once set, else the real time."""

    def __init__(self, now: datetime | None = None) -> None:
        self._fixed = now

    def now(self) -> datetime:
        """The simulated time, in UTC."""
        return (self._fixed or datetime.now(UTC)).astimezone(UTC)

    def set(self, now: datetime | None) -> None:
        """Stop the clock at `now`; None lets it show the real time."""
        self._fixed = now


def iso(moment: datetime) -> str:
    """A UTC time as the API writes it: milliseconds and a Z."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def midnight(day: date) -> datetime:
    """The first moment of a day, in UTC."""
    return datetime.combine(day, time(), UTC)


def ceil_day(moment: datetime) -> datetime:
    """The first midnight at or after a moment."""
    floor = midnight(moment.date())
    return floor if floor == moment else floor + timedelta(days=1)


def parse(text: str) -> datetime:
    """An ISO-8601 date or time as UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
