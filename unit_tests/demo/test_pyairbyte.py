"""PyAirbyte reads all streams of an unchanged workspace into tables that equal the truth, and installs the connector.

DuckDB gets three reads of all streams, Postgres one and another of the core streams.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import sysconfig
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest

from demo.sync import core_streams, sync
from scripts.catalog import Stream, streams
from simulator import Simulator
from unit_tests.demo.databases import column_type, postgres_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    # PyAirbyte stops discover once it has the response, and complains how it ended.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

STREAMS = streams()
ROOT = Path(__file__).parents[2]
QUERIES = sorted((ROOT / "docs" / "queries").glob("*.sql"))
OWN_COLUMNS = {"_airbyte_raw_id", "_airbyte_extracted_at", "_airbyte_meta"}
WINDOW = ("destination_delivery_metrics_summary", "startTime", "endTime")  # ends with the read
Rows = list[dict[str, Any]]
Truth = Callable[[str], Rows]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(size="tiny", now=datetime.now(UTC)) as running:
        for sources in running.workspace.warehouse_sources.values():
            del sources[1:]  # each takes half a minute, see `requests_per_minute`
        yield running


@pytest.fixture(scope="module")
def config(simulator: Simulator) -> dict[str, Any]:
    """The connector's configuration; nothing is redacted, as in the simulator's truth."""
    start = (simulator.clock.now() - timedelta(days=65)).date().replace(day=1)
    config = {"api_token": simulator.token, "api_url": simulator.url, "redact_secrets": False}
    return config | {"start_date": start.isoformat()}


@pytest.fixture
def truth(simulator: Simulator, config: dict[str, Any]) -> Truth:
    """Returns the records of a stream."""
    return lambda stream: list(simulator.truth(stream, config["start_date"]))


@pytest.fixture(scope="module")
def source(airbyte: Any, config: Any) -> Any:
    """The connector in PyAirbyte."""
    command = Path(sys.executable).with_name("source-segment")
    return airbyte.get_source("source-segment", config=config, local_executable=command)


def after_reads(source: Any, cache: Any, *reads: str | list[str]) -> Any:
    """The cache after a read of each of these selections of streams."""
    for selection in reads:
        source.read(cache=cache, streams=selection, skip_validation=True)
    return cache


def comparable(stream: Stream, row: dict[str, Any]) -> str:
    """A record, or a row of a table, as a text by the types of the schema."""
    columns, found = {name.lower(): value for name, value in row.items()}, {}
    for name, schema in stream.schema["properties"].items():
        value, kind, form = columns[name.lower()], schema["type"][1], schema.get("format")
        if isinstance(value, str):
            if form == "date-time":
                value = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
            elif form == "date":
                value = date.fromisoformat(value)
            elif kind in ("object", "array"):
                value = json.loads(value)
            elif value.isdecimal():  # PyAirbyte's Postgres takes a column of digits for numbers
                value = value.lstrip("0")
        elif kind == "number" and value is not None:
            value = float(value)
        found[name] = None if stream.name == WINDOW[0] and name in WINDOW else value
    return json.dumps(found, sort_keys=True, default=str)


def wrong_tables(select: Truth, truth: Truth) -> dict[str, Any]:
    """The tables that differ from the truth, each with a missing and a superfluous row."""
    wrong = {}
    for name, stream in STREAMS.items():
        absent = dict.fromkeys(stream.schema["properties"]) | dict.fromkeys(stream.key, "")
        expected = Counter(comparable(stream, absent | record) for record in truth(name))
        found = Counter(comparable(stream, row) for row in select(f"SELECT * FROM {name}"))
        if expected != found:
            wrong[name] = [next(iter(rest), "") for rest in (expected - found, found - expected)]
    return wrong


class Destination:
    """What holds after reads into any database."""

    database: ClassVar[str]

    def test_tables_equal_the_truth(self, cache: Any, truth: Truth) -> None:
        assert wrong_tables(cache.run_sql_query, truth) == {}

    def test_columns_have_the_types_of_the_schemas(self, cache: Any) -> None:
        columns = defaultdict[str, dict[str, str]](dict)
        for row in cache.run_sql_query("SELECT * FROM information_schema.columns"):
            columns[row["table_name"]][row["column_name"]] = row["data_type"]
        for name, stream in STREAMS.items():
            for field, schema in stream.schema["properties"].items():
                assert columns[name].pop(field.lower()) == column_type(schema, self.database), (name, field)
            assert columns[name].keys() == OWN_COLUMNS, name

    def test_queries_run_on_these_tables(self, cache: Any, truth: Truth) -> None:
        rows = {path.stem: cache.run_sql_query(path.read_text()) for path in QUERIES}
        calls = {r["period"]: r["apiCalls"] for r in truth("usage_api_calls_workspace_daily")}
        assert {str(r["month"]): r["api_calls"] for r in rows["monthly_usage"]} == calls
        destinations = {row["destinationId"] for row in truth(WINDOW[0])}
        assert {row["destination_id"] for row in rows["delivery_by_destination"]} == destinations
        assert len(rows["daily_api_calls"]) == len(truth("usage_api_calls_per_source_daily"))


class TestDuckDB(Destination):
    """Three reads, a sync of the demo, and a table that is replaced."""

    database = "duckdb"

    @pytest.fixture(scope="class")
    def cache(self, airbyte: Any, source: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
        folder = tmp_path_factory.mktemp("duckdb")
        cache = airbyte.caches.DuckDBCache(db_path=folder / "segment.duckdb", cache_dir=folder)
        return after_reads(source, cache, "*", "*", "*")

    def test_sync_of_the_core_streams_replaces_no_other_table(
        self, cache: Any, simulator: Simulator, config: Any, truth: Truth, tmp_path: Path
    ) -> None:
        database = Path(shutil.copyfile(cache.db_path, tmp_path / "segment.duckdb"))
        simulator.reset_log()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("transformations", "labels"):
                patch.setattr(simulator.workspace, name, getattr(simulator.workspace, name)[:-1])

            progress = sync(config, database)

            with duckdb.connect(str(database), read_only=True) as db:
                assert wrong_tables(partial(select, db), truth).keys() == {"labels"}
        assert progress.seconds.keys() == set(core_streams())
        for stream in core_streams():
            if STREAMS[stream].cursor:  # only what is new
                assert 0 < progress.rows[stream] < len(truth(stream)), stream
        assert [r.path for r in simulator.requests].count("/usage/api-calls/daily") <= 2

    def test_full_refresh_replaces_a_table(
        self, cache: Any, source: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        others = simulator.workspace.users[1:]
        monkeypatch.setattr(simulator.workspace, "users", others)

        source.read(cache, streams=["users"], force_full_refresh=True, write_strategy="replace")

        ids = [row["id"] for row in cache.run_sql_query("SELECT id FROM users")]
        assert sorted(ids) == sorted(user["id"] for user in others)


class TestPostgres(Destination):
    """A read of all streams, and one of the core streams."""

    database = "postgres"

    @pytest.fixture(scope="class")
    def cache(self, airbyte: Any, source: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        folder = tmp_path_factory.mktemp("postgres")
        with postgres_server() as server:
            cache = airbyte.caches.PostgresCache(schema_name="public", cache_dir=folder, **server)
            yield after_reads(source, cache, "*", core_streams())
            cache.close()


def test_checkout_is_installed_by_its_url(
    airbyte: Any, simulator: Simulator, config: Any, truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a download: its dependencies are those of the tests; `test_package.py` checks that it asks for them."""
    for name in ("UV_OFFLINE", "UV_NO_CACHE", "UV_NO_BUILD_ISOLATION"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))  # as a path it does not show the checkout itself
    monkeypatch.setenv("PATH", f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    checkout = f"--no-deps {shlex.quote(str(ROOT))}"

    source = airbyte.get_source("source-segment", config=config, pip_url=checkout, install_root=tmp_path)
    cache = airbyte.caches.DuckDBCache(db_path=tmp_path / "segment.duckdb", cache_dir=tmp_path / "cache")
    result = source.read(cache, streams=["users", "usage_api_calls_workspace_daily"], skip_validation=True)

    assert list(tmp_path.glob(".venv-source-segment/lib/*/site-packages/source_segment/manifest.yaml"))
    schemas = {stream.name: stream.json_schema for stream in source.discovered_catalog.streams}
    assert schemas == {name: stream.schema for name, stream in STREAMS.items()}
    tables = {name: len(cache.run_sql_query(f"SELECT * FROM {name}")) for name in result.streams}
    assert tables == {name: len(truth(name)) for name in ("users", "usage_api_calls_workspace_daily")}


def select(db: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    result = db.sql(sql)
    return [dict(zip(result.columns, row, strict=True)) for row in result.fetchall()]
