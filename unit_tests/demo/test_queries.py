"""The ready queries against figures that are computed from the simulator's truth without SQL."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from unit_tests.demo.conftest import STOPPED, Rows, Synced

pytestmark = STOPPED

FOLDER = Path(__file__).parents[2] / "docs" / "queries"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
Query = Callable[[str], Rows]


def day(row: dict[str, Any]) -> date:
    return datetime.fromisoformat(row["timestamp"]).date()


def name(row: dict[str, Any]) -> str:
    return str(row.get("name") or row["slug"])


def mtu(row: dict[str, Any]) -> int:
    return int(row["identified"] + row["neverIdentified"])


def rounded(value: float, digits: int) -> Any:
    """Equal to what SQL rounds `value` to, whichever way it rounds a half."""
    return pytest.approx(value, abs=0.51 * 10**-digits)


def percent(part: float, whole: float) -> Any:
    return rounded(100 * part / whole, 1) if whole else None


def change(now: float, before: float | None) -> Any:
    return rounded(100 * now / before - 100, 1) if before else None


def daily(synced: Synced) -> dict[tuple[str, date], int]:
    """The calls of each source and day."""
    totals = {
        (row["sourceId"], day(row)): row["apiCalls"]
        for row in synced.truth("usage_api_calls_per_source_daily")
    }
    return {
        (source, when): total - (totals[source, when - timedelta(1)] if when.day > 1 else 0)
        for (source, when), total in totals.items()
    }


def connected(synced: Synced, kind: str) -> dict[str, Rows]:
    """What is connected to each source."""
    found = defaultdict(list)
    for row in synced.truth(f"source_connected_{kind}"):
        found[row["sourceId"]].append(row)
    return found


def test_there_are_ten_and_the_list_names_them() -> None:
    listed = re.findall(r"\[`(\w+)\.sql`\]\(\1\.sql\)", (FOLDER / "README.md").read_text())
    assert len(NAMES) == 10
    assert sorted(listed) == NAMES


@pytest.mark.parametrize("file", NAMES)
def test_query_has_rows_and_its_comment_names_the_columns(file: str, query: Query) -> None:
    comment = re.match(r"(?:--.*\n)+", (FOLDER / f"{file}.sql").read_text())
    assert comment
    assert re.match(r"-- [A-Z][^?]+\?\n", comment[0])
    rows = query(file)
    assert rows
    columns = {column for column in rows[0] if not column.endswith("_id")}
    described = set(
        re.findall(r"\b\w+\b", " ".join(re.findall(r"^-- (\S.*?)   ", comment[0], re.M)))
    )
    assert columns == described


def test_monthly_usage(synced: Synced, query: Query) -> None:
    calls = {r["period"]: r["apiCalls"] for r in synced.truth("usage_api_calls_workspace_daily")}
    users = {r["period"]: mtu(r) for r in synced.truth("usage_mtu_workspace_daily")}
    months = sorted(calls)
    expected = [
        {
            "month": date.fromisoformat(month),
            "api_calls": calls[month],
            "mtu": users[month],
            "calls_per_user": rounded(calls[month] / users[month], 2),
            "api_calls_change": change(calls[month], calls.get(before)),
            "mtu_change": change(users[month], users.get(before)),
        }
        for before, month in zip(["", *months], months, strict=False)
    ]
    assert query("monthly_usage") == expected


def test_daily_api_calls(synced: Synced, query: Query) -> None:
    found = {(row["source_id"], row["day"]): row["api_calls"] for row in query("daily_api_calls")}
    assert found == daily(synced)
    assert {row["source"] for row in query("daily_api_calls")} == set(
        map(name, synced.truth("sources"))
    )


def test_growing_sources(synced: Synced, query: Query) -> None:
    calls = daily(synced)
    today = max(when for _, when in calls)
    spans: Counter[tuple[str, bool]] = Counter()
    for (source, when), count in calls.items():
        if 1 <= (today - when).days <= 56:
            spans[source, (today - when).days <= 28] += count
    total = sum(count for (_, late), count in spans.items() if late)
    found = {row["source_id"]: row for row in query("growing_sources")}
    assert found.keys() == {source["id"] for source in synced.truth("sources")}
    for source, row in found.items():
        late, early = spans[source, True], spans[source, False]
        assert row["calls_a_day"] == rounded(late / 28, 0)
        assert row["calls_a_day_before"] == rounded(early / 28, 0)
        assert row["change"] == change(late, early)
        assert row["share"] == percent(late, total)
    changes = [row["change"] for row in found.values()]
    assert changes == sorted(changes, reverse=True)


def test_mtu_against_last_month(synced: Synced, query: Query) -> None:
    users = {(r["sourceId"], day(r)): mtu(r) for r in synced.truth("usage_mtu_per_source_daily")}
    today = synced.now.date()
    end = today.replace(day=1) - timedelta(1)
    same_day = end.replace(day=min(today.day, end.day))
    found = {r["source_id"]: r for r in query("mtu_against_last_month")}
    assert found.keys() == {source["id"] for source in synced.truth("sources")}
    for source, row in found.items():
        assert row["mtu"] == users[source, today]
        assert row["mtu_same_day"] == users[source, same_day]
        assert row["change"] == change(users[source, today], users[source, same_day])
        assert row["mtu_last_month"] == users[source, end]


def test_delivery_by_destination(synced: Synced, query: Query) -> None:
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    sources = defaultdict(set)
    for row in synced.truth("destination_delivery_metrics_summary"):
        sources[row["destinationId"]].add(row["sourceId"])
        totals[row["destinationId"]].update(
            {metric["metricName"]: metric["total"] for metric in row["metrics"]}
        )
    found = query("delivery_by_destination")
    assert {row["destination_id"]: len(sources[row["destination_id"]]) for row in found} == {
        row["destination_id"]: row["sources"] for row in found
    }
    for row in found:
        count = totals[row["destination_id"]]
        assert row["delivered"] == count["successes"]
        assert (row["discarded"], row["expired"]) == (count["discarded"], count["expired"])
        assert row["retried"] == count["retried"]
        assert row["success"] == percent(
            count["successes"], count["successes"] + count["discarded"] + count["expired"]
        )
    assert found[0]["success"] == min(r["success"] for r in found if r["success"] is not None)


def test_who_changed_what(synced: Synced, query: Query) -> None:
    people = {user["email"].lower(): user["name"] for user in synced.truth("users")}
    events = synced.truth("audit_events")
    newest = max(datetime.fromisoformat(e["timestamp"]) for e in events)
    expected = Counter(
        (
            datetime.fromisoformat(e["timestamp"]).replace(tzinfo=None),
            people.get(e.get("actorEmail", "").lower()) or e.get("actorEmail") or e["actor"],
            e["type"],
            e["resourceType"],
            e["resourceName"],
        )
        for e in events
        if datetime.fromisoformat(e["timestamp"]) >= newest - timedelta(days=30)
    )
    found = query("who_changed_what")
    assert Counter(tuple(row.values()) for row in found) == expected
    assert [r["happened"] for r in found] == sorted((r["happened"] for r in found), reverse=True)


def test_destinations_without_subscription(synced: Synced, query: Query) -> None:
    subscriptions = defaultdict(list)
    for row in synced.truth("destination_subscriptions"):
        subscriptions[row["destinationId"]].append(row["enabled"])
    feeds = defaultdict(list)
    for source in sorted(synced.truth("sources"), key=lambda s: str(s["id"])):
        for row in connected(synced, "destinations")[source["id"]]:
            feeds[row["id"]].append(name(source))
    found = query("destinations_without_subscription")
    assert {row["destination_id"]: row["subscriptions"] for row in found} == {
        row["id"]: len(subscriptions[row["id"]])
        for row in synced.truth("destinations")
        if row["enabled"] and row["metadata"]["actions"] and not any(subscriptions[row["id"]])
    }
    for row in found:
        assert (row["sources"] or "") == ", ".join(feeds[row["destination_id"]])


def test_sources_without_destination(synced: Synced, query: Query) -> None:
    targets = connected(synced, "destinations"), connected(synced, "warehouses")
    calls = {r["sourceId"]: r["apiCalls"] for r in synced.truth("usage_api_calls_per_source_daily")}
    expected = []
    for source in sorted(synced.truth("sources"), key=lambda s: -calls[s["id"]]):
        reached = [row for target in targets for row in target[source["id"]]]
        if not any(row["enabled"] for row in reached):
            row = {"source": name(source), "enabled": source["enabled"]}
            row |= {"api_calls": calls[source["id"]], "switched_off": len(reached)}
            expected.append(row | {"source_id": source["id"]})
    assert query("sources_without_destination") == expected


def test_unused_warehouses(synced: Synced, query: Query) -> None:
    enabled = {source["id"]: source["enabled"] for source in synced.truth("sources")}
    feeds = defaultdict(list)
    for source, rows in connected(synced, "warehouses").items():
        for row in rows:
            feeds[row["id"]].append(enabled[source])
    found = query("unused_warehouses")
    assert {(r["warehouse_id"], r["sources"]) for r in found} == {
        (w["id"], len(feeds[w["id"]]))
        for w in synced.truth("warehouses")
        if not w["enabled"] or not any(feeds[w["id"]])
    }
    assert {row["reason"] for row in found} == {"no source connected", "switched off"}


def test_group_permissions(synced: Synced, query: Query) -> None:
    expected = Counter(
        (group["name"], group["memberCount"], permission["roleName"], resource["type"])
        for group in synced.truth("groups")
        for permission in group.get("permissions", [])
        for resource in permission["resources"]
    )
    assert {
        (r["group_name"], r["members"], r["role"], r["resource_type"]): r["resources"]
        for r in query("group_permissions")
    } == expected
