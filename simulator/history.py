"""Audit events and warehouse syncs: pure functions of the seed and of time.

Facts: audit events are kept for 90 days; a running sync has a null `end`. Assumed: newest first.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter

from simulator.clock import iso, midnight
from simulator.names import Names
from simulator.query import Query
from simulator.values import Json, stable

_DAY = timedelta(days=1)
_NEWEST = itemgetter("timestamp", "id")
_STATUSES = ("SUCCESS", "SUCCESS", "PARTIAL", "FAILED")
Resource = tuple[str, str, str]  # type, id, name


def audit_events(query: Query) -> list[Json]:
    """AuditEventV1 records of a window, newest first, of the 90 days that are kept."""
    ws, kept = query.workspace, query.now - 90 * _DAY
    start, end = query.time("startTime"), query.time("endTime")
    first, last = max(start or kept, kept), min(end or query.now, query.now)
    common = (ws.seed, ws.size.audit_per_day, ws.names, tuple(ws.audited))
    found = [
        event
        for n in range((last.date() - first.date()).days, -1, -1)
        for event in _events_of_day(*common, first.date() + n * _DAY)
    ]
    found = sorted(found + ws.extra_audit_events, key=_NEWEST, reverse=True)
    low, high = iso(first), iso(last)
    found = [event for event in found if low <= event["timestamp"] <= high]
    if not ws.audit_bounds_inclusive:
        low, high = iso(start) if start else "", iso(end) if end else "9"
        found = [event for event in found if low < event["timestamp"] < high]
    for name in query.params.keys() & {"resourceId", "resourceType"}:
        found = [event for event in found if event[name] == query.params[name]]
    return found


@lru_cache(maxsize=2000)
def _events_of_day(seed: int, count: int, names: Names, resources: tuple[Resource, ...], day: date) -> list[Json]:
    """The events of a day, newest first: one at midnight, two in one millisecond."""
    people = [user_id for kind, user_id, _ in resources if kind == "user"] or ["system"]
    events: list[Json] = []
    for n in range(count):
        number = stable(seed, "audit", day, n)
        time = 0 if n == 0 else stable(seed, "audit", day, 1) if n == 2 else number
        person = number % min(len(people), 12)
        kind, resource_id, name = resources[number // 12 % len(resources)]
        event: Json = {
            "id": f"evt{number:020d}",
            "timestamp": iso(midnight(day) + timedelta(milliseconds=time % 86_400_000)),
            "type": names.change(kind, number),
            "actor": people[person],
            "resourceId": resource_id,
            "resourceType": kind,
            "resourceName": name,
        }
        events.append(event | ({"actorEmail": names.email(person)} if person % 7 else {}))
    return sorted(events, key=_NEWEST, reverse=True)


def warehouse_syncs(query: Query) -> list[Json]:
    """SyncV1 records of a warehouse over the last `sync_days`, newest first."""
    ws, warehouse_id = query.workspace, query.known("warehouseId")["id"]
    oldest = midnight(query.now.date()) - ws.size.sync_days * _DAY
    found = []
    for source in ws.pick("sources", ws.warehouse_sources.get(warehouse_id, [])):
        start = oldest + timedelta(seconds=stable(ws.seed, warehouse_id, source["id"]) % 21_600)
        while start <= query.now:
            number = stable(ws.seed, warehouse_id, source["id"], start)
            found.append({"sourceId": source["id"], **_sync(start, number, query)})
            start += timedelta(hours=6)
    return sorted(found, key=lambda r: (r["start"], r["sourceId"]), reverse=True)


def _sync(start: datetime, number: int, query: Query) -> Json:
    seconds, notices = 60 + number % 3000, []
    end, lasted = start + timedelta(seconds=seconds), f"{seconds // 60}m{seconds % 60}s"
    if end > query.now:
        return {"start": iso(start), "end": None, "status": "RUNNING", "duration": 0,
                "humanDuration": "", "count": 0, "notices": []}  # fmt: skip
    if number % 4 == 3:
        message = f"Column {query.workspace.names.column} is missing."
        notices = [{"level": "error", "message": message, "createdAt": iso(start)}]
    return {"start": iso(start), "end": iso(end), "status": _STATUSES[number % 4],
            "duration": seconds, "humanDuration": lasted, "count": number % 10**6,
            "notices": notices}  # fmt: skip
