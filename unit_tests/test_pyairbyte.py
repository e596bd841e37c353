"""PyAirbyte installs the connector from a checkout, reads into DuckDB, and replaces a table.

Nothing is downloaded: an installed connector finds its dependencies in the environment of the
tests, which stands in for a package index; that the package asks for each of them has its test.
"""

from __future__ import annotations

import os
import shlex
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from simulator import Simulator

# PyAirbyte stops check and discover once it has the answer, and then minds how they ended.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
START = (datetime.now(UTC) - timedelta(days=75)).date().isoformat()


@pytest.fixture(scope="module")
def airbyte(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """PyAirbyte without a network, installing with uv what the tests' environment completes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRBYTE_OFFLINE_MODE", "1")
        patch.setenv("DO_NOT_TRACK", "1")
        patch.setenv("NO_LIVE_PROGRESS", "1")
        patch.setenv("AIRBYTE_LOGGING_ROOT", str(tmp_path_factory.mktemp("log")))
        patch.setenv("UV_OFFLINE", "1")
        patch.setenv("UV_NO_CACHE", "1")
        patch.setenv("UV_NO_BUILD_ISOLATION", "1")
        patch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))  # as a path it does not show the checkout itself
        patch.setenv("PATH", f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
        import airbyte

        yield airbyte


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(size="tiny", now=datetime.now(UTC)) as running:
        yield running


def test_checkout_by_pip_url(airbyte: ModuleType, simulator: Simulator, tmp_path: Path) -> None:
    config = {"api_token": simulator.token, "api_url": simulator.url, "start_date": START}
    checkout = f"--no-deps {shlex.quote(str(ROOT))}"
    source = airbyte.get_source("source-segment", config=config, pip_url=checkout, install_root=tmp_path)
    assert list(tmp_path.glob(".venv-source-segment/lib/*/site-packages/source_segment/manifest.yaml"))
    truth = {name: simulator.truth(name, START) for name in ("users", "usage_api_calls_workspace_daily")}
    cache = airbyte.caches.DuckDBCache(db_path=tmp_path / "segment.duckdb", cache_dir=tmp_path / "cache")

    result = source.read(cache, streams=list(truth))

    assert result.processed_records == sum(map(len, truth.values()))
    for name in truth:
        assert len(cache.run_sql_query(f"SELECT * FROM {name}")) == len(truth[name])

    removed = simulator.workspace.users.pop()
    source.read(cache, streams=["users"], force_full_refresh=True, write_strategy="replace")

    ids = {row["id"] for row in cache.run_sql_query("SELECT id FROM users")}
    assert ids == {row["id"] for row in truth["users"]} - {removed["id"]}
