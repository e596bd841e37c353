"""Counts, times and prints what the connector reports during a sync."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airbyte_protocol.models import AirbyteMessage  # type: ignore[import-untyped]

_INTERVAL = 10.0  # seconds without a line after which one is printed


class Progress:
    """`rows` and `seconds` by stream, and the `errors` of a sync."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.errors: dict[str, None] = {}  # each message once, in order
        self._total = 0
        self._started: dict[str, float] = {}
        self._output = sys.stdout  # PyAirbyte's own output is redirected meanwhile
        self._last_line = time.monotonic()

    def print(self, line: str) -> None:
        """Print a line at once."""
        print(line, file=self._output, flush=True)
        self._last_line = time.monotonic()

    @contextmanager
    def reading(self, total: int) -> Iterator[None]:
        """Print at least a line every ten seconds while `total` streams are read."""
        self._total = total
        ended = Event()
        thread = Thread(target=self._print_regularly, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _print_regularly(self, ended: Event) -> None:
        while not ended.wait(1):
            if time.monotonic() - self._last_line > _INTERVAL:
                unfinished = sorted(self._started.keys() - self.seconds.keys())
                rows = f"{self.rows.total():,} rows so far"
                self.print(f"         {rows}, still reading {', '.join(unfinished) or '...'}")

    def observe(self, message: AirbyteMessage, *, raise_on_error: bool = True) -> None:
        """Take in one message; errors are collected, and the connector's exit code decides."""
        del raise_on_error
        if message.record:
            self.rows[message.record.stream] += 1
        elif message.log and message.log.level.value == "WARN":
            self.print(f"         note: {message.log.message}")
        elif message.connectionStatus and message.connectionStatus.status.value == "FAILED":
            self.errors[str(message.connectionStatus.message).strip("'\"")] = None
        elif message.trace and message.trace.error:
            self.errors[message.trace.error.message] = None
        elif message.trace and message.trace.stream_status:
            status = message.trace.stream_status
            self._set_status(status.stream_descriptor.name, status.status.value)

    def _set_status(self, stream: str, status: str) -> None:
        now = time.monotonic()
        if status == "STARTED":
            self._started[stream] = now
        elif status == "COMPLETE":
            self.seconds[stream] = now - self._started.get(stream, now)
            place = f"{len(self.seconds)}/{self._total}"
            self.print(f"{place:>7}  {stream}: {self.rows[stream]:,} rows")
