"""The config: what is accepted in which spelling, and what is rejected with one sentence."""

from typing import Any
from unittest.mock import Mock

import pytest

from unit_tests.connector import Json
from unit_tests.faults.assertions import Connect

STREAM = "usage_mtu_workspace_daily"  # whose requests show the start date
LEFT_OUT = object()
TOKEN = "sgp_USfakeTOKEN0USfakeTOKEN0USfakeTOKEN00001"

# (options, first month that is requested)
GOOD: list[tuple[Json, str]] = [
    ({"api_token": f" \n Bearer  {TOKEN}\r\n", "start_date": " 2026-02-01\n"}, "2026-02-01"),
    ({"api_token": f"\ufeff{TOKEN[:9]}\n{TOKEN[9:]}\u200b"}, "2026-01-01"),  # copied from a mail
    ({"start_date": "2025-12-31"}, "2025-12-01"),
    ({"start_date": "02/29/2024"}, "2024-02-01"),
    ({"start_date": "2026-02-01T01:11:12.345+02:00"}, "2026-02-01"),
    ({"start_date": "2026-03-15", "num_workers": 40}, "2026-03-01"),  # today
    ({"region": "EU", "num_workers": 2}, "2026-01-01"),
    ({"region": "", "unavailable_streams": "fail", "redact_secrets": True}, "2026-01-01"),
    ({"page_size": "x", "tuning": {"deep": [1, None]}}, "2026-01-01"),  # options of earlier versions
]
PATTERN, DATE = "does not match", "start_date must be a date in the past such as 2024-01-31"
# field: (value, part of the message)
BAD: dict[str, list[tuple[Any, str]]] = {
    "api_token": [(LEFT_OUT, "'api_token' is a required property"), (None, "None is not of type 'string'"),
                  (" \n", PATTERN)],
    "start_date": [(LEFT_OUT, "'start_date' is a required property"), ("yesterday", PATTERN), ("2024", PATTERN),
                   *((day, DATE) for day in ("31/12/2024", "2023-02-29", "0024-01-15", "2026-03-16"))],
    "region": [("asia", "'asia' is not one of ['us', 'eu']")],
    "num_workers": [(1, "1 is less than the minimum of 2"), (0, "0 is less than the minimum of 2"),
                    (41, "41 is greater than the maximum of 40"), ("x", "'x' is not of type 'integer'")],
    "unavailable_streams": [("ignore", "'ignore' is not one of ['skip', 'fail']")],
    "redact_secrets": [("yes", "'yes' is not of type 'boolean'")],
    "api_url": [(url, PATTERN) for url in ("http://api.segmentapis.com",  # the token would be sent in plain text
                                           "api.segmentapis.com", "https://user:sgp_second@api.segmentapis.com")],
}  # fmt: skip


@pytest.mark.parametrize(("options", "month"), GOOD)
def test_good(connect: Connect, options: Json, month: str) -> None:
    output = connect(config=options).read([STREAM])

    assert output.code == 0, output.errors
    assert output.status(STREAM) == "COMPLETE"
    assert {request.headers["Authorization"] for request in output.requests} == {f"Bearer {TOKEN}"}
    assert min(dict(request.query)["period"] for request in output.requests) == month


@pytest.mark.parametrize("field", BAD)
def test_bad(connect: Connect, monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    monkeypatch.setattr("socket.getaddrinfo", Mock(side_effect=OSError("no network")))
    connector = connect()
    for value, text in BAD[field]:
        config = {
            name: option for name, option in (connector.config | {field: value}).items() if option is not LEFT_OUT
        }

        output = connector.run("check", config=config)

        assert output.code == 0
        status, message = output.connection()
        assert (status, text in message, "\n" in message) == ("FAILED", True, False), message
        assert (output.errors, output.requests) == ([], [])
        assert [secret for secret in (TOKEN, "sgp_first", "sgp_second") if secret in output.text] == []


@pytest.mark.parametrize(
    ("options", "text"), [({"region": "asia"}, "'asia' is not one"), ({"start_date": "2099-01-01"}, DATE)]
)
def test_bad_config_of_a_read(connect: Connect, options: Json, text: str) -> None:
    output = connect().read([STREAM], **options)

    assert (output.code, output.requests) == (1, [])
    [error] = output.errors
    assert error["failure_type"] == "config_error"
    assert text in error["message"]


@pytest.mark.parametrize(("region", "host"), [(None, ""), ("us", ""), ("api", ""), ("eu", "eu1."), ("eu1", "eu1.")])
def test_host_of_the_region(connect: Connect, monkeypatch: pytest.MonkeyPatch, region: str | None, host: str) -> None:
    """Version 0.0.64 called the regions "api" and "eu1"."""
    look_up = Mock(side_effect=OSError("no network"))
    monkeypatch.setattr("socket.getaddrinfo", look_up)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)

    status, message = connect().check(region=region, api_url="").connection()

    assert {call.args[0] for call in look_up.call_args_list} == {f"{host}api.segmentapis.com"}
    assert (status, f"{host}api.segmentapis.com cannot be reached" in message) == ("FAILED", True)
