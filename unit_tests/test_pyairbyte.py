"""PyAirbyte as a user calls it: both ways to install, two syncs into DuckDB, column names.

Nothing is downloaded: an installed connector finds its dependencies in the environment of the
tests, which stands in for a package index; that the package asks for each of them has its test.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement

from simulator import Simulator
from simulator.streams import STREAMS

# PyAirbyte stops check and discover once it has the answer, and then minds how they ended.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sysconfig.get_path("scripts"))
PACKAGES = sysconfig.get_path("purelib")
OWN_COLUMNS = {"_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta"}
START = (datetime.now(UTC) - timedelta(days=75)).date().isoformat()
USAGE = "usage_api_calls_workspace_daily"
PER_SOURCE = "usage_api_calls_per_source_daily"


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
        patch.setenv("PYTHONPATH", PACKAGES)  # as a path it does not show the checkout itself
        patch.setenv("PATH", f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
        import airbyte

        yield airbyte


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist with a space")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(size="tiny", now=datetime.now(UTC)) as running:
        yield running


def config(simulator: Simulator) -> dict[str, Any]:
    return {"api_token": simulator.token, "api_url": simulator.url, "start_date": START}


def installed(airbyte: ModuleType, simulator: Simulator, what: Path, root: Path) -> Any:
    """The source that PyAirbyte installs below `root` from a checkout or wheel."""
    return airbyte.get_source(
        "source-segment",
        config=config(simulator),
        pip_url=f"--no-deps {shlex.quote(str(what))}",
        install_root=root,
    )


def package(root: Path) -> Path:
    """What was installed below `root`."""
    [found] = root.glob(".venv-source-segment/lib/*/site-packages/source_segment")
    return found


def cached(airbyte: ModuleType, folder: Path) -> Any:
    return airbyte.caches.DuckDBCache(db_path=folder / "segment.duckdb", cache_dir=folder / "cache")


def rows(cache: Any, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in cache.run_sql_query(sql)]


def test_checkout_by_pip_url_reads_what_can_have_changed(
    airbyte: ModuleType, simulator: Simulator, tmp_path: Path
) -> None:
    source = installed(airbyte, simulator, ROOT, tmp_path)
    assert package(tmp_path).joinpath("manifest.yaml").exists()
    streams = ["users", USAGE, "audit_events"]
    truth = {name: simulator.truth(name, START) for name in streams}
    cache = cached(airbyte, tmp_path)

    first = source.read(cache, streams=streams)

    assert first.processed_records == sum(map(len, truth.values()))
    simulator.reset_log()
    removed = simulator.workspace.users.pop()

    second = source.read(cache, streams=streams)

    month = (simulator.clock.now() - timedelta(days=36)).date().replace(day=1).isoformat()
    newest = max(datetime.fromisoformat(event["timestamp"]) for event in truth["audit_events"])
    changed = [
        *(row for row in truth["users"] if row["id"] != removed["id"]),
        *(row for row in truth[USAGE] if row["timestamp"] >= month),
        *(
            event
            for event in truth["audit_events"]
            if datetime.fromisoformat(event["timestamp"]) >= newest - timedelta(hours=1)
        ),
    ]
    assert second.processed_records == len(changed) < first.processed_records
    asked = [dict(r.query)["period"] for r in simulator.requests if r.path.startswith("/usage/")]
    assert min(asked) == month
    for name in streams:
        assert rows(cache, f"SELECT count(*) FROM {name}") == [(len(truth[name]),)], name

    source.read(cache, streams=["users"], force_full_refresh=True, write_strategy="replace")

    assert rows(cache, "SELECT id FROM users ORDER BY id") == sorted(
        (user["id"],) for user in simulator.workspace.users
    )


def test_wheel_by_pip_url_is_complete(airbyte: ModuleType, simulator: Simulator, wheel: Path, tmp_path: Path) -> None:
    source = installed(airbyte, simulator, wheel, tmp_path)
    source.check()
    assert set(source.get_available_streams()) == set(STREAMS)
    schemas = package(tmp_path).glob("schemas/*.json")
    assert sorted(path.stem for path in schemas) == sorted(STREAMS)


def test_package_asks_for_what_it_imports() -> None:
    own = metadata.distribution("airbyte-source-segment")
    asked = {Requirement(text).name for text in own.requires or ()}
    for text in own.requires or ():
        required = Requirement(text)
        assert required.specifier.contains(metadata.version(required.name)), text
    known = metadata.packages_distributions()
    imported = set()
    for path in (ROOT / "source_segment").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).partition(".")[0])
    foreign = imported - sys.stdlib_module_names - {"source_segment"}
    assert {name for module in foreign for name in known[module]} <= asked


def test_local_executable_has_the_documented_columns(airbyte: ModuleType, simulator: Simulator, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "pyairbyte.md").read_text()
    documented = {
        table: set(re.findall(r"`(\w+)`", columns))
        for table, columns in re.findall(r"^\| `(\w+)` \| (`[^|]+`) \|$", text, re.M)
    }
    assert len(documented) >= 4
    source = airbyte.get_source(
        "source-segment",
        config=config(simulator),
        local_executable=SCRIPTS / "source-segment",
    )
    cache = cached(airbyte, tmp_path)
    source.read(cache, streams=list(documented))
    for table, columns in documented.items():
        sql = "SELECT column_name "
        sql += f"FROM information_schema.columns WHERE table_name = '{table}'"
        assert {name for [name] in rows(cache, sql)} == columns | OWN_COLUMNS
    truth = simulator.truth(PER_SOURCE, START)
    assert sorted(rows(cache, f"SELECT sourceid, apicalls, timestamp FROM {PER_SOURCE}")) == sorted(
        (
            row["sourceId"],
            row["apiCalls"],
            datetime.fromisoformat(row["timestamp"]).replace(tzinfo=None),
        )
        for row in truth
    )
