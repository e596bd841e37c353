"""Counts of delivered and received events: pure functions of seed, source, destination and day.

Facts: windows of delivery metrics and delivery overview (their API pages), at most 5000 entries of
events volume. Assumed: buckets start at UTC midnights (hours, minutes), a bucket belongs to a
window if it ends after the window's start and starts before the window's end, and it then counts
in full; today's bucket holds less than it will hold in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from simulator.clock import iso, midnight
from simulator.words import EVENTS, Json, stable
from simulator.workspace import Workspace

STEPS = {"DAY": timedelta(days=1), "HOUR": timedelta(hours=1), "MINUTE": timedelta(minutes=1)}
UNNAMED = ((None, "PAGE"), (None, "IDENTIFY"), ("Legacy Import", None))
_VERSIONS = ("1.0.0", "2.0-ü")
_REASONS = ("Schema violation", "Größe invalid", None)
_METRICS = ("successes", "discarded", "expired", "retried")
_RETRIED = {"failed-delivery", "successful-delivery"}

Labels = dict[str, str | None]


@dataclass(frozen=True)
class Window:
    """A span of time, in buckets of one granularity."""

    start: datetime
    end: datetime
    granularity: str = "DAY"

    def buckets(self) -> list[datetime]:
        """The starts of the buckets that lie at least partly in the window."""
        step, origin = STEPS[self.granularity], midnight(self.start.date())
        moment = origin + (self.start - origin) // step * step
        found = []
        while moment < self.end:
            found.append(moment)
            moment += step
        return found

    @property
    def share(self) -> int:
        """How many buckets a day has."""
        return STEPS["DAY"] // STEPS[self.granularity]


def summary(ws: Workspace, source: str, destination: Json, window: Window, now: datetime) -> Json:
    """A DeliveryMetricsSummaryBeta: totals over a window; a pair in seven has no metrics at all."""
    destination_id = destination["id"]
    buckets = window.buckets()

    def total(metric: str) -> int:
        counts = (_count(ws.seed, (source, destination_id, metric), b, now) for b in buckets)
        return sum(count // window.share for count in counts)

    metrics: list[Json] = []
    for metric in _METRICS if stable(ws.seed, source, destination_id) % 7 else ():
        value = total(metric)
        metrics.append({"metricName": metric, "total": value})
        if metric == "successes":
            first = value * 9 // 10
            metrics[-1]["breakdown"] = [
                {"metricName": "successes.first_attempt", "value": first},
                {"metricName": "successes.retried", "value": value - first},
            ]
    return {
        "sourceId": source,
        "destinationMetadataId": destination["metadata"]["id"],
        "metrics": metrics,
    }


def overview(
    ws: Workspace,
    kind: str,
    source: str,
    destination: str | None,
    window: Window,
    now: datetime,
    group_by: list[str],
    filters: Mapping[str, list[str]],
) -> list[Json]:
    """DeliveryOverviewMetricsDataset rows of one of the six overviews; failures are rare."""
    if "fail" in kind and stable(ws.seed, kind, source, destination) % 3 == 0:
        return []
    finest: list[tuple[Labels, str]] = [
        (
            {"eventName": name, "eventType": event, "appVersion": version, "discardReason": reason},
            source,
        )
        for name, event in EVENTS[:3]
        for version in _VERSIONS
        for reason in (_REASONS if kind.startswith("f") else _REASONS[-1:])
    ]
    rows = _aggregate(ws.seed, (kind, destination), finest, window, now, group_by, filters)
    for row in rows if kind in _RETRIED else ():
        for point in row["series"]:
            point["retryCount"] = point["count"] // 20
        row["totalRetryCount"] = sum(point["retryCount"] for point in row["series"])
    return rows


def volume(
    ws: Workspace,
    window: Window,
    now: datetime,
    group_by: list[str],
    filters: Mapping[str, list[str]],
) -> list[Json]:
    """SourceEventVolumeV1 rows, at most 5000."""
    wanted = filters.get("sourceId") or [s["id"] for s in ws.sources]
    finest: list[tuple[Labels, str]] = [
        ({"source": s["id"], "eventName": name, "eventType": event, "appVersion": "1.0.0"}, s["id"])
        for s in ws.pick("sources", wanted)
        for name, event in (*EVENTS[: ws.size.events], *UNNAMED)
    ]
    chosen = {name: values for name, values in filters.items() if name != "sourceId"}
    rows = _aggregate(ws.seed, ("volume",), finest, window, now, group_by, chosen)[:5000]
    for row in rows:
        if "source" in row:
            found = ws.find("sources", row["source"]) or {}
            row["source"] = {k: found[k] for k in ("id", "name", "slug") if k in found}
        row.pop("appVersion", None)
        if row.get("eventName", "") is None:
            del row["eventName"]
    return rows


def _aggregate(
    seed: int,
    kind: tuple[object, ...],
    finest: Iterable[tuple[Labels, str]],
    window: Window,
    now: datetime,
    group_by: list[str],
    filters: Mapping[str, list[str]],
) -> list[Json]:
    """Filter the finest rows and add them up by the labels of `group_by`."""
    groups: dict[tuple[str | None, ...], list[int]] = {}
    buckets = window.buckets()
    for labels, source in finest:
        if any(labels.get(name) not in values for name, values in filters.items()):
            continue
        key = tuple(labels.get(name) for name in group_by)
        sums = groups.setdefault(key, [0] * len(buckets))
        owner = (*kind, source, *labels.values())
        for n, bucket in enumerate(buckets):
            sums[n] += _count(seed, owner, bucket, now) // window.share
    return [
        {
            **dict(zip(group_by, key, strict=True)),
            "total": sum(sums),
            "series": [{"time": iso(b), "count": c} for b, c in zip(buckets, sums, strict=True)],
        }
        for key, sums in groups.items()
    ]


def _count(seed: int, owner: tuple[object, ...], bucket: datetime, now: datetime) -> int:
    """The count of the bucket's day, for one owner."""
    base = _base(seed, owner)
    count = base + base * (bucket.toordinal() * 31 % 17) // 17
    return count * 6 // 10 if bucket.date() == now.date() else count


@lru_cache(maxsize=200_000)
def _base(seed: int, owner: tuple[object, ...]) -> int:
    """The least count of a day; one owner in ten has none."""
    number = stable(seed, owner)
    return number % 10**5 if number % 10 else 0
