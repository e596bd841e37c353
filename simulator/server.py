"""The HTTP server: one handler for all operations."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from simulator import query
from simulator.access import Access
from simulator.clock import Clock
from simulator.endpoints import Endpoint
from simulator.errors import ApiError, invalid, not_found
from simulator.faults import Fault, Faults, alter
from simulator.limits import Limiter
from simulator.paging import asked, cut
from simulator.query import PREFIXES
from simulator.resolvers import Query
from simulator.words import Json
from simulator.workspace import Workspace

_JSON = "application/json; charset=utf-8"


@dataclass
class Request:
    """One entry of the request log; `path` and `query` are decoded, `at` is monotonic seconds."""

    method: str
    path: str
    raw_path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    at: float
    operation: str | None = None
    status: int = 0  # stays 0 if no answer was sent


class Handler:
    """Answers requests from a workspace and keeps the log."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Clock,
        access: Access,
        limiter: Limiter,
        faults: Faults,
        latency: float,
        still: bool,
        page_cap: int | None,
    ) -> None:
        self.workspace, self.clock, self.access = workspace, clock, access
        self.limiter, self.faults, self.latency = limiter, faults, latency
        self.page_cap, self.pagination_beside_data = page_cap, False
        self._known: dict[str, orjson.Fragment] | None = {} if still else None
        self.log: list[Request] = []
        self.in_flight = 0
        self.in_flight_samples: list[tuple[float, int]] = []

    async def __call__(self, http: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        segments, raw_query = query.split(http.raw_path)
        entry = Request(
            http.method, "/" + "/".join(segments), http.raw_path, query.pairs(raw_query),
            http.headers, time.monotonic(),
        )  # fmt: skip
        self.log.append(entry)
        self._count(+1)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            response = await self._answer(http, entry, segments)
            entry.status = response.status
            return response
        finally:
            self._count(-1)

    def _page_number(
        self, endpoint: Endpoint | None, ids: dict[str, str], pairs: list[tuple[str, str]]
    ) -> int:
        """The number of the page that a request asks for, 1 if it asks in a wrong way."""
        if endpoint is None:
            return 1
        try:
            given = query.Given(endpoint, pairs)
            pages = [
                asked(endpoint, ids, given, prefix, self.page_cap)
                for prefix in PREFIXES[endpoint.paging]
            ]
        except ApiError:
            return 1
        return max((page.number for page in pages), default=1)

    def _count(self, step: int) -> None:
        self.in_flight += step
        self.in_flight_samples.append((time.monotonic(), self.in_flight))

    async def _answer(
        self, http: web.BaseRequest, entry: Request, segments: list[str]
    ) -> web.StreamResponse:
        found = query.route(segments)
        endpoint, ids = found or (None, {})
        entry.operation = endpoint.name if endpoint else None
        faults = self.faults.take(
            entry.operation, entry.path, self._page_number(endpoint, ids, entry.query)
        )
        try:
            for fault in faults:
                response = await _edge(http, entry, fault)
                if response is not None:
                    return response
            self.access.authenticate(entry.headers.get("Authorization"), entry.raw_path)
            headers = self.limiter.take(endpoint)
            if entry.method != "GET":
                raise ApiError(405, "Method not allowed")
            if endpoint is None:
                raise not_found()
            self.access.authorize(endpoint, entry.path)
            tricks = {f.kind for f in faults}
            answer = self._once(entry.raw_path, endpoint, ids, entry.query, tricks)
        except ApiError as error:
            return _json(error.status, error.body, error.headers)
        for fault in faults:
            answer = alter(fault, answer, endpoint.key)
        kinds = {f.kind for f in faults}
        if "truncated" in kinds:
            return _cut_off(http, _dump(answer))
        if "wrong_type" in kinds:
            return web.Response(
                body=_dump(answer), headers={**headers, "Content-Type": "text/html"}
            )
        return _json(200, answer, headers)

    def _once(
        self,
        raw_path: str,
        endpoint: Endpoint,
        ids: dict[str, str],
        pairs: list[tuple[str, str]],
        tricks: set[str],
    ) -> Any:
        """The whole answer, kept for an equal request if nothing changes meanwhile."""
        if self._known is None or tricks:
            return self._envelope(self._data(endpoint, ids, pairs, tricks))
        if raw_path not in self._known:
            answer = self._envelope(self._data(endpoint, ids, pairs, tricks))
            self._known[raw_path] = orjson.Fragment(orjson.dumps(answer))
        return self._known[raw_path]

    def _envelope(self, data: Any) -> Json:
        """The answer around the data."""
        if not self.pagination_beside_data:
            return {"data": data}
        beside = [name for name in data if name.lower().endswith("pagination")]
        return {"data": data, **{name: data.pop(name) for name in beside}}

    def _data(
        self,
        endpoint: Endpoint,
        ids: dict[str, str],
        pairs: list[tuple[str, str]],
        tricks: set[str],
    ) -> Any:
        """What stands at `data`."""
        given = query.Given(endpoint, pairs)
        now = self.clock.now()
        pages = [
            asked(endpoint, ids, given, prefix, self.page_cap)
            for prefix in PREFIXES[endpoint.paging]
        ]
        since = next((page.since for page in pages if page.since), now)
        # As the API keeps the end of a listing in its cursor, time stands still within one listing.
        asked_for = Query(self.workspace, since, ids | given.plain, given.lists)
        rows = endpoint.rows(asked_for)
        if endpoint.paging == "first":
            rows = rows[: pages[0].count]
        if endpoint.paging in ("none", "first"):
            return rows if endpoint.key is None else {endpoint.key: rows}
        data: dict[str, Any] = {}
        for page in pages:
            name = page.field.rstrip(".") or "pagination"
            key = (
                name.removesuffix("Pagination") if endpoint.paging == "two" else endpoint.key or ""
            )
            listed = rows[key] if endpoint.paging == "two" else rows
            data[key], pagination = cut(endpoint, page, listed, since, tricks)
            if pagination is not None:
                data[name] = pagination
            if endpoint.list_optional and not listed:
                del data[key]
        if endpoint.beside:
            data |= endpoint.beside(asked_for, rows)
        return data


def _dump(body: Any) -> bytes:
    """JSON; half of a surrogate pair is written as an escape, as JavaScript does."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()


def _json(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=status, body=_dump(body), headers={**headers, "Content-Type": _JSON})


async def _edge(http: web.BaseRequest, entry: Request, fault: Fault) -> web.StreamResponse | None:
    """The answer of a fault that stands in for the API, None if the API shall answer."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay)
    elif fault.kind == "stall":
        await asyncio.sleep(fault.delay)
        return _reset(http)
    elif fault.kind == "reset":
        return _reset(http)
    elif fault.kind == "redirect":
        raise ApiError(308, "Permanent Redirect", headers={"Location": fault.url})
    elif fault.kind == "not_json":
        return web.Response(body=fault.body or "{not json", headers={"Content-Type": _JSON})
    elif fault.kind == "echo_auth":
        raise ApiError(fault.status, f"Failed: Authorization: {entry.headers.get('Authorization')}")
    elif fault.kind == "expired_cursor" and any(n.endswith("cursor") for n, _ in entry.query):
        raise invalid("pagination.cursor", "has expired")
    elif fault.kind == "status":
        return _status(fault)
    return None


def _status(fault: Fault) -> web.Response:
    """An answer with any status; by default a 502 is HTML, as a proxy writes it."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.body is not None or fault.status == 502:
        body = fault.body or "<html><body><h1>502 Bad Gateway</h1></body></html>"
        return web.Response(
            status=fault.status, body=body, headers={**headers, "Content-Type": "text/html"}
        )
    messages = {
        401: "Unauthorized",
        403: "Forbidden",
        404: "Resource not found",
        429: "Too many requests",
    }
    error = ApiError(fault.status, messages.get(fault.status, "Internal error"), headers=headers)
    if fault.status == 429 and fault.details:
        error.body["errors"][0]["data"] = {
            "remainingPoints": 0,
            "msBeforeNext": 1000,
            "consumedPoints": 601,
        }
    return _json(error.status, error.body, error.headers)


def _reset(http: web.BaseRequest) -> web.StreamResponse:
    """Reset the connection; the answer that is returned goes nowhere."""
    transport = http.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise asyncio.CancelledError


def _cut_off(http: web.BaseRequest, body: bytes) -> web.StreamResponse:
    """Send half a body and close; the answer that is returned goes nowhere."""
    if http.transport is not None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        http.transport.write(head.encode() + body[: len(body) // 2])
        http.transport.close()
    raise asyncio.CancelledError
