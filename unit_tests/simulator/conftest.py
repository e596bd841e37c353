"""A plain HTTP client for the simulator."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import requests

from simulator import Simulator
from simulator.streams import OPERATIONS


class Client:
    """Reads from one simulator: `get` one response, `data` of a good one, `pages` of a list."""

    def __init__(self, sim: Simulator) -> None:
        self.sim, self.http = sim, requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {sim.token}"

    def get(self, path: str, /, **params: Any) -> requests.Response:
        """One request; `_` in a parameter's name stands for a dot."""
        query = urlencode({name.replace("_", "."): value for name, value in params.items()})
        return self.http.get(f"{self.sim.url}{path}?{query}", timeout=10, allow_redirects=False)

    def data(self, path: str, /, **params: Any) -> Any:
        response = self.get(path, **params)
        assert response.status_code == 200, (path, params, response.text)
        return response.json()["data"]

    def pages(self, operation: str, params: dict[str, str], count: int, key: str = "") -> Any:
        """The data of each page of the list `key`; nothing for an unknown parent."""
        api = OPERATIONS[operation]
        path = api.path.format_map({k: quote(v, safe="") for k, v in params.items()})
        known = {(param.name, param.many) for param in api.params}
        query = {k: v for k, v in params.items() if (k.rstrip(".0123"), k[-1].isdigit()) in known}
        prefixes = [p for p in api.prefixes if key in p] or api.prefixes[:1]
        query |= {f"{p}count": str(min(count, api.max_count)) for p in prefixes}
        while (response := self.get(path, **query)).status_code != 404:
            assert response.status_code == 200, (path, query, response.text)
            yield (data := response.json()["data"])
            found = {p: data.get(p[:-1] or "pagination", {}).get("next") for p in prefixes}
            query |= {f"{p}cursor": cursor for p, cursor in found.items()}
            if not any(found.values()):
                return


@pytest.fixture
def simulate() -> Iterator[Callable[..., Client]]:
    """Starts simulators at a fixed time; returns a client for each."""
    with ExitStack() as stack:

        def start(**options: Any) -> Client:
            chosen: dict[str, Any] = {"size": "tiny", "now": datetime(2026, 3, 15, 12, 30, tzinfo=UTC)}
            return Client(stack.enter_context(Simulator(**chosen | options)))

        yield start
