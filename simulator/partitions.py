"""With which parameters a stream requests its operation, once for each parent, month or window."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.clock import ceil_day, iso
from simulator.governance import FUNCTION_TYPES
from simulator.query import LISTS
from simulator.usage import months
from simulator.values import Json

Read = Callable[[str], list[Json]]  # a stream's name -> its records
Params = dict[str, str]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """The time that a sync covers: from the configured start to now."""

    start: datetime
    now: datetime


@dataclass(frozen=True)
class Partition:
    """The parent streams, and the parameters for each of their records."""

    parents: tuple[str, ...]
    params: Callable[[Read, Span], Iterable[Params]]


def each(stream: str, *same: str, **others: str) -> Partition:
    """One request for each distinct combination of a parent's fields.

    The fields are parameters of the `same` name, `others` are given as parameter=field. A parent
    without one of them cannot be requested.
    """
    fields = {name: name for name in same} | others

    def params(read: Read, _span: Span) -> Iterable[Params]:
        found = [{name: row.get(key, "") for name, key in fields.items()} for row in read(stream)]
        return {tuple(row.items()): row for row in found if all(row.values())}.values()

    return Partition((stream,), params)


def windows(
    parent: Partition, kept: int | None = None, step: Callable[[datetime], datetime] | None = None
) -> Partition:
    """One request for each parent and window between the start date and now.

    They begin at the first midnight of the `kept` days that the API keeps, or at that of the start
    date. `step` leads from the start of a window to the next; without it, there is one window.
    """

    def params(read: Read, span: Span) -> Iterable[Params]:
        first = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
        if kept is not None:
            oldest = max(span.start, ceil_day(span.now - kept * _DAY))
            first = ceil_day(oldest) if step else oldest
        for found in parent.params(read, span) if first < span.now else ():
            start = first
            while start < span.now:
                end = min(step(start), span.now) if step else span.now
                bounds = {"startTime": iso(start), "endTime": iso(end), "granularity": "DAY"}
                yield found | bounds | {"date": start.date().isoformat()}
                start = end

    return Partition(parent.parents, params)


def a_day(start: datetime) -> datetime:
    """The same time of the next day."""
    return start + _DAY


def a_year(start: datetime) -> datetime:
    """The same time of the next year."""
    day = 28 if (start.month, start.day) == (2, 29) else start.day
    return start.replace(year=start.year + 1, day=day)


def _audit_window(_read: Read, span: Span) -> Iterable[Params]:
    """One window over the 90 days that the API keeps.

    It begins a millisecond early, since the API's bounds may be exclusive.
    """
    start = max(span.start, span.now - 90 * _DAY) - timedelta(milliseconds=1)
    return [{"startTime": iso(start), "endTime": iso(span.now)}] if start < span.now else []


def _each_collection(read: Read, _span: Span) -> Iterable[Params]:
    for space in read("spaces"):
        for collection in ("users", "accounts"):
            yield {"spaceId": space["id"], "collection": collection, "sortBy": "trait"}


AUDIT_WINDOW = Partition((), _audit_window)
MONTHS = Partition((), lambda _read, span: [
    {"period": month.isoformat()} for month in months(span.start.date(), span.now.date())
])  # fmt: skip
EACH_FUNCTION_TYPE = Partition((), lambda *_: [{"resourceType": t} for t in FUNCTION_TYPES])
EACH_INSERT_FUNCTION = Partition(("functions",), lambda read, _span: [
    {"functionId": f["id"]} for f in read("functions")
    if f["id"] and f["resourceType"].startswith("INSERT_")
])  # fmt: skip
EACH_SOURCE = each("sources", sourceId="id")
_GROUPS = {"groupBy.0": "eventName", "groupBy.1": "eventType", "groupBy.2": "source"}
EVENTS_VOLUME = windows(Partition(("sources",), lambda read, _span: [
    {"sourceId": s["id"], "sourceId.0": s["id"], **_GROUPS} for s in read("sources")
]), step=a_year)  # fmt: skip
EACH_CONNECTION = each("source_connected_destinations", "sourceId", destinationId="id",
                       destinationConfigId="id")  # fmt: skip
EACH_SPACE = each("spaces", spaceId="id", integrationId="id")
EACH_COLLECTION = Partition(("spaces",), _each_collection)
EACH_REFERENCE = each("space_audiences", "spaceId", audienceId="id", referencedAudienceId="id")
# The parents of an operation by the ids in its path.
BY_IDS: dict[tuple[str, ...], Partition] = {
    (): Partition((), lambda _read, _span: [{}]),
    **{(name,): each(stream, **{name: "id"}) for name, stream in LISTS.items()},
    ("warehouseId", "sourceId"): each("warehouse_connected_sources", "warehouseId", sourceId="id"),
    ("modelId", "subscriptionId"): each("destination_subscriptions", "modelId",
                                        subscriptionId="id"),
    ("spaceId", "audienceId"): each("space_audiences", "spaceId", audienceId="id"),
    ("spaceId", "eventName"): each("space_events", "spaceId", eventName="name"),
    ("spaceId", "entitySlug"): each("space_entity_paths", "spaceId", "entitySlug"),
    ("spaceId", "warehouseId"): each("profiles_warehouses", "spaceId", warehouseId="id"),
}  # fmt: skip
