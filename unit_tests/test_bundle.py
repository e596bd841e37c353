"""The two files of `make bundle` in Airbyte's manifest runner and in the Connector Builder."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airbyte_cdk.connector_builder.main import handle_request
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from scripts import bundle, catalog
from source_segment import components
from unit_tests import facts
from unit_tests.connector import Connector, Json, Output, arguments, configured, same

pytestmark = pytest.mark.slow
Connect = Callable[..., Connector]
STREAMS = [
    "audit_events",
    "destination_subscriptions",
    "events_volume",
    "space_traits",
    "tracking_plan_rules",
    "usage_mtu_per_source_daily",
    "users",
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def connect_now(connect: Connect) -> Connect:
    """Starts a simulator whose clock stands at the present time, which the other process sees."""

    def start(**options: Any) -> Connector:
        now = datetime.now(UTC)
        connector = connect({"start_date": (now - timedelta(days=75)).date().isoformat()}, now=now, **options)
        connector.now = None
        return connector

    return start


@pytest.fixture(autouse=True)
def _own_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the CDK run components of a config, in place of the package's while a test runs."""
    monkeypatch.setenv("AIRBYTE_ENABLE_UNSAFE_CODE", "true")
    for name in ("components", "source_declarative_manifest.components"):
        monkeypatch.setitem(sys.modules, name, components)


def test_bundle_contains_all_schemas(manifest: Path) -> None:
    written = safe_load_yaml(manifest.read_text())

    assert written["schemas"] == {name: facts.schema(name) for name in facts.NAMES}
    assert "JsonFileSchemaLoader" not in manifest.read_text()


def test_manifest_runner_reads_the_records(connect_now: Connect, manifest: Path) -> None:
    connector = connect_now()
    runner = Path(sys.executable).with_name("source-declarative-manifest")
    paths = "--manifest-path", manifest, "--components-path", manifest.with_name("components.py")
    files = arguments(connector.folder, config=connector.config, catalog=configured(STREAMS))

    ended = subprocess.run([runner, "read", *paths, *files], capture_output=True, text=True)

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    output = Output(ended.returncode, ended.stdout)
    for name in STREAMS:
        assert output.records[name]
        same(output.records[name], connector.sim.truth(name, connector.config["start_date"]))


def builder_pages(connector: Connector, manifest: Path, stream: str) -> list[list[Json]]:
    """The pages of each slice that a test read in the Connector Builder shows."""
    code = manifest.with_name("components.py").read_text()
    only = {"streams": [f"#/definitions/streams/{stream}"]}  # to build all of them takes the Builder ten seconds
    config = connector.config | {
        "__injected_declarative_manifest": safe_load_yaml(manifest.read_text()) | only,
        "__injected_components_py": code,
        "__injected_components_py_checksums": {"md5": hashlib.md5(code.encode()).hexdigest()},
        "__command": "test_read",
    }
    files = arguments(connector.folder, config=config, catalog=configured([stream]), state=[])
    message = json.loads(handle_request(["read", *files]))
    return [part["pages"] for part in message["record"]["data"]["slices"]]


@pytest.mark.parametrize(
    ("stream", "page_cap"),
    [("sources", 1), ("source_connected_destinations", 1), ("usage_mtu_workspace_daily", None)],
)
def test_builder_shows_each_request(connect_now: Connect, manifest: Path, stream: str, page_cap: int | None) -> None:
    connector = connect_now(page_cap=page_cap)
    start, operation = connector.config["start_date"], catalog.streams()[stream].operation

    slices = builder_pages(connector, manifest, stream)

    pages = [page for part in slices for page in part]
    # `api_url` is masked like a secret, and the default host would be shown.
    sent = [f"****{request.raw_path}" for request in connector.sim.requests if request.operation == operation]
    assert [page["request"]["url"] for page in pages] == sent
    assert {page["response"]["status"] for page in pages} == {200}
    assert all(json.loads(page["response"]["body"])["data"] for page in pages)
    same([row for page in pages for row in page["records"]], connector.sim.truth(stream, start))
    if page_cap:
        assert max(map(len, slices)) > 1
    else:
        periods = [parse_qs(urlsplit(page["request"]["url"]).query)["period"] for [page] in slices]
        assert periods == [[month.isoformat()] for month in months(start)]


def months(start: str) -> Iterator[date]:
    """The first days of the months from a date to now."""
    month = date.fromisoformat(start).replace(day=1)
    while month <= datetime.now(UTC).date():
        yield month
        month = (month + timedelta(days=31)).replace(day=1)
