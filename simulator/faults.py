"""Faults as data: what goes wrong, for which requests, how often.

A fault either answers in place of the API (`status`, `reset`, ...), changes the data of a good
answer (`list_null`, `nulls`, ...), or plays a trick on the paging (`row_shift`, `repeat_cursor`,
...).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from simulator.words import Json

# In place of an answer: see `server`.
EDGE = {"status", "reset", "stall", "slow", "truncated", "not_json", "wrong_type", "redirect",
        "echo_auth", "expired_cursor"}  # fmt: skip
PAGING = {"empty_page_with_next", "repeat_cursor", "row_shift", "row_gone", "odd_cursor"}

# Optional top-level fields by the key of the list (the models of the API reference).
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "events": ("actorEmail",),
    "destinationsCatalog": ("contacts", "partnerOwned", "supportedRegions", "regionEndpoints"),
    "sourcesCatalog": ("partnerOwned",),
    "sources": ("name", "settings"),
    "destinations": ("name",),
    "subscriptions": ("modelId", "reverseETLSchedule"),
    "userGroups": ("permissions",),
    "users": ("permissions",),
    "transformations": ("destinationMetadataId", "drop", "newEventName", "propertyRenames",
                        "allowProperties", "propertyValueTransformations", "fqlDefinedProperties",
                        "hashPropertiesConfiguration"),
    "functions": ("resourceType", "createdAt", "createdBy", "displayName", "description", "logoUrl",
                  "catalogId"),
    "labels": ("description",),
    "regulations": ("finishedAt",),
    "trackingPlans": ("name", "slug", "description", "updatedAt", "createdAt"),
    "rules": ("key", "createdAt", "updatedAt", "deprecatedAt"),
    "filters": ("description", "name", "if", "drop", "enabled"),
    "instances": ("name",),
    "versions": ("author", "isDeployed", "createdAt", "updatedAt", "deployedAt"),
    "audiences": ("description", "status", "size", "options", "schedules"),
    "computedTraits": ("description", "status", "options"),
    "profilesWarehouses": ("schemaName",),
    "syncStatuses": ("finishedAt", "extractPhase", "loadPhase", "error", "errorCode"),
    "dataset": ("eventName", "appVersion", "eventType", "discardReason", "totalRetryCount"),
}  # fmt: skip
_ENUMS = {"status", "type", "resourceType", "audienceType", "strategy", "regulationType",
          "syncStatus", "subjectType", "platform"}  # fmt: skip


@dataclass
class Fault:
    """One thing that goes wrong.

    `match` is an operation name or a regex that is searched in the decoded path; `page` restricts
    it to one page of a list. The first `after` matching requests are spared, then `times` are hit
    (None: all). Of the rest each kind reads what it needs: `status`, `retry_after`, `details` and
    `body` (status, not_json), `delay` in seconds (stall, slow), `url` (redirect), `fields` (nulls,
    unknown_enums: default all; half_surrogate: default all that end in "name").
    """

    kind: str
    match: str = ""
    after: int = 0
    times: int | None = 1
    page: int | None = None
    status: int = 500
    retry_after: int | str | None = None
    details: bool = True
    body: str | None = None
    delay: float = 3600.0
    url: str = ""
    fields: tuple[str, ...] = ()
    seen: int = field(default=0, init=False)
    hits: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in EDGE | PAGING | ALTER.keys():
            raise ValueError(f"unknown kind of fault: {self.kind}")

    def strikes(self, operation: str | None, path: str, page: int) -> bool:
        """Whether this request is hit; counts it."""
        if self.match != operation and not re.search(self.match, path):
            return False
        if self.page is not None and self.page != page:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class Faults:
    """The faults in force; may be changed while the server runs."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults, self._lock = list(faults), Lock()

    def add(self, *faults: Fault) -> None:
        """Put more faults in force."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, operation: str | None, path: str, page: int) -> list[Fault]:
        """The faults that hit this request."""
        if not self._faults:
            return []
        with self._lock:
            return [f for f in self._faults if f.strikes(operation, path, page)]


def alter(fault: Fault, answer: Json, key: str | None) -> Json:
    """The whole answer with the fault in it; other kinds of faults leave it alone."""
    return ALTER[fault.kind](fault, answer, key) if fault.kind in ALTER else answer


def _without_list(_fault: Fault, answer: Json, key: str | None) -> Json:
    return {"data": {k: v for k, v in answer["data"].items() if k != key}}


def _set_list(value: Any) -> Callable[[Fault, Json, str | None], Json]:
    return lambda _fault, answer, key: {"data": answer["data"] | {key or "data": value}}


def _records(
    change: Callable[[Fault, Json, str], Json],
) -> Callable[[Fault, Json, str | None], Json]:
    """Change each record of the answer."""

    def changed(fault: Fault, answer: Json, key: str | None) -> Json:
        data = answer["data"]
        if key is None:
            return {"data": change(fault, data, "")}
        found = data[key]
        if isinstance(found, list):
            found = [change(fault, r, key) if isinstance(r, dict) else r for r in found]
        else:
            found = change(fault, found, key)
        return {"data": data | {key: found}}

    return changed


def _nulls(fault: Fault, record: Json, key: str) -> Json:
    names = fault.fields or _OPTIONAL.get(key, ())
    if key == "users" and "permissions" not in record and not fault.fields:
        return record
    return record | dict.fromkeys(names)


def _enums(fault: Fault, record: Json, _key: str) -> Json:
    names = fault.fields or _ENUMS

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {k: walk(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v) for v in value]
        return "BRAND_NEW" if name in names and isinstance(value, str) else value

    return walk(record)  # type: ignore[no-any-return]


def _half_surrogate(fault: Fault, record: Json, _key: str) -> Json:
    """Each name ends in the middle of an emoji."""
    names = fault.fields or [name for name in record if name.lower().endswith("name")]
    found = {name: record[name] for name in names if isinstance(record.get(name), str)}
    return record | {name: f"{text}\ud83d" for name, text in found.items()}


ALTER: dict[str, Callable[[Fault, Json, str | None], Json]] = {
    "no_data": lambda _fault, _answer, _key: {},
    "data_null": lambda _fault, _answer, _key: {"data": None},
    "list_missing": _without_list,
    "list_null": _set_list(None),
    "list_object": _set_list({"0": {"id": "x"}}),
    "extra_fields": _records(
        lambda _f, r, _k: r | {"newField": {"a": [1, None]}, "Größe & more": "x"}
    ),
    "unknown_enums": _records(_enums),
    "nulls": _records(_nulls),
    "half_surrogate": _records(_half_surrogate),
    "huge_names": _records(lambda _f, r, _k: r | {"name": "N" * 100_000} if "name" in r else r),
}
