"""Counts of received and delivered events: pure functions of source, destination and day.

Facts: windows of delivery metrics and delivery overview (their API pages), at most 5000 entries of
events volume. Assumed: buckets start at UTC midnights (hours, minutes), a bucket belongs to a
window if it ends after the window's start and starts before the window's end, and it then counts
in full; today's bucket contains less than it will in the end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from simulator.clock import iso, midnight
from simulator.errors import ApiError, invalid, not_found
from simulator.query import Query
from simulator.values import Json, stable
from simulator.volume import calls

MOST_ROWS = 5000
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_STEPS = {"DAY": _DAY, "HOUR": _HOUR, "MINUTE": timedelta(minutes=1)}
# Longest window and oldest start by granularity.
_METRICS_LIMITS = {"MINUTE": (4 * _HOUR, 48 * _HOUR), "HOUR": (7 * _DAY, 7 * _DAY),
                   "DAY": (14 * _DAY, 14 * _DAY)}  # fmt: skip
_DEFAULT_START = {"MINUTE": _HOUR, "HOUR": 7 * _DAY, "DAY": 30 * _DAY}
_OVERVIEW_LIMITS = {"MINUTE": (4 * _HOUR, 48 * _HOUR), "HOUR": (14 * _DAY, 30 * _DAY),
                    "DAY": (30 * _DAY, 30 * _DAY)}  # fmt: skip
_VOLUME_LABELS = ("eventName", "eventType", "source", "appVersion")
# Of a million calls of a source, how many each delivery overview counts.
_OVERVIEW_SHARE = {"successfully-received": 990_000, "failed-on-ingest": 900,
                   "filtered-at-source": 4_000, "filtered-at-destination": 12_000,
                   "failed-delivery": 5_000, "successful-delivery": 960_000}  # fmt: skip


@dataclass(frozen=True)
class _Window:
    """The starts of the buckets that lie at least partly in a span of time."""

    buckets: list[datetime]
    step: timedelta
    now: datetime

    def counts(self, query: Query, source: str, share: int) -> list[int]:
        """A share (of a million) of the calls of a source, for each bucket."""
        found = []
        for bucket in self.buckets:
            count = calls(query.workspace, source, bucket.date()) * share // 1_000_000
            count = count * 6 // 10 if bucket.date() == self.now.date() else count
            found.append(count // (_DAY // self.step))
        return found

    def row(self, counts: list[int]) -> Json:
        """Total and series of the counts."""
        points = zip(self.buckets, counts, strict=True)
        series = [{"time": iso(bucket), "count": count} for bucket, count in points]
        return {"total": sum(counts), "series": series}


def _window(query: Query, limits: Mapping[str, tuple[timedelta, timedelta]]) -> _Window:
    """The window of a request; raises a 422 if it is outside of the limits."""
    granularity = query.params.get("granularity", "MINUTE")
    start = query.time("startTime") or query.now - _DEFAULT_START[granularity]
    end = query.time("endTime") or query.now
    if start >= end:
        raise invalid("startTime", "must be before endTime")
    longest, oldest = limits.get(granularity, (end - start, query.now - start))
    if start < query.now - oldest:
        message = f"must not be more than {oldest} ago for granularity {granularity}"
        raise invalid("startTime", message)
    if end - start > longest:
        message = f"must be within {longest} of startTime for granularity {granularity}"
        raise invalid("endTime", message)
    step, origin = _STEPS[granularity], midnight(start.date())
    first = origin + (start - origin) // step * step
    return _Window([first + n * step for n in range(-((first - end) // step))], step, query.now)


def delivery_metrics(query: Query) -> Json:
    """A DeliveryMetricsSummaryBeta: totals of a destination and one of its sources over a window.

    A pair in seven has no metrics at all.
    """
    ws, source = query.workspace, query.params["sourceId"]
    destination = query.known("destinationId")
    if destination["id"] not in ws.connected_destinations.get(source, []):
        raise not_found()
    window = _window(query, _METRICS_LIMITS)
    number = stable(ws.seed, source, destination["id"])
    lost = (1 + number % 10) * 1000 if number % 9 else 60_000  # of a million; some do badly
    shares = {"discarded": lost, "expired": lost // 5, "retried": 3 * lost}
    shares = {"successes": 980_000 - lost - lost // 5, **shares}
    metrics: list[Json] = []
    for name, share in shares.items() if number % 7 else ():
        metrics.append({"metricName": name, "total": sum(window.counts(query, source, share))})
    if metrics:
        total = metrics[0]["total"]
        metrics[0]["breakdown"] = [
            {"metricName": "successes.first_attempt", "value": total - total // 50},
            {"metricName": "successes.retried", "value": total // 50},
        ]
    metadata_id = destination["metadata"]["id"]
    return {"sourceId": source, "destinationMetadataId": metadata_id, "metrics": metrics}


def overview(kind: str) -> Callable[[Query], list[Json]]:
    """The one DeliveryOverviewMetricsDataset row of an overview without `groupBy`.

    A third of the sources and pairs have no failures at all.
    """

    def rows(query: Query) -> list[Json]:
        if "groupBy" in query.lists:
            raise ApiError(501, "groupBy is not simulated here")
        pair = [query.known("sourceId")["id"]]
        if "destinationConfigId" in query.params:
            pair.append(query.known("destinationConfigId")["id"])
        window = _window(query, _OVERVIEW_LIMITS)
        if "fail" in kind and stable(query.workspace.seed, kind, *pair) % 3 == 0:
            return []
        row = window.row(window.counts(query, pair[0], _OVERVIEW_SHARE[kind]))
        if kind.endswith("-delivery"):
            for point in row["series"]:
                point["retryCount"] = point["count"] // 20
            row["totalRetryCount"] = sum(point["retryCount"] for point in row["series"])
        return [row]

    return rows


def overview_total(_query: Query, rows: Sequence[Any]) -> Json:
    """The total beside the dataset of a delivery overview."""
    return {"total": sum(row["total"] for row in rows)}


def events_volume(query: Query) -> list[Json]:
    """SourceEventVolumeV1 rows; the API leaves out the name of an event that has none."""
    ws, group_by = query.workspace, query.lists.get("groupBy", [])
    for n, label in enumerate(group_by):
        if label not in _VOLUME_LABELS:
            raise invalid(f"groupBy.{n}", f"must be one of [{', '.join(_VOLUME_LABELS)}]")
    window = _window(query, {})
    groups: dict[tuple[str | None, ...], list[int]] = {}
    sources = {source["id"]: source for source in ws.sources}
    for source in query.lists.get("sourceId") or sources:
        for name, kind in ws.events if source in sources else ():
            labels = {"source": source, "eventName": name, "eventType": kind, "appVersion": "1.0"}
            key = tuple(labels[label] for label in group_by)
            counts = window.counts(query, source, _event_share(ws.seed, source, name, kind))
            before = groups.get(key, [0] * len(counts))
            groups[key] = [a + b for a, b in zip(before, counts, strict=True)]
    rows = []
    for key, counts in list(groups.items())[:MOST_ROWS]:
        row: Json = dict(zip(group_by, key, strict=True)) | window.row(counts)
        if "source" in row:
            found = sources[row["source"]]
            row["source"] = {k: found[k] for k in ("id", "name", "slug") if k in found}
        row.pop("appVersion", None)
        rows.append({k: v for k, v in row.items() if (k, v) != ("eventName", None)})
    return rows


def events_volume_query(query: Query, _rows: Sequence[Any]) -> Json:
    """The echo of the request beside the events volume."""
    echo = {"workspaceId": query.workspace.workspace["id"], **query.params, **query.lists}
    return {"path": "/events/volume", "query": echo}


@lru_cache(maxsize=200_000)
def _event_share(seed: int, source: str, name: str | None, kind: str | None) -> int:
    """The share (of a million) of an event in the calls of a source; one in ten never occurs."""
    number = stable(seed, source, name, kind)
    return number % 200_000 if number % 10 else 0
