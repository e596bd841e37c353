"""The simulator: a server in a background thread, its workspace, clock, faults and request log."""

import asyncio
from collections.abc import Iterable
from threading import Event, Thread
from typing import Self

from aiohttp import web

from simulator.clock import parse
from simulator.server import Server
from simulator.streams import STREAMS
from simulator.truth import Truth, Window
from simulator.values import Json

TOKENS = {"us": "sgp_" + "USfakeTOKEN0" * 3 + "0001", "eu": "sgp_" + "EUfakeTOKEN0" * 3 + "0002"}


class Simulator(Server):
    """A running Segment Public API, as a context manager or with `start` and `stop`.

    See `Server` for the options.
    """

    _thread: Thread | None = None

    def start(self) -> Self:
        """Serve until `stop`; raises an error if the port cannot be used."""
        ready = Event()
        self._failure: Exception | None = None
        self._thread = Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
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
        runner = web.ServerRunner(web.Server(self.respond), shutdown_timeout=0.05)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024).start()
            self._port = runner.addresses[0][1]
        except (OSError, OverflowError) as error:  # the latter for a number that is no port
            self._failure = error
        finally:
            ready.set()
        if not self._failure:
            await self._stopping.wait()
        await runner.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._port}"  # ignore-https-check

    def allows(self, stream: str) -> bool:
        """Whether plan and token let a stream and its parents be read at all."""
        found = STREAMS[stream]
        return self.access.allows(found.api, "") and all(map(self.allows, found.requests.parents))

    def truth(self, stream: str, start_date: str = "2024-01-15", window: Window | None = None) -> list[Json]:
        """The records of a full first sync of a stream; see `simulator.truth`."""
        return self._truth(start_date, window).records(stream)

    def minimum_requests(
        self, streams: Iterable[str], start_date: str = "2024-01-15", page_size: int | None = None
    ) -> dict[str, int]:
        """The least number of requests of each operation for a full first sync of these streams.

        Without `page_size`, each operation is asked for the page size of the table in `streams`.
        The maximum of the operation and `page_cap` bound either.
        """
        return self._truth(start_date).requests(streams, page_size, self.page_cap)

    def _truth(self, start_date: str, window: Window | None = None) -> Truth:
        return Truth(self.workspace, self.access, self.clock.now(), parse(start_date), window)
