"""Rate limits: fixed windows, one for the token and one for each operation with a lower limit.

Facts (rate limit page of the API): successes carry X-RateLimit-Consumed, -Remaining and -Reset (an
RFC 5322 date); a 429 carries Retry-After in whole seconds and `data.msBeforeNext` in milliseconds.
Assumed: the lower limits are counted apart, and refused requests count too.
"""

import math
import time
from dataclasses import dataclass
from email.utils import formatdate

from simulator.errors import ApiError
from simulator.operations import Operation


@dataclass(frozen=True)
class RateLimit:
    """So many requests in a window of so many seconds."""

    requests: int = 600
    window: float = 60.0


class _Window:
    def __init__(self, limit: RateLimit, scale: float) -> None:
        self.limit, self._seconds, self.consumed, self.ends = limit, limit.window * scale, 0, 0.0

    def take(self, now: float) -> None:
        """Count a request; raises a 429 if it is one too many."""
        if now >= self.ends:
            self.consumed, self.ends = 0, now + self._seconds
        self.consumed += 1
        if self.consumed > self.limit.requests:
            left = self.ends - now
            data = {"remainingPoints": 0, "msBeforeNext": math.ceil(left * 1000)}
            data["consumedPoints"] = self.consumed
            headers = {"Retry-After": str(max(1, math.ceil(left)))}
            raise ApiError(429, "Too many requests", headers=headers, data=data)


class Limiter:
    """Counts requests; `own_limits` applies the lower limits, `time_scale` shrinks the windows."""

    def __init__(self, rate_limit: RateLimit | None, *, own_limits: bool, time_scale: float = 1.0) -> None:
        self._scale, self._own_limits = time_scale, own_limits
        self._token = _Window(rate_limit, time_scale) if rate_limit else None
        self._own: dict[str, _Window] = {}

    def take(self, api: Operation | None) -> dict[str, str]:
        """Count a request and return headers; raises a 429 if it is one too many."""
        now, headers = time.monotonic(), {}
        if self._token:
            self._token.take(now)
            reset = math.ceil(time.time() + self._token.ends - now)
            headers = {
                "X-RateLimit-Consumed": str(self._token.consumed),
                "X-RateLimit-Remaining": str(self._token.limit.requests - self._token.consumed),
                "X-RateLimit-Reset": formatdate(reset, usegmt=True),
            }
        if self._own_limits and api and api.limit:
            if api.name not in self._own:
                self._own[api.name] = _Window(RateLimit(api.limit), self._scale)
            self._own[api.name].take(now)
        return headers
