"""Each kind of fault does what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from simulator import Fault
from simulator.faults import ALTER

PATH = "/sources"


def test_statuses(simulate: Any) -> None:
    api = simulate()
    api.sim.faults.add(
        Fault("status", status=500),
        Fault("status", after=1, status=502),
        Fault("status", after=2, status=503, retry_after=7),
        Fault("status", after=3, status=429),
        Fault("status", after=4, status=429, retry_after=1, details=False),
    )
    answers = [api.get(PATH) for _ in range(6)]
    assert [a.status_code for a in answers] == [500, 502, 503, 429, 429, 200]
    assert answers[1].text.startswith("<html>")
    assert [a.headers.get("Retry-After") for a in answers[2:5]] == ["7", None, "1"]
    assert "msBeforeNext" in answers[3].text
    assert "msBeforeNext" not in answers[4].text


def test_matching(simulate: Any) -> None:
    api = simulate(faults=[Fault("status", r"^/sources/[^/]+/settings", times=None)])
    source = api.sim.workspace.sources[0]["id"]
    assert api.get(PATH).status_code == 200
    assert [api.get(f"/sources/{source}/settings").status_code for _ in range(3)] == [500] * 3
    api.sim.faults.clear()
    assert api.get(f"/sources/{source}/settings").status_code == 200
    with pytest.raises(ValueError, match="unknown kind"):
        Fault("nonsense")


@pytest.mark.parametrize("kind", ["reset", "truncated"])
def test_broken_connections(kind: str, simulate: Any) -> None:
    api = simulate(faults=[Fault(kind)])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.get(PATH)
    assert api.get(PATH).status_code == 200


def test_stall_and_slow(simulate: Any) -> None:
    api = simulate(faults=[Fault("stall"), Fault("slow", after=1, delay=0.05)])
    with pytest.raises(requests.Timeout):
        api.http.get(api.sim.url + PATH, timeout=0.2)
    assert api.get(PATH).elapsed.total_seconds() > 0.05


def test_other_answers(simulate: Any) -> None:
    api = simulate(
        faults=[
            Fault("not_json"),
            Fault("wrong_type", after=1),
            Fault("redirect", after=2, url="http://elsewhere.invalid/"),
            Fault("echo_auth", after=3),
            Fault("status", after=4, status=403, times=2),
        ]
    )
    with pytest.raises(json.JSONDecodeError):
        api.get(PATH).json()
    assert api.get(PATH).headers["Content-Type"] == "text/html"
    assert api.get(PATH).headers["Location"] == "http://elsewhere.invalid/"
    assert api.sim.token in api.get(PATH).text
    assert [api.get(PATH).status_code for _ in range(3)] == [403, 403, 200]


def test_altered_data(simulate: Any) -> None:
    api = simulate(size="small")
    answers = {}
    for kind in sorted(ALTER):
        api.sim.faults.add(Fault(kind))
        answers[kind] = api.get(PATH).json()
    assert answers["no_data"] == {}
    assert answers["data_null"] == {"data": None}
    assert "sources" not in answers["list_missing"]["data"]
    assert answers["list_null"]["data"]["sources"] is None
    assert isinstance(answers["list_object"]["data"]["sources"], dict)
    first = {k: v["data"]["sources"][0] for k, v in answers.items() if k in
             ("extra_fields", "unknown_enums", "nulls", "huge_names")}  # fmt: skip
    assert "newField" in first["extra_fields"]
    assert first["unknown_enums"]["metadata"]["status"] == "BRAND_NEW"
    assert first["nulls"]["name"] is first["nulls"]["settings"] is None
    names = [s.get("name") for s in answers["half_surrogate"]["data"]["sources"]]
    assert names == [
        f"{s['name']}\ud83d" if "name" in s else None for s in api.sim.workspace.sources
    ]
    sources = answers["huge_names"]["data"]["sources"]
    assert any(len(s.get("name", "")) == 100_000 for s in sources)
    assert api.sim.workspace.sources == api.get(PATH).json()["data"]["sources"]


def test_cursor_tricks(simulate: Any) -> None:
    api = simulate(size="small")

    def users() -> list[str]:
        return [u["id"] for d in api.pages("listUsers", {}, 5) for u in d["users"]]

    every = [u["id"] for u in api.sim.workspace.users]
    api.sim.faults.add(Fault("odd_cursor", "listUsers", times=None))
    assert users() == every
    assert "/../a?b=1#%41" in dict(api.sim.requests[-1].query)["pagination.cursor"]
    api.sim.faults.clear()
    api.sim.faults.add(Fault("empty_page_with_next", "listUsers", page=2))
    assert users() == every
    api.sim.faults.add(Fault("repeat_cursor", "listUsers", page=2))
    assert users() == every[:5] + every[5:10] + every[5:]
    api.sim.faults.add(Fault("expired_cursor", "listUsers", page=2))
    with pytest.raises(AssertionError, match="has expired"):
        users()
