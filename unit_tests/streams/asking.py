"""What a list is asked for, page by page: as the connector asked, and as the API's cursors want."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import requests

from simulator import Request, Simulator

# The path as it is sent, and the decoded query.
Ask = tuple[str, tuple[tuple[str, str], ...]]


def asks(log: Iterable[Request], operation: str | None = None) -> list[Ask]:
    """The requests (of one operation) in the order in which they were sent."""
    return [
        (request.raw_path.partition("?")[0], tuple(sorted(request.query)))
        for request in log
        if operation in (None, request.operation)
    ]


def pages(sim: Simulator, path: str, count: int | None, **params: str) -> list[Ask]:
    """The requests that read a list to its end, found by following the cursors of the answers.

    `path` as it is sent; `count` is the page size, None for an operation without pages.
    """
    found: list[Ask] = []
    paging = {} if count is None else {"pagination.count": str(count)}
    while True:
        asked = params | paging
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
        answer: dict[str, Any] = requests.get(
            f"{sim.url}{path}?{query}",
            headers={"Authorization": f"Bearer {sim.token}"},
            timeout=10,
        ).json()
        found.append((path, tuple(sorted(asked.items()))))
        following = answer["data"].get("pagination", {}).get("next")
        if not following:
            return found
        paging["pagination.cursor"] = following


def encoded(value: str) -> str:
    """An id as a segment of a path."""
    return quote(value, safe="")
