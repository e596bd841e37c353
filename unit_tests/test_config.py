"""The config: what is forgiven, and what gets one sentence that names the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from unit_tests.connector import Connector, Output

Connect = Callable[..., Connector]
STREAM = "usage_mtu_workspace_daily"  # its requests tell the start date
LEFT_OUT = object()
TOKEN = "sgp_USfakeTOKEN0USfakeTOKEN0USfakeTOKEN00001"
JANUARY = "2026-01-01"

# what: (options, first month that is asked for, None for that of the default)
GOOD: dict[str, tuple[dict[str, Any], str | None]] = {
    "token with Bearer": ({"api_token": f"Bearer {TOKEN}"}, None),
    "token with bearer, spaces and a line break": ({"api_token": f" \n bearer  {TOKEN}\r\n"}, None),
    "date": ({"start_date": "2025-12-31"}, "2025-12-01"),
    "date as in America": ({"start_date": "02/01/2026"}, "2026-02-01"),
    "date with white space": ({"start_date": " 2026-02-01\n"}, "2026-02-01"),
    "29 February": ({"start_date": "02/29/2024"}, "2024-02-01"),
    "date-time": ({"start_date": "2026-02-01T00:00:00Z"}, "2026-02-01"),
    "date-time with milliseconds": ({"start_date": "2026-02-01T10:11:12.345Z"}, "2026-02-01"),
    "date-time with an offset": ({"start_date": "2026-02-01T01:00:00+02:00"}, JANUARY),
    "date-time west of UTC": ({"start_date": "2026-01-31T20:00:00-08:00"}, "2026-02-01"),
    "date-time without a zone": ({"start_date": "2026-02-01T00:00:00"}, "2026-02-01"),
    "today": ({"start_date": "2026-03-15"}, "2026-03-01"),
    "region us": ({"region": "us"}, None),
    "region eu": ({"region": "eu"}, None),
    "region of the earlier connector: api": ({"region": "api"}, None),
    "region of the earlier connector: eu1": ({"region": "eu1"}, None),
    "region left empty": ({"region": ""}, None),
    "region in capitals": ({"region": "EU"}, None),
    "fewest workers": ({"num_workers": 2}, None),
    "most workers": ({"num_workers": 40}, None),
    "workers as a number with a point": ({"num_workers": 5.0}, None),
    "smallest page": ({"page_size": 1}, None),
    "largest page": ({"page_size": 1000}, None),
    "choices": ({"unavailable_streams": "fail", "redact_secrets": True}, None),
    "unknown keys": ({"workspace": "x", "tuning": {"deep": [1, None]}}, None),
    "keys that the connector uses inside": ({"__problem": "oops", "__run": 1}, None),
    **{f"null for {name}": ({name: None}, None) for name in (
        "region", "num_workers", "page_size", "unavailable_streams", "redact_secrets")},
}  # fmt: skip

NO_TEXT = (5, ["x"])
NO_NUMBER = ("x", True, 2.5)
# field: values that it must not have; LEFT_OUT for a config without it
BAD: dict[str, tuple[Any, ...]] = {
    "api_token": (LEFT_OUT, None, "", "  \n", "Bearer", "Bearer ", "sgp_first\nsgp_second",
                  "sgp_first sgp_second", "tökenvalue", "sgp_zero\u200bwidth",
                  12345678, ["sgp_inlist"]),
    "start_date": (LEFT_OUT, None, "", "31/12/2024", "13/01/2024", "02/29/2023", "2023-02-29",
                   "2024-13-01", "1/2/2024", "2024", "yesterday",
                   "2024-01-01T25:00:00Z", "0024-01-15", "01/15/0024",
                   "0001-01-01T00:00:00+14:00", "2026-03-16", "2099-01-01", "03/16/2026",
                   "2026-03-15T23:00:00-05:00", 20240101, ["2024-01-01"]),
    "region": ("asia", "us-east-1", "https://api.segmentapis.com", *NO_TEXT),
    "num_workers": (1, 0, -1, 41, *NO_NUMBER),
    "page_size": (0, -1, 1001, *NO_NUMBER),
    "unavailable_streams": ("ignore", "", *NO_TEXT),
    "redact_secrets": ("yes", "true", 1, ["x"]),
    "api_url": ("http://example.com", "http://api.segmentapis.com", "ftp://127.0.0.1",
                "file:///etc/passwd", "api.segmentapis.com", "https://", "https://[::1",
                "http://localhost.example.com",
                "http://127.0.0.1@example.com", "http://0.0.0.0:80",
                "https://user:hidden-word@api.segmentapis.com", "http://user:hidden-word@127.0.0.1:9",
                5, ["https://example.com"]),
}  # fmt: skip

# Parts of the tokens and passwords above.
SECRETS = (TOKEN, "sgp_first", "sgp_second", "kenvalue", "12345678", "sgp_inlist", "sgp_zero",
           "hidden-word")  # fmt: skip


def changed(connector: Connector, options: dict[str, Any]) -> dict[str, Any]:
    """The connector's config with these options."""
    config = connector.config | options
    return {name: value for name, value in config.items() if value is not LEFT_OUT}


def read(connector: Connector, config: dict[str, Any], stream: str = STREAM) -> Output:
    """Read one stream with exactly this config."""
    connector.config = config
    return connector.read([stream])


@pytest.mark.parametrize("case", GOOD)
def test_good(connect: Connect, case: str) -> None:
    connector = connect()
    options, month = GOOD[case]

    output = read(connector, changed(connector, options))

    assert output.code == 0, output.errors
    assert output.status(STREAM) == "COMPLETE"
    assert {request.status for request in output.requests} == {200}
    assert {request.headers["Authorization"] for request in output.requests} == {f"Bearer {TOKEN}"}
    periods = [dict(request.query)["period"] for request in output.requests]
    assert min(periods) == (month or JANUARY)


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in BAD.items() for value in values],
    ids=lambda value: "left out" if value is LEFT_OUT else repr(value),
)
def test_bad(connect: Connect, field: str, value: Any) -> None:
    connector = connect()
    config = changed(connector, {field: value})

    check = connector.run("check", config=config)

    assert check.code == 0
    status, message = check.connection()
    assert status == "FAILED"
    assert message.startswith(f"Config: {field} ")
    assert message.endswith(".")
    assert len(message) < 250
    assert "\n" not in message
    assert check.errors == []
    assert check.requests == []

    output = read(connector, config)

    assert output.code == 1
    [error] = output.errors
    assert error["failure_type"] == "config_error"
    assert error["message"] == message
    assert output.requests == []
    for text in (check.text, output.text):
        assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("command", ["discover", "read"])
def test_the_other_commands_say_the_same(connect: Connect, command: str) -> None:
    connector = connect()
    config = changed(connector, {"region": "asia"})
    catalog: dict[str, Any] | None = {"streams": []} if command == "read" else None

    output = connector.run(command, config=config, catalog=catalog)

    assert output.code == 1
    [error] = output.errors
    assert error["message"] == "Config: region must be one of ['us', 'eu']."


@pytest.mark.parametrize(
    ("region", "host"),
    [
        (LEFT_OUT, "api.segmentapis.com"),
        ("us", "api.segmentapis.com"),
        ("api", "api.segmentapis.com"),
        ("eu", "eu1.api.segmentapis.com"),
        ("eu1", "eu1.api.segmentapis.com"),
    ],
)
def test_the_region_chooses_the_host(connect: Connect, monkeypatch: pytest.MonkeyPatch, region: Any, host: str) -> None:
    looked_up: list[str] = []

    def look_up(name: str, *_: object, **__: object) -> None:
        looked_up.append(name)
        raise OSError("no network")

    connector = connect()
    monkeypatch.setattr("socket.getaddrinfo", look_up)
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)

    output = connector.run("check", config=changed(connector, {"region": region, "api_url": LEFT_OUT}))

    assert output.connection()[0] == "FAILED"
    assert set(looked_up) == {host}
    assert f"https://{host} cannot be reached" in output.connection()[1]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_this_machine_may_be_reached_without_encryption(connect: Connect, name: str) -> None:
    connector = connect()
    url = connector.sim.url.replace("127.0.0.1", name)

    output = read(connector, changed(connector, {"api_url": f"{url}/"}), "users")

    assert output.code == 0, output.errors
    assert [request.path for request in output.requests] == ["/users"]


def test_the_page_size_is_sent_and_kept_within_what_an_operation_allows(connect: Connect) -> None:
    connector = connect(size="small")

    output = connector.read(["users", "space_audiences", "space_filters"], page_size=300)

    sizes = {request.operation: dict(request.query)["pagination.count"] for request in output.requests}
    assert sizes["listUsers"] == "300"
    assert sizes["listAudiences"] == "200"
    assert sizes["listFiltersForSpace"] == "10"
