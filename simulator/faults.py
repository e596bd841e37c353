"""Faults as data: what goes wrong, for which requests, how often.

A fault either replaces the response (`status`, `reset`, ...; see `fault_responses`), changes the
data of a good response (`list_null`, `nulls`, ...), or disturbs the pages (`row_shift`,
`repeat_cursor`, ...; see `paging`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.facts import schema
from simulator.operations import Operation
from simulator.values import Json

RESPONSES = {"status", "reset", "stall", "slow", "truncated", "not_json", "wrong_type", "redirect",
             "echo_auth", "expired_cursor"}  # fmt: skip
PAGES = {"empty_page_with_next", "repeat_cursor", "row_shift", "row_gone", "odd_cursor"}

_ENUMS = {"status", "type", "resourceType", "audienceType", "strategy", "regulationType",
          "syncStatus", "subjectType", "platform"}  # fmt: skip


@dataclass
class Fault:
    """One thing that goes wrong.

    `match` is an operation name or a regex that is searched in the decoded path; `page` restricts
    it to one page of a list. The first `after` matching requests are spared, then `times` are hit
    (None: all). Each kind reads what it needs of the rest: `status`, `retry_after`, `details` and
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
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind of fault: {self.kind}")

    def applies(self, operation: str | None, path: str, page: int) -> bool:
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


class Faults(list[Fault]):
    """The faults in force; may be changed while the server runs."""

    def add(self, *faults: Fault) -> None:
        """Put more faults in force."""
        self.extend(faults)

    def take(self, operation: str | None, path: str, page: int) -> list[Fault]:
        """The faults that hit this request."""
        return [fault for fault in list(self) if fault.applies(operation, path, page)]


def changed(fault: Fault, body: Json, api: Operation) -> Json:
    """The whole body with the fault in it; kinds of faults that change no data leave it alone."""
    if fault.kind in BODIES:
        return BODIES[fault.kind]
    if fault.kind in LISTS:
        data = body["data"] | {api.key or "data": LISTS[fault.kind]}
        return body | {"data": {k: v for k, v in data.items() if v is not _MISSING}}
    if fault.kind not in RECORDS:
        return body
    change, data = RECORDS[fault.kind], body["data"]
    if api.key is None:
        return body | {"data": change(fault, data, api)}
    found = data[api.key]
    if isinstance(found, list):
        found = [change(fault, row, api) if isinstance(row, dict) else row for row in found]
    else:
        found = change(fault, found, api)
    return body | {"data": data | {api.key: found}}


def _nulls(fault: Fault, record: Json, api: Operation) -> Json:
    """By default all optional fields of the model are null, but not the id."""
    model = schema(api.model)
    optional = model["properties"].keys() - {"id", *model.get("required", ())}
    return record | dict.fromkeys(fault.fields or optional)


def _unknown_enums(fault: Fault, record: Json, _api: Operation) -> Json:
    names = fault.fields or _ENUMS

    def walk(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {k: walk(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(v) for v in value]
        return "BRAND_NEW" if name in names and isinstance(value, str) else value

    return walk(record)  # type: ignore[no-any-return]


def _half_surrogate(fault: Fault, record: Json, _api: Operation) -> Json:
    """Each name ends in the middle of an emoji."""
    names = fault.fields or [name for name in record if name.lower().endswith("name")]
    found = {name: record[name] for name in names if isinstance(record.get(name), str)}
    return record | {name: f"{text}\ud83d" for name, text in found.items()}


_EXTRA: Json = {"newField": {"a": [1, None]}, "Größe & more": "x"}
_MISSING: Any = object()
BODIES: dict[str, Json] = {"no_data": {}, "data_null": {"data": None}}
LISTS = {"list_missing": _MISSING, "list_null": None, "list_object": {"0": {"id": "x"}}}
RECORDS: dict[str, Callable[[Fault, Json, Operation], Json]] = {
    "extra_fields": lambda _fault, record, _api: record | _EXTRA,
    "unknown_enums": _unknown_enums,
    "nulls": _nulls,
    "half_surrogate": _half_surrogate,
    "huge_names": lambda _fault, record, _api: record | {"name": "N" * 100_000} if "name" in record else record,
}
KINDS = RESPONSES | PAGES | BODIES.keys() | LISTS.keys() | RECORDS.keys()
