"""The demo as a user runs it, and what a second sync does to the database of the first."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

import demo.__main__ as command
from demo import workspace
from demo.sync import CORE, SyncError, sync
from simulator import Simulator
from unit_tests.demo.conftest import STOPPED, Synced, simulate

pytestmark = STOPPED

USAGE = [stream for stream in CORE if stream.startswith("usage_")]


def rows(database: Path) -> dict[str, int]:
    with duckdb.connect(database, read_only=True) as db:
        counts = {s: db.sql(f'SELECT count(*) FROM "{s}"').fetchall() for s in CORE}
    return {stream: count for stream, [(count,)] in counts.items()}


def test_demo_tells_what_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "BUILD", tmp_path)
    monkeypatch.setattr("sys.argv", ["demo"])
    fixed = partial(Simulator, now=datetime.now(UTC))
    monkeypatch.setattr(command, "Simulator", fixed)
    command.main()
    told = capsys.readouterr()
    database = tmp_path / "demo" / "segment.duckdb"
    start_date = command._a_year_ago()
    simulator = fixed(workspace=workspace.build())
    truth = {stream: len(simulator.truth(stream, start_date)) for stream in CORE}
    assert rows(database) == truth
    for stream, count in truth.items():
        assert [
            line
            for line in told.out.splitlines()
            if line.split()[:3] == [stream, *[f"{count:,}"] * 2]
        ]
    assert str(database) in told.out
    assert str(database.with_name("report.html")) in told.out
    assert database.with_name("report.html").stat().st_size > 1_000_000
    newest = simulator.truth("usage_api_calls_workspace_daily", start_date)[-1]
    assert str(newest["apiCalls"]) in told.out
    assert told.err == ""
    assert sorted(path.name for path in database.parent.iterdir() if path.is_file()) == [
        "report.html",
        "segment.duckdb",
    ]


def test_second_sync_is_incremental(synced: Synced, tmp_path: Path) -> None:
    database = Path(shutil.copyfile(synced.database, tmp_path / "segment.duckdb"))
    first = rows(database)
    assert first == {stream: len(synced.truth(stream)) for stream in CORE}
    with simulate(synced.now) as simulator:
        removed = simulator.workspace.users.pop()
        config = {"api_token": simulator.token, "api_url": simulator.url}
        progress = sync(config | {"start_date": synced.start_date}, database)
        asked = Counter(request.path for request in simulator.requests)
    assert rows(database) == first | {"users": first["users"] - 1}
    with duckdb.connect(database, read_only=True) as db:
        assert not db.sql(
            "SELECT 1 FROM users WHERE id = $id", params={"id": removed["id"]}
        ).fetchall()
    for stream in (*USAGE, "audit_events"):
        assert 0 < progress.rows[stream] < first[stream], stream
    assert asked["/usage/api-calls/daily"] <= 2


def test_refused_token_leaves_the_database_alone(tmp_path: Path) -> None:
    database = tmp_path / "segment.duckdb"
    database.write_bytes(b"as it was")
    config = {"api_token": "sgp_unknown_token", "start_date": "2024-01-01"}
    with Simulator(size="tiny") as simulator, pytest.raises(SyncError) as raised:
        sync(config | {"api_url": simulator.url}, database)
    assert "token" in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert database.read_bytes() == b"as it was"


def test_a_real_sync_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["demo", "--real"])
    monkeypatch.delenv("SEGMENT_API_TOKEN", raising=False)
    with pytest.raises(SystemExit, match="Set SEGMENT_API_TOKEN"):
        command.main()


def test_a_real_sync_takes_its_settings_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("API_TOKEN", "START_DATE", "REGION"):
        monkeypatch.delenv(f"SEGMENT_{name}", raising=False)
    monkeypatch.setenv("SEGMENT_API_TOKEN", "sgp_abc")
    default = {"api_token": "sgp_abc", "start_date": command._a_year_ago(), "region": "us"}
    assert command._config() == default
    monkeypatch.setenv("SEGMENT_START_DATE", "2026-02-03")
    monkeypatch.setenv("SEGMENT_REGION", "eu")
    assert command._config() == default | {"start_date": "2026-02-03", "region": "eu"}
