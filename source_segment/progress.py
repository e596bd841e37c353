"""What a long sync tells a person: streams done, what is being read, months left."""

import time
from datetime import UTC, datetime

from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus

from source_segment.components import utc


class Progress:
    """Watches the messages of a sync of `total` streams."""

    EVERY = 60.0  # seconds

    def __init__(self, total: int) -> None:
        self._total, self._done, self._records = total, 0, 0
        self._reading: dict[str, str] = {}  # stream -> months left
        self._said = time.monotonic()

    def line(self, message: AirbyteMessage) -> str | None:
        """A line to log after `message`: when a stream has ended, and once a minute."""
        self._records += message.record is not None
        if message.state and message.state.stream:
            name = message.state.stream.stream_descriptor.name
            at = getattr(message.state.stream.stream_state, "timestamp", None)
            if at and name.startswith("usage_") and name in self._reading:
                then, now = utc(at), datetime.now(UTC)
                left = (now.year - then.year) * 12 + now.month - then.month
                self._reading[name] = f" ({left} months left)" if left else ""
        status = message.trace.stream_status if message.trace else None
        if status and status.status == AirbyteStreamStatus.STARTED:
            self._reading[status.stream_descriptor.name] = ""
        ended = status and status.status in (
            AirbyteStreamStatus.COMPLETE,
            AirbyteStreamStatus.INCOMPLETE,
        )
        if status and ended:
            self._reading.pop(status.stream_descriptor.name, None)
            self._done += 1
        if not ended and time.monotonic() - self._said < self.EVERY:
            return None
        self._said = time.monotonic()
        reading = ", ".join(name + left for name, left in sorted(self._reading.items()))
        tail = f" Reading {reading}." if reading else ""
        return f"{self._done} of {self._total} streams done, {self._records} records so far.{tail}"
