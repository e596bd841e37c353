"""Audit events and warehouse syncs: pure functions of the seed and of time.

Facts: audit events are kept for 90 days; a running sync has a null `end`. Assumed: newest first.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from simulator.clock import iso, midnight
from simulator.words import Json, stable
from simulator.workspace import Workspace

AUDIT_DAYS = timedelta(days=90)
_DAY = 86_400_000  # milliseconds
_TYPES = (
    "Source Modified",
    "Source Created",
    "Destination Enabled",
    "User Invited",
    "Brand Ü Updated",
)
_SYNC_EVERY = timedelta(hours=6)
_STATUSES = ("SUCCESS", "SUCCESS", "PARTIAL", "FAILED")


def audit_events(
    ws: Workspace,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
    resource_id: str | None = None,
    resource_type: str | None = None,
) -> list[Json]:
    """AuditEventV1 records between two times, newest first, of the 90 days that are kept."""
    kept = now - AUDIT_DAYS
    stored = _events_between(
        ws.seed, ws.size.audit_per_day, max(start or kept, kept), min(end or now, now)
    )
    if ws.extra_audit_events:
        low, high = iso(max(start or kept, kept)), iso(min(end or now, now))
        extra = [e for e in ws.extra_audit_events if low <= e["timestamp"] <= high]
        stored = sorted(stored + extra, key=_newest, reverse=True)
    if not ws.audit_bounds_inclusive:
        low, high = iso(start) if start else "", iso(end) if end else "9"
        stored = [e for e in stored if low < e["timestamp"] < high]
    if resource_id is None and resource_type is None:
        return stored
    return [
        e
        for e in stored
        if resource_id in (None, e["resourceId"]) and resource_type in (None, e["resourceType"])
    ]


@lru_cache(maxsize=16)
def _events_between(seed: int, per_day: int, first: datetime, last: datetime) -> list[Json]:
    """The generated events from one time to another, both included, newest first."""
    days = (last.date() - first.date()).days
    low, high = iso(first), iso(last)
    return [
        event
        for n in range(days, -1, -1)
        for event in _events_of(seed, per_day, first.date() + timedelta(days=n))
        if low <= event["timestamp"] <= high
    ]


def _newest(event: Json) -> tuple[str, str]:
    return event["timestamp"], event["id"]


@lru_cache(maxsize=2000)
def _events_of(seed: int, per_day: int, day: date) -> list[Json]:
    """The events of a day, newest first: one at midnight, two in one millisecond."""
    events: list[Json] = []
    for n in range(per_day):
        number = stable(seed, "audit", day, n)
        shared = stable(seed, "audit", day, 1)
        at = 0 if n == 0 else (shared if n == 2 else number) % _DAY
        person = number % 12
        events.append(
            {
                "id": f"evt{number:020d}",
                "timestamp": iso(midnight(day) + timedelta(milliseconds=at)),
                "type": _TYPES[number % len(_TYPES)],
                "actor": f"user{person:04d}",
                "resourceId": f"res{number % 50:04d}",
                "resourceType": ("source", "destination", "user")[number % 3],
                "resourceName": f"Größe {number % 50}",
                **({"actorEmail": f"user{person}@example.com"} if person % 4 else {}),
            }
        )
    return sorted(events, key=_newest, reverse=True)


def syncs(ws: Workspace, warehouse_id: str, now: datetime) -> list[Json]:
    """SyncV1 records of a warehouse over the last `sync_days`, newest first."""
    sources = [s["id"] for s in ws.pick("sources", ws.warehouse_sources.get(warehouse_id, []))]
    oldest = midnight(now.date()) - timedelta(days=ws.size.sync_days)
    found = []
    for source in sources:
        start = oldest + timedelta(seconds=stable(ws.seed, warehouse_id, source) % 21_600)
        while start <= now:
            found.append(_sync(source, start, stable(ws.seed, warehouse_id, source, start), now))
            start += _SYNC_EVERY
    return sorted(found, key=lambda r: (r["start"], r["sourceId"]), reverse=True)


def _sync(source: str, start: datetime, number: int, now: datetime) -> Json:
    seconds = 60 + number % 3000
    end = start + timedelta(seconds=seconds)
    running = end > now
    failed = not running and number % 4 == 3
    notice = {"level": "error", "message": "Spalte größe missing", "createdAt": iso(start)}
    return {
        "sourceId": source,
        "start": iso(start),
        "end": None if running else iso(end),
        "status": "RUNNING" if running else _STATUSES[number % 4],
        "duration": 0 if running else seconds,
        "humanDuration": "" if running else f"{seconds // 60}m{seconds % 60}s",
        "count": 0 if running else number % 10**6,
        "notices": [notice] if failed else [],
    }
