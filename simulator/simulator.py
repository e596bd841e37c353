"""The simulator: a server in a background thread, its workspace, clock, faults and request log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import Self

from aiohttp import web

from simulator.access import Access, Region, Tier
from simulator.clock import Clock, parse
from simulator.endpoints import BY_NAME
from simulator.faults import Fault, Faults
from simulator.limits import Limiter, RateLimit
from simulator.server import Handler, Request
from simulator.streams import PARTITIONS, STREAMS
from simulator.truth import Truth
from simulator.words import Json
from simulator.workspace import Workspace

TOKENS = {"us": "sgp_" + "USfakeTOKEN0" * 3 + "0001", "eu": "sgp_" + "EUfakeTOKEN0" * 3 + "0002"}


class Simulator:
    """A running Segment Public API, as a context manager or with `start` and `stop`.

    `now` fixes the simulated time (None: real time). `rate_limit` and the lower `own_limits` count
    real time, in windows shortened by `time_scale`. `deny` refuses operations by name or paths by
    regex, with `refusal_status`. A token of the other region gets a 401, or with
    `other_region="redirect"` a 308 to `other_region_url`. `revoke_after` lets the token die after
    so many requests; `dead_status` is the answer then, and to any other token. With `still`, for
    measurements, the workspace must not change: an equal request gets the same bytes again,
    without computing them. No page has more rows than `page_cap`, whatever `count` asks for.
    With `pagination_beside_data` the pagination objects stand beside `data` instead of inside, as
    some clients report. `insert_function_prefix` comes before the ids of insert functions, though
    `/insert-function-instances` only knows the ids without it.
    `billing_day` and `boundary_rows` make usage months overlap, see `simulator.usage`.
    """

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
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
        still: bool = False,
        page_cap: int | None = None,
        pagination_beside_data: bool = False,
        insert_function_prefix: str = "",
        billing_day: int | None = None,
        boundary_rows: bool | None = None,
        port: int = 0,
    ) -> None:
        other = "eu" if region == "us" else "us"
        self.token = token or TOKENS[region]
        self.other_region_token = TOKENS[other]
        self.clock = Clock(now)
        model = workspace or Workspace.generate(size, seed, self.clock.now().date())
        model.insert_function_prefix = insert_function_prefix or model.insert_function_prefix
        model.billing_day = billing_day or model.billing_day
        model.boundary_rows = boundary_rows or model.boundary_rows
        self.faults = Faults(list(faults))
        self.access = Access(
            self.token,
            tier,
            deny,
            refusal_status=refusal_status,
            revoke_after=revoke_after,
            dead_status=dead_status,
            other_region_token=self.other_region_token,
            other_region_url=(other_region_url or f"https://{other}.segment.invalid")
            if other_region == "redirect"
            else None,
        )
        limiter = Limiter(rate_limit, own_limits=own_limits, time_scale=time_scale)
        self._handler = Handler(
            model, self.clock, self.access, limiter, self.faults, latency, still, page_cap
        )
        self._handler.pagination_beside_data = pagination_beside_data
        self._port = port
        self._thread: Thread | None = None

    def start(self) -> Self:
        """Serve until `stop`; raises if the port is taken."""
        ready = Event()
        self._failure: Exception | None = None
        self._thread = Thread(
            target=lambda: asyncio.run(self._serve(ready)), daemon=True, name="simulator"
        )
        self._thread.start()
        ready.wait()
        if self._failure:
            raise self._failure
        return self

    def stop(self) -> None:
        """Close all connections and wait for the thread."""
        if self._thread and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    async def _serve(self, ready: Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self._handler), shutdown_timeout=0.05)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024).start()
            self._port = runner.addresses[0][1]
        except (OSError, OverflowError) as error:  # the latter if it is no port at all
            self._failure = error
        finally:
            ready.set()
        if not self._failure:
            await self._stopping.wait()
        await runner.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._port}"  # ignore-https-check

    @property
    def workspace(self) -> Workspace:
        """The workspace; may be changed while the server runs."""
        return self._handler.workspace

    @property
    def page_cap(self) -> int | None:
        """The most rows on a page, None for as many as asked for; may be changed at any time."""
        return self._handler.page_cap

    @page_cap.setter
    def page_cap(self, rows: int | None) -> None:
        self._handler.page_cap = rows

    @property
    def requests(self) -> list[Request]:
        """The request log, oldest first."""
        return self._handler.log

    @property
    def in_flight_samples(self) -> list[tuple[float, int]]:
        """The number of open requests after each change: (monotonic seconds, number)."""
        return self._handler.in_flight_samples

    def reset_log(self) -> None:
        """Forget the requests so far."""
        self._handler.log.clear()
        self._handler.in_flight_samples.clear()

    def allows(self, stream: str) -> bool:
        """Whether plan and token let a stream and its parents be read at all."""
        endpoint = BY_NAME[STREAMS[stream].operation]
        parents = PARTITIONS[STREAMS[stream].partition].parents
        return self.access.allows(endpoint, "") and all(map(self.allows, parents))

    def truth(
        self,
        stream: str,
        start_date: str = "2024-01-15",
        window: tuple[datetime, datetime] | None = None,
    ) -> list[Json]:
        """The records of a full first sync of a stream; see `simulator.truth`."""
        return self._truth(start_date, window).records(stream)

    def minimum_requests(
        self,
        streams: Iterable[str],
        start_date: str = "2024-01-15",
        page_size: int | None = None,
    ) -> dict[str, int]:
        """The least number of requests of each operation for a full first sync of these streams.

        Without `page_size`, each operation is asked for the page size of its table entry; the
        maximum of the operation and `page_cap` bound either.
        """
        return self._truth(start_date).requests(streams, page_size, self.page_cap)

    def _truth(self, start_date: str, window: tuple[datetime, datetime] | None = None) -> Truth:
        return Truth(self.workspace, self.access, self.clock.now(), parse(start_date), window)
