"""The HTTP server: one handler for all operations."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from aiohttp import web

from simulator.access import Access, Region, Tier
from simulator.clock import Clock
from simulator.errors import ApiError, not_found
from simulator.fault_responses import JSON, dump, respond, respond_with_fault, truncate
from simulator.faults import Fault, Faults, changed
from simulator.limits import Limiter, RateLimit
from simulator.operations import Operation
from simulator.paging import Page, cut, pages
from simulator.parameters import Pairs, find, parse
from simulator.query import Query
from simulator.values import Json
from simulator.workspace import Workspace

Parsed = tuple[Query, list[Page]]
TOKENS = {"us": "sgp_" + "USfakeTOKEN0" * 3 + "0001", "eu": "sgp_" + "EUfakeTOKEN0" * 3 + "0002"}


@dataclass
class Request:
    """One entry of the request log; `path` and `query` are decoded, `at` is monotonic seconds."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    at: float = field(default_factory=time.monotonic)
    operation: str | None = None
    status: int = 0  # stays 0 if no response was sent

    def __post_init__(self) -> None:
        path, _, text = self.raw_path.partition("?")
        self.path, self.query = unquote(path), parse_qsl(text, keep_blank_values=True)


class Server:
    """The API of one workspace, which is generated (`size`, `seed`, `awkward`) or given.

    - `now` fixes the simulated time (None: real time).
    - `token` is the only valid one. A token of the other region gets a 401, or with
      `other_region="redirect"` a 308 to `other_region_url`. `revoke_after` revokes the token after
      so many requests; `dead_status` is the status then, and for any other token.
    - `tier` is the plan. `deny` refuses operations by name or paths by regex with `refusal_status`.
    - `rate_limit` and the lower `own_limits` of operations count real time, in windows shortened
      by `time_scale`. `latency` delays each response, in seconds. `faults`: see `Fault`.
    - `page_cap` is the most rows on a page, whatever `count` asks for.
    - `pagination_beside_data` moves the pagination objects beside `data`, as some clients report.
    - `insert_function_prefix` comes before the ids of insert functions in `/functions`, though
      `/insert-function-instances` only knows the ids without it.
    - `billing_day` and `boundary_rows` make usage months overlap, see `simulator.usage`.
    - `cache_responses` returns the same bytes to an equal request without computing them; the
      workspace must not change meanwhile.
    - `port` 0 picks a free port.
    """

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        awkward: bool = False,
        workspace: Workspace | None = None,
        tier: Tier = "business",
        region: Region = "us",
        token: str | None = None,
        latency: float = 0.0,
        now: datetime | None = None,
        rate_limit: RateLimit | None = None,
        own_limits: bool = False,
        time_scale: float = 1.0,
        deny: Iterable[str] = (),
        refusal_status: int = 403,
        revoke_after: int | None = None,
        dead_status: int = 401,
        other_region: str = "401",
        other_region_url: str | None = None,
        faults: Iterable[Fault] = (),
        page_cap: int | None = None,
        pagination_beside_data: bool = False,
        insert_function_prefix: str = "",
        billing_day: int = 0,
        boundary_rows: bool = False,
        cache_responses: bool = False,
        port: int = 0,
    ) -> None:
        other = "eu" if region == "us" else "us"
        self.token, self.other_region_token = token or TOKENS[region], TOKENS[other]
        self.clock, self.faults = Clock(now), Faults(faults)
        today = self.clock.now().date()
        self.workspace = workspace or Workspace.generate(size, seed, today, awkward=awkward)
        if insert_function_prefix:
            self.workspace.insert_function_prefix = insert_function_prefix
        self.workspace.billing_day = billing_day or self.workspace.billing_day
        self.workspace.boundary_rows |= boundary_rows
        self.access = Access(self.token, tier, deny, refusal_status, revoke_after, dead_status)
        if other_region == "redirect":
            host = other_region_url or f"https://{other}.segment.invalid"
            self.access.redirects[self.other_region_token] = host
        self.limiter = Limiter(rate_limit, own_limits=own_limits, time_scale=time_scale)
        self._port, self.latency, self.page_cap = port, latency, page_cap
        self.pagination_beside_data = pagination_beside_data
        self.cache_responses, self._cache = cache_responses, dict[str, Any]()
        self.requests: list[Request] = []  # oldest first
        self.in_flight = 0
        # The number of open requests after each change: (monotonic seconds, number).
        self.in_flight_samples: list[tuple[float, int]] = []

    def reset_log(self) -> None:
        """Forget the requests so far."""
        self.requests.clear()
        self.in_flight_samples.clear()

    async def respond(self, http: web.BaseRequest) -> web.StreamResponse:
        """Respond to one request."""
        entry = Request(http.method, http.raw_path, http.headers)
        self.requests.append(entry)
        self._count(+1)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            response = await self._response(http, entry)
            entry.status = response.status
            return response
        finally:
            self._count(-1)

    def _count(self, step: int) -> None:
        self.in_flight += step
        self.in_flight_samples.append((time.monotonic(), self.in_flight))

    async def _response(self, http: web.BaseRequest, entry: Request) -> web.StreamResponse:
        api, ids = find(entry.raw_path.partition("?")[0])
        entry.operation = api.name if api else None
        parsed = self._parsed(api, ids, entry.query)
        page = 1
        if not isinstance(parsed, ApiError):
            page = max((page.number for page in parsed[1]), default=1)
        faults = self.faults.take(entry.operation, entry.path, page)
        try:
            for fault in faults:
                response = await respond_with_fault(http, fault)
                if response is not None:
                    return response
            body, headers = self._checked(entry, api, parsed, faults)
        except ApiError as error:
            return respond(error.status, error.body, error.headers)
        kinds = {fault.kind for fault in faults}
        if "truncated" in kinds:
            return truncate(http, dump(body))
        return respond(200, body, headers, "text/html" if "wrong_type" in kinds else JSON)

    def _checked(
        self, entry: Request, api: Operation | None, parsed: Parsed | ApiError, faults: list[Fault]
    ) -> tuple[Any, dict[str, str]]:
        """Body and headers of a good response; raises an ApiError for any other."""
        self.access.authenticate(entry.headers.get("Authorization"), entry.raw_path)
        headers = self.limiter.take(api)
        if entry.method != "GET":
            raise ApiError(405, "Method not allowed")
        if api is None:
            raise not_found()
        self.access.authorize(api, entry.path)
        if isinstance(parsed, ApiError):
            raise parsed
        if not faults and entry.raw_path in self._cache:
            return self._cache[entry.raw_path], headers
        body = self._body(api, *parsed, {fault.kind for fault in faults})
        for fault in faults:
            body = changed(fault, body, api)
        if self.cache_responses and not faults:
            self._cache[entry.raw_path] = orjson.Fragment(orjson.dumps(body))
        return body, headers

    def _parsed(self, api: Operation | None, ids: dict[str, str], pairs: Pairs) -> Parsed | ApiError:
        """The query and the page of each list, or what is wrong with the request.

        As the API keeps the end of a listing in its cursor, time stands still within one listing.
        """
        if api is None:
            return not_found()
        try:
            query = parse(self.workspace, self.clock.now(), api, ids, pairs)
            wanted = pages(api, query, self.page_cap)
        except ApiError as error:
            return error
        since = next((page.since for page in wanted if page.since), query.now)
        return replace(query, now=since), wanted

    def _body(self, api: Operation, query: Query, wanted: list[Page], faults: set[str]) -> Json:
        """The whole body of a good response."""
        rows = api.read(query)
        if api.paging == "first":
            rows = rows[: wanted[0].count]
        if api.paging in ("none", "first"):
            return {"data": rows if api.key is None else {api.key: rows}}
        data: Json = {}
        body: Json = {"data": data}
        beside = body if self.pagination_beside_data else data
        for page in wanted:
            key, listed = api.key or "", rows
            if api.paging == "two":
                key = page.field.removesuffix("Pagination")
                listed = rows[key]
            data[key], pagination = cut(api, page, listed, query.now, faults)
            if pagination is not None:
                beside[page.field] = pagination
            if api.list_optional and not listed:
                del data[key]
        if api.beside:
            data |= api.beside(query, rows)
        return body
