"""One sync: PyAirbyte runs the connector and writes what it reads into a DuckDB file."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

import duckdb

from demo.progress import Progress

if TYPE_CHECKING:
    from airbyte_protocol.models import AirbyteStream  # type: ignore[import-untyped]

CORE = (
    "audit_events",
    "catalog_destinations",
    "catalog_sources",
    "catalog_warehouses",
    "destination_delivery_metrics_summary",
    "destination_subscriptions",
    "destinations",
    "groups",
    "source_connected_destinations",
    "source_connected_warehouses",
    "sources",
    "transformations",
    "usage_api_calls_per_source_daily",
    "usage_api_calls_workspace_daily",
    "usage_mtu_per_source_daily",
    "usage_mtu_workspace_daily",
    "users",
    "warehouses",
)


class SyncError(Exception):
    """A sync stopped; the text is what the connector said about it."""


def sync(
    config: dict[str, str], database: Path, *, everything: bool = False, anew: bool = False
) -> Progress:
    """Bring `database` up to date, or make it `anew`; `everything` reads all streams, not the core.

    Works on a copy that replaces the file at the end: a failed sync (SyncError) leaves the file as
    it was, syncs at the same time do not meet, and whoever has the file open is not disturbed.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".sync-") as folder:
        copy = Path(folder, database.name)
        if database.exists() and not anew:
            shutil.copyfile(database, copy)
        with _quiet(database.parent / "log"):
            _run(config, copy, everything, progress)
        copy.replace(database)
    return progress


@contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Have what PyAirbyte and the connector print, beside messages, in the folder `log`."""
    log.mkdir(exist_ok=True)
    os.environ.setdefault("AIRBYTE_LOGGING_ROOT", str(log))
    terminal = os.dup(2)
    with (log / "output.log").open("a") as file, redirect_stdout(file), redirect_stderr(file):
        os.dup2(file.fileno(), 2)  # the connector is a process of its own
        try:
            with catch_warnings():
                simplefilter("ignore")
                yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def _run(config: dict[str, str], database: Path, everything: bool, progress: Progress) -> None:
    executable = Path(sys.executable).with_name("source-segment")
    if not executable.exists():
        raise SyncError(f"{executable} is missing; `make setup` installs it.")
    # Read when PyAirbyte is imported: no look-up in a registry, no telemetry, no live view.
    os.environ |= {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "NO_LIVE_PROGRESS": "1"}
    progress.say("Starting PyAirbyte (about ten seconds) ...")
    import airbyte
    from airbyte.caches import DuckDBCache
    from airbyte.exceptions import PyAirbyteError

    try:
        source = airbyte.get_source("source-segment", config=config, local_executable=executable)
        # The hook that gets every message; PyAirbyte's own version would print the errors.
        vars(source)["_peek_airbyte_message"] = progress.see
        progress.say("Checking the connection ...")
        source.check()
        catalog = source.discovered_catalog.streams
        streams = [s.name for s in catalog if everything or s.name in CORE]
        progress.say(f"Reading {len(streams)} streams from {config['start_date']} on ...")
        _forget_full_refreshes(database, catalog)
        cache = DuckDBCache(db_path=database, cache_dir=database.parent / "cache")
        with progress.reading(len(streams)):
            source.read(cache=cache, streams=streams, skip_validation=True)
        cache.close()
    except (PyAirbyteError, duckdb.Error, RuntimeError) as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        said = error.get_message() if isinstance(error, PyAirbyteError) else str(error)
        raise SyncError("\n".join(progress.errors) or said) from error


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: PyAirbyte wraps it, DuckDB words it anew."""
    while error and not isinstance(error, KeyboardInterrupt) and "interrupted" not in str(error):
        error = error.__context__
    return error is not None


def _forget_full_refreshes(database: Path, catalog: list[AirbyteStream]) -> None:
    """Drop what is read whole: PyAirbyte merges, so a removed object would stay for ever."""
    with duckdb.connect(database) as db:
        for stream in catalog:
            if "incremental" not in [mode.value for mode in stream.supported_sync_modes]:
                db.execute(f'DROP TABLE IF EXISTS "{stream.name}"')
