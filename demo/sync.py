"""Syncs a workspace into a DuckDB file: PyAirbyte runs the connector and writes the tables."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

import duckdb
import yaml

from demo.progress import Progress

if TYPE_CHECKING:
    from airbyte_protocol.models import AirbyteStream  # type: ignore[import-untyped]

METADATA = Path(__file__).parent.parent / "metadata.yaml"


class SyncError(Exception):
    """A sync failed; the text is the connector's message."""


def core_streams() -> list[str]:
    """The streams that metadata.yaml suggests to users."""
    metadata = yaml.safe_load(METADATA.read_text(encoding="utf-8"))
    return list(metadata["data"]["suggestedStreams"]["streams"])


def sync(config: dict[str, Any], database: Path, *, all_streams: bool = False, replace: bool = False) -> Progress:
    """Sync the core streams, or all streams, into `database`, which `replace` makes anew.

    Tables of other streams stay as they are. The sync works on a copy that replaces the file at the
    end: a failed sync (SyncError) leaves the file as it was, and nobody who has it open is
    disturbed.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".sync-") as folder:
        copy = Path(folder, database.name)
        if database.exists() and not replace:
            shutil.copyfile(database, copy)
        with _output_to(database.parent / "log"):
            _run(config, copy, all_streams, progress)
        copy.replace(database)
    return progress


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send what PyAirbyte and the connector print, other than messages, to the folder `log`."""
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


def _run(config: dict[str, Any], database: Path, all_streams: bool, progress: Progress) -> None:
    executable = Path(sys.executable).with_name("source-segment")
    if not executable.exists():
        raise SyncError(f"{executable} is missing; `make setup` installs it.")
    # Read when PyAirbyte is imported: no look-up in a registry, no telemetry, no live view.
    os.environ |= {"AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1", "NO_LIVE_PROGRESS": "1"}
    progress.print("Starting PyAirbyte (about ten seconds) ...")
    import airbyte
    from airbyte.caches import DuckDBCache
    from airbyte.exceptions import PyAirbyteError

    try:
        source = airbyte.get_source("source-segment", config=config, local_executable=executable)
        # PyAirbyte has no public hook for messages; its own version would print the errors.
        vars(source)["_peek_airbyte_message"] = progress.observe
        progress.print("Checking the connection ...")
        source.check()
        core = core_streams()
        streams = [s for s in source.discovered_catalog.streams if all_streams or s.name in core]
        progress.print(f"Reading {len(streams)} streams from {config['start_date']} on ...")
        _drop_full_refresh_tables(database, streams)
        cache = DuckDBCache(db_path=database, cache_dir=database.parent / "cache")
        with progress.reading(len(streams)):
            source.read(cache=cache, streams=[s.name for s in streams], skip_validation=True)
        cache.close()
    except (PyAirbyteError, duckdb.Error, RuntimeError) as error:
        if _is_interrupt(error):
            raise KeyboardInterrupt from error
        message = error.get_message() if isinstance(error, PyAirbyteError) else str(error)
        raise SyncError("\n".join(progress.errors) or message) from error


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C caused the error: PyAirbyte wraps it, DuckDB has an error of its own."""
    while error and not isinstance(error, KeyboardInterrupt) and "interrupted" not in str(error):
        error = error.__context__
    return error is not None


def _drop_full_refresh_tables(database: Path, streams: list[AirbyteStream]) -> None:
    """Drop the tables that this sync reads whole: PyAirbyte merges, and would keep deleted rows."""
    with duckdb.connect(database) as db:
        for stream in streams:
            if "incremental" not in [mode.value for mode in stream.supported_sync_modes]:
                db.execute(f'DROP TABLE IF EXISTS "{stream.name}"')
