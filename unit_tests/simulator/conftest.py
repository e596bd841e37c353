"""A plain HTTP client for the simulator, and the facts of the API to judge its answers by."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from simulator import Simulator
from simulator.endpoints import BY_NAME, Endpoint

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
FACTS = Path(__file__).parent.parent / "resource" / "api_facts"


class Client:
    """Asks one simulator; `get` once, `rows` page by page."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["Authorization"] = f"Bearer {sim.token}"

    def get(self, path: str, /, **params: Any) -> requests.Response:
        """One request; `_` in a parameter's name stands for a dot."""
        query = "&".join(
            f"{quote(k.replace('_', '.'))}={quote(str(v), safe='')}" for k, v in params.items()
        )
        return self.http.get(f"{self.sim.url}{path}?{query}", timeout=10, allow_redirects=False)

    def url(self, endpoint: Endpoint, params: dict[str, str]) -> tuple[str, dict[str, str]]:
        """The encoded path, and the parameters that go into the query."""
        path = re.sub(r"\{(\w+)\}", lambda m: quote(params[m[1]], safe=""), endpoint.path)
        allowed = {(p.name, p.many) for p in endpoint.params}
        base = {name: re.sub(r"\.\d+$", "", name) for name in params}
        return path, {k: v for k, v in params.items() if (base[k], base[k] != k) in allowed}

    def pages(
        self, operation: str, params: dict[str, str], count: int, prefix: str = ""
    ) -> Iterator[Any]:
        """The `data` of each page; `prefix` for an operation with two lists."""
        endpoint = BY_NAME[operation]
        path, query = self.url(endpoint, params)
        head = {"flat": "", "none": None, "two": f"{prefix}Pagination."}.get(
            endpoint.paging, "pagination."
        )
        asked = {} if head is None else {f"{head}count": min(count, endpoint.max_count)}
        cursor = None
        while True:
            answer = self.get(
                path, **query, **asked, **({f"{head}cursor": cursor} if cursor else {})
            )
            if answer.status_code == 404:
                return
            assert answer.status_code == 200, (path, query, answer.text)
            data = answer.json()["data"]
            yield data
            cursor = data.get(f"{prefix}Pagination" if prefix else "pagination", {}).get("next")
            if not cursor:
                return


@pytest.fixture
def simulate() -> Iterator[Callable[..., Client]]:
    """Starts simulators at a fixed time; returns a client for each."""
    with ExitStack() as stack:
        defaults: dict[str, Any] = {"size": "tiny", "now": NOW}

        def start(**options: Any) -> Client:
            return Client(stack.enter_context(Simulator(**(defaults | options))))

        yield start


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """The operations of the API by name."""
    table = json.loads((FACTS / "endpoints.json").read_text())
    return {entry["operation_id"]: entry for entry in table["endpoints"]}


@pytest.fixture(scope="session")
def schemas() -> dict[str, Any]:
    """The models of the API by name."""
    return {path.stem: json.loads(path.read_text()) for path in (FACTS / "schemas").glob("*.json")}
