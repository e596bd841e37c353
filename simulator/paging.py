"""Pages and cursors.

Facts (pagination page of the API): `count` is required inside the object, 1 to a maximum; the
cursor is opaque and needs percent-encoding; `next` on the last page is left out or null. Assumed:
a cursor only works on the operation and with the parameters that it was made for.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from simulator.clock import iso, parse
from simulator.errors import invalid
from simulator.operations import Operation
from simulator.query import Query
from simulator.values import Json, stable

_CURSOR_START = "c+/"  # breaks if a client does not encode it
_ODD_START = "/../a?b=1#%41"  # what the fault `odd_cursor` puts before it


@dataclass(frozen=True)
class Page:
    """The page of one list that a request asks for; `since` is the time of its first page."""

    prefix: str
    count: int
    scope: int  # a hash of operation and parameters
    start: int = 0
    since: datetime | None = None

    @property
    def number(self) -> int:
        """1 for the first page; shifted rows do not change the number."""
        return round(self.start / self.count) + 1

    @property
    def field(self) -> str:
        """Where the pagination object is in the response."""
        return self.prefix.rstrip(".") or "pagination"

    def cursor(self, start: int, now: datetime, odd: bool) -> str:
        """The cursor of the page that begins at a row."""
        payload = orjson.dumps([start, iso(self.since or now), self.scope])
        payload += b" " * (-(len(payload) + 2) % 3)  # so that it ends in "=="
        return (_ODD_START if odd else "") + _CURSOR_START + b64encode(payload).decode()


def pages(api: Operation, query: Query, page_cap: int | None) -> list[Page]:
    """The page of each list of a response; raises a 422 for wrong parameters.

    A page has at most `page_cap` rows, where another page can follow.
    """
    found = []
    for prefix in api.prefixes:
        count, cursor = (query.paging.get(prefix + name) for name in ("count", "cursor"))
        size = _size(api, prefix, count, cursor)
        if page_cap and api.paging != "first":
            size = min(size, page_cap)
        given = sorted(query.params.items()), sorted(query.lists.items())
        scope = stable(api.name, prefix, *given)
        start, since = (0, None) if cursor is None else _position(api, prefix, cursor, scope)
        found.append(Page(prefix, size, scope, start, since))
    return found


def _size(api: Operation, prefix: str, count: str | None, cursor: str | None) -> int:
    """How many rows a request asks for."""
    if count is None:
        if cursor is not None and prefix:
            raise invalid(f"{prefix}count", "is required")
        if api.count_required:
            raise invalid(prefix.rstrip(".") or "count", "is required")
        return api.default_count
    size = int(count) if count.isascii() and count.isdigit() else 0
    if not 1 <= size <= api.max_count:
        raise invalid(f"{prefix}count", f"must be an integer from 1 to {api.max_count}")
    return size


def _position(api: Operation, prefix: str, cursor: str, scope: int) -> tuple[int, datetime | None]:
    """The first row of a page, and the time of the first page."""
    if api.paging == "offset":
        if not (cursor.isascii() and cursor.isdigit()):
            raise invalid(f"{prefix}cursor", "must be a number")
        return int(cursor), None
    try:
        encoded = cursor.partition(_CURSOR_START)[2]
        start, since, bound = orjson.loads(b64decode(encoded, validate=True))
    except ValueError:
        bound = None
    if bound != scope:
        raise invalid(f"{prefix}cursor", "is not a valid cursor")
    return start, parse(since)


def cut(
    api: Operation, page: Page, rows: Sequence[Any], now: datetime, faults: Collection[str]
) -> tuple[list[Any], Json | None]:
    """The rows of a page and its pagination object, None where the API leaves it out.

    `faults` are the kinds of faults that hit the request.
    """
    shift = ("row_gone" in faults) - ("row_shift" in faults) if page.start else 0
    start, end = page.start + shift, page.start + shift + page.count
    if "empty_page_with_next" in faults:
        end = start
    found, more = list(rows[start:end]), end < len(rows)
    if "repeat_cursor" in faults:
        end, more = page.start, True
    if api.pagination_optional and not page.start and not more:
        return found, None
    if api.paging == "offset":
        following = {"next": end} if more else {}
        return found, {"current": page.start, **following, "totalEntries": len(rows)}
    odd = "odd_cursor" in faults
    pagination: Json = {"current": page.cursor(page.start, now, odd)}
    if more:
        pagination["next"] = page.cursor(end, now, odd)
    else:  # absent, null or empty, by operation
        pagination |= ({}, {"next": None}, {"next": ""})[stable(api.name) % 3]
    if api.has_previous:
        before = page.cursor(max(page.start - page.count, 0), now, odd)
        pagination["previous"] = before if page.start else None
    if stable(api.name) % 4:
        pagination["totalEntries"] = len(rows) + (0 if api.has_previous or not more else 7)
    return found, pagination
