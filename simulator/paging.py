"""Cutting rows into pages, and cursors.

Facts (pagination page of the API): `count` is required inside the object, 1 to a maximum; the
cursor is opaque and needs percent-encoding; `next` on the last page is left out or null. Assumed:
a cursor only works on the operation and with the parameters that it was made for.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from simulator.clock import iso, parse
from simulator.endpoints import Endpoint
from simulator.errors import invalid
from simulator.query import Given
from simulator.words import Json, stable

_MARK = "c+/"  # so that an unencoded cursor breaks
_ODD = "/../a?b=1#%41"  # what the fault `odd_cursor` puts in front


@dataclass(frozen=True)
class Page:
    """What a request asks of one list: where to start, how much, the time of its first page."""

    start: int
    count: int
    since: datetime | None
    scope: int
    field: str

    @property
    def number(self) -> int:
        """1 for the first page; shifted rows do not change the number."""
        return round(self.start / self.count) + 1


def asked(
    endpoint: Endpoint,
    ids: Mapping[str, str],
    given: Given,
    prefix: str,
    page_cap: int | None = None,
) -> Page:
    """The page that the parameters under `prefix` ask for; 422 if they are wrong.

    A page has at most `page_cap` rows, where another page can follow.
    """
    count = given.paging.get(f"{prefix}count")
    cursor = given.paging.get(f"{prefix}cursor")
    name = prefix.rstrip(".") or "count"
    if count is None and cursor is not None and prefix:
        raise invalid(f"{prefix}count", "is required")
    if count is None and endpoint.count_required:
        raise invalid(name, "is required")
    size = endpoint.default_count if count is None else _size(endpoint, prefix, count)
    if page_cap and endpoint.paging != "first":
        size = min(size, page_cap)
    scope = stable(endpoint.name, prefix, sorted(ids.items()), sorted(given.plain.items()),
                   sorted(given.lists.items()))  # fmt: skip
    if cursor is None:
        return Page(0, size, None, scope, prefix)
    if endpoint.paging == "offset":
        if not (cursor.isascii() and cursor.isdigit()):
            raise invalid(f"{prefix}cursor", "must be a number")
        return Page(int(cursor), size, None, scope, prefix)
    try:
        start, since, bound = orjson.loads(b64decode(cursor.partition(_MARK)[2], validate=True))
    except ValueError:
        bound = None
    if bound != scope:
        raise invalid(f"{prefix}cursor", "is not a valid cursor")
    return Page(start, size, parse(since), scope, prefix)


def _size(endpoint: Endpoint, prefix: str, count: str) -> int:
    """The checked value of `count`."""
    size = int(count) if count.isascii() and count.isdigit() else 0
    if not 1 <= size <= endpoint.max_count:
        raise invalid(f"{prefix}count", f"must be an integer from 1 to {endpoint.max_count}")
    return size


def _cursor(page: Page, start: int, now: datetime, odd: bool) -> str:
    payload = orjson.dumps([start, iso(now), page.scope])
    payload += b" " * (-(len(payload) + 2) % 3)  # so that it ends in "=="
    return (_ODD if odd else "") + _MARK + b64encode(payload).decode()


def cut(
    endpoint: Endpoint, page: Page, rows: Sequence[Any], now: datetime, tricks: Collection[str]
) -> tuple[list[Any], Json | None]:
    """The rows of the page and its `pagination` object, None where the API leaves it out."""
    start, end = page.start, page.start + page.count
    if "row_shift" in tricks and start:
        start, end = start - 1, end - 1
    if "row_gone" in tricks and start:
        start, end = start + 1, end + 1
    if "empty_page_with_next" in tricks:
        end = start
    found = list(rows[start:end])
    more = end < len(rows)
    if "repeat_cursor" in tricks:
        end, more = page.start, True
    if endpoint.pagination_optional and not page.start and not more:
        return found, None
    if endpoint.paging == "offset":
        return found, {"current": page.start, **({"next": end} if more else {}),
                       "totalEntries": len(rows)}  # fmt: skip
    since, odd = page.since or now, "odd_cursor" in tricks
    pagination: Json = {"current": _cursor(page, page.start, since, odd)}
    if more:
        pagination["next"] = _cursor(page, end, since, odd)
    else:  # absent, null or empty, by operation
        pagination |= ({}, {"next": None}, {"next": ""})[stable(endpoint.name) % 3]
    if endpoint.has_previous:
        before = max(page.start - page.count, 0)
        pagination["previous"] = _cursor(page, before, since, odd) if page.start else None
    if stable(endpoint.name) % 4:
        pagination["totalEntries"] = len(rows) + (0 if endpoint.has_previous or not more else 7)
    return found, pagination
