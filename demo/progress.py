"""What the connector says while it reads: counted, timed, and told in short lines."""

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

_PAUSE = 10.0  # seconds without a line after which one is printed


class Progress:
    """`rows`, `seconds` by stream and `errors` of a sync; `see` takes the messages in."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.errors: list[str] = []
        self.expected = 0
        self._started: dict[str, float] = {}
        self._out = sys.stdout  # PyAirbyte's own output is caught meanwhile
        self._told = time.monotonic()

    def say(self, line: str) -> None:
        """Print a line at once."""
        print(line, file=self._out, flush=True)
        self._told = time.monotonic()

    @contextmanager
    def reading(self, streams: int) -> Iterator[None]:
        """While this lasts, `streams` are read, and a line comes at least every ten seconds."""
        self.expected = streams
        ended = Event()
        beat = Thread(target=self._beat, args=(ended,), daemon=True)
        beat.start()
        try:
            yield
        finally:
            ended.set()
            beat.join()

    def _beat(self, ended: Event) -> None:
        while not ended.wait(1):
            if time.monotonic() - self._told > _PAUSE:
                open_streams = sorted(self._started.keys() - self.seconds.keys())
                rows = f"{self.rows.total():,} rows so far"
                self.say(f"         {rows}, still reading {', '.join(open_streams) or '...'}")

    def see(self, message: AirbyteMessage, *, raise_on_error: bool = True) -> None:
        """Take one message in; errors are only kept, the connector's exit code decides."""
        del raise_on_error
        if message.record:
            self.rows[message.record.stream] += 1
        elif message.log and message.log.level.value == "WARN":
            self.say(f"         note: {message.log.message}")
        elif message.connectionStatus and message.connectionStatus.status.value == "FAILED":
            self._fail(str(message.connectionStatus.message).strip("'\""))
        elif message.trace and message.trace.error:
            self._fail(message.trace.error.message)
        elif message.trace and message.trace.stream_status:
            status = message.trace.stream_status
            self._status(status.stream_descriptor.name, status.status.value)

    def _fail(self, sentence: str) -> None:
        if sentence not in self.errors:
            self.errors.append(sentence)

    def _status(self, stream: str, status: str) -> None:
        now = time.monotonic()
        if status == "STARTED":
            self._started[stream] = now
        elif status == "COMPLETE":
            self.seconds[stream] = now - self._started.get(stream, now)
            place = f"{len(self.seconds)}/{self.expected}"
            self.say(f"{place:>7}  {stream}: {self.rows[stream]:,} rows")
