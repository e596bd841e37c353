"""Watch the requests of this process, count them, and keep inside the rate limits."""

import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any
from unittest import mock

import requests
import requests_cache
from requests.adapters import HTTPAdapter


class NotTried(Exception):  # noqa: N818 - a result, not an error
    """Why something could not be tried, without any value of the workspace."""


class Client:
    """Sends each GET request once, and `max_requests` in all; `limits` are requests a minute by pattern of the path."""

    def __init__(self, url: str, limits: dict[str, int], max_requests: int) -> None:
        self.url, self.limits, self.max_requests = url, limits, max_requests
        self.recent, self.paused_until = dict[str, deque[float]](), 0.0  # monotonic times, the former by pattern
        self.memory: dict[str, requests.Response] = {}
        self.sent: list[requests.Response] = []
        self.returned: list[requests.Response] = []  # with those from memory

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let all requests pass through `send`, also those of the connector, without its cache."""
        original, uncached = HTTPAdapter.send, requests.Session.send

        def send(adapter: HTTPAdapter, request: Any, **options: Any) -> requests.Response:
            return self.send(request, lambda: original(adapter, request, **options))

        patch = mock.patch.object
        with patch(HTTPAdapter, "send", send), patch(requests_cache.CacheMixin, "send", uncached):
            yield

    def get(self, path: str, params: dict[str, Any], token: str) -> requests.Response:
        """The response to a request of our own."""
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        return requests.get(self.url + path, params, headers=headers, timeout=60, allow_redirects=False)

    def limit(self, url: str) -> tuple[str, int]:
        """The pattern and the limit of an operation, or those of all others."""
        path = url.removeprefix(self.url).partition("?")[0]
        return next(((pattern, n) for pattern, n in self.limits.items() if re.search(pattern, path)), ("", 1000))

    def send(self, request: Any, original: Callable[[], requests.Response]) -> requests.Response:
        """The response to a prepared request, at its time; raises NotTried."""
        key, (pattern, limit) = f"{request.url} {request.headers.get('Authorization')}", self.limit(request.url)
        if request.method != "GET" or not request.url.startswith(self.url):
            raise NotTried("needs more than GET requests to this host")
        if (response := self.memory.get(key)) is None:
            if len(self.sent) >= self.max_requests:
                raise NotTried(f"all {self.max_requests} requests were used")
            recent = self.recent.setdefault(pattern, deque(maxlen=limit))
            earliest = max(self.paused_until, recent[0] + 61 if len(recent) == limit else 0)
            time.sleep(max(0, earliest - time.monotonic()))
            response = original()
            self.sent.append(response)
            recent.append(time.monotonic())
            print(f"\r{len(self.sent)} of at most {self.max_requests} requests ", end="", file=sys.stderr, flush=True)
            self.paused_until = time.monotonic() + pause(response)
            if response.status_code != 429 and response.status_code < 500:
                self.memory[key] = response
        vars(response).pop("decoded", None)  # which the connector changes
        self.returned.append(response)
        return response


def pause(response: requests.Response) -> float:
    """The seconds before the next request that a response demands."""
    headers, retry_after = response.headers, response.headers.get("Retry-After", "")
    if response.status_code == 429:
        return int(retry_after) if retry_after.isdigit() else 30
    with suppress(KeyError, ValueError, TypeError):
        if int(headers["X-RateLimit-Remaining"]) < 2:
            reset, now = (parsedate_to_datetime(headers[name]) for name in ("X-RateLimit-Reset", "Date"))
            return min((reset - now).total_seconds(), 300)
    return 0
