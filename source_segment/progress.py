"""What a long sync tells a person: streams done, what is being read, months left."""

import time
from datetime import UTC, datetime

from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, AirbyteStreamStatus

from source_segment.components import utc


def state_of(state: AirbyteStateMessage) -> tuple[str, str]:
    """The stream that a state is of, and its `timestamp`; empty texts where there is none."""
    if not state.stream:
        return "", ""
    at = getattr(state.stream.stream_state, "timestamp", "")
    return state.stream.stream_descriptor.name, str(at)


class Progress:
    """Watches the messages of a sync of `total` streams."""

    EVERY = 60.0  # seconds

    def __init__(self, total: int) -> None:
        self._total, self._done, self._records = total, 0, 0
        self._reading: dict[str, str] = {}  # stream -> months left
        self._said = time.monotonic()

    def line(self, message: AirbyteMessage) -> str | None:
        """A line to log after `message`: when a stream has ended, and once a minute."""
        ended = False
        if message.record:
            self._records += 1
            if self._records % 100:  # the clock takes longer than a record
                return None
        elif message.state:
            name, at = state_of(message.state)
            if at and name in self._reading and name.startswith("usage_"):
                now, then = datetime.now(UTC), utc(at)
                left = (now.year - then.year) * 12 + now.month - then.month
                self._reading[name] = f" ({left} months left)" if left else ""
        elif message.trace and (status := message.trace.stream_status):
            name = status.stream_descriptor.name
            if status.status == AirbyteStreamStatus.STARTED:
                self._reading[name] = ""
            if ended := status.status.value in ("COMPLETE", "INCOMPLETE"):
                self._reading.pop(name, None)
                self._done += 1
        if not ended and time.monotonic() - self._said < self.EVERY:
            return None
        self._said = time.monotonic()
        reading = ", ".join(name + left for name, left in sorted(self._reading.items()))
        tail = f" Reading {reading}." if reading else ""
        return f"{self._done} of {self._total} streams done, {self._records} records so far.{tail}"
