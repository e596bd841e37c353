"""Rate limits: fixed windows, one for the token and one for each operation with a lower limit.

Facts (rate limit page of the API): successes carry X-RateLimit-Consumed, -Remaining and -Reset (an
RFC 5322 date); a 429 carries Retry-After in whole seconds and `data.msBeforeNext` in milliseconds.
Assumed: the lower limits are counted apart, and refused requests count too.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from email.utils import formatdate

from simulator.endpoints import Endpoint
from simulator.errors import ApiError


@dataclass(frozen=True)
class RateLimit:
    """So many requests in a window of so many seconds."""

    requests: int = 600
    window: float = 60.0


class _Window:
    def __init__(self, limit: RateLimit) -> None:
        self.limit, self.consumed, self.ends = limit, 0, 0.0

    def take(self, now: float) -> None:
        if now >= self.ends:
            self.consumed, self.ends = 0, now + self.limit.window
        self.consumed += 1

    @property
    def exceeded(self) -> bool:
        return self.consumed > self.limit.requests


class Limiter:
    """Counts requests; `time_scale` shrinks the windows."""

    def __init__(
        self,
        rate_limit: RateLimit | None,
        *,
        own_limits: bool,
        time_scale: float = 1.0,
    ) -> None:
        self._scale, self._own_limits = time_scale, own_limits
        self._token = self._window(rate_limit) if rate_limit else None
        self._own: dict[str, _Window] = {}

    def take(self, endpoint: Endpoint | None) -> dict[str, str]:
        """Count a request; its headers, or a 429 raised."""
        now = time.monotonic()
        headers: dict[str, str] = {}
        if self._token:
            self._token.take(now)
            if self._token.exceeded:
                raise self._refusal(self._token, now)
            headers = {
                "X-RateLimit-Consumed": str(self._token.consumed),
                "X-RateLimit-Remaining": str(self._token.limit.requests - self._token.consumed),
                "X-RateLimit-Reset": _date(self._token.ends - now),
            }
        if self._own_limits and endpoint and endpoint.limit:
            if endpoint.name not in self._own:
                self._own[endpoint.name] = self._window(RateLimit(endpoint.limit))
            own = self._own[endpoint.name]
            own.take(now)
            if own.exceeded:
                raise self._refusal(own, now)
        return headers

    def _window(self, limit: RateLimit) -> _Window:
        return _Window(RateLimit(limit.requests, limit.window * self._scale))

    def _refusal(self, window: _Window, now: float) -> ApiError:
        left = window.ends - now
        headers = {"Retry-After": str(max(1, math.ceil(left)))}
        data = {
            "remainingPoints": 0,
            "msBeforeNext": math.ceil(left * 1000),
            "consumedPoints": window.consumed,
        }
        error = ApiError(429, "Too many requests", headers=headers)
        error.body["errors"][0]["data"] = data
        return error


def _date(seconds_from_now: float) -> str:
    """A wall-clock time as the headers write it, rounded up to a whole second."""
    return formatdate(math.ceil(time.time() + seconds_from_now), usegmt=True)
