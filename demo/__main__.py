"""Command line: `python -m demo` syncs a simulated workspace, `python -m demo --real` yours."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from demo import report, workspace
from demo.progress import Progress
from demo.sync import SyncError, sync
from simulator import Simulator

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
EXAMPLE = ROOT / "docs" / "queries" / "monthly_usage.sql"
SETTINGS = """environment variables:
  STREAMS              all: sync all streams instead of the core streams
  SEGMENT_API_TOKEN    with --real: a token of Segment's Public API
  SEGMENT_START_DATE   with --real: how far back to read; defaults to a year ago
  SEGMENT_REGION       with --real: us (default) or eu
"""


def main(arguments: list[str] | None = None) -> None:
    """Sync a workspace and print what was read; exit with 1 and a sentence if that fails."""
    parser = argparse.ArgumentParser(
        "python -m demo",
        description="Sync a Segment workspace into a DuckDB file and draw a report.",
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--real", action="store_true", help="read Segment, not the simulator")
    real = parser.parse_args(arguments).real
    streams = os.environ.get("STREAMS", "")
    if streams not in ("", "all"):
        sys.exit(f"STREAMS is {streams!r}: leave it out for the core streams, or set it to all.")
    database = BUILD / ("sync" if real else "demo") / "segment.duckdb"
    try:
        if real:
            progress = sync(real_config(), database, all_streams=bool(streams))
        else:
            with Simulator(workspace=workspace.build()) as simulator:
                print(f"A simulated Segment workspace runs at {simulator.url}")
                config = {"api_token": simulator.token, "api_url": simulator.url}
                config |= {"start_date": a_year_ago()}
                progress = sync(config, database, all_streams=bool(streams), replace=True)
    except SyncError as error:
        sys.exit(f"The sync stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped; the database is as it was before.")
    page = report.write(database, database.with_name("report.html"))
    _print_summary(progress, database, page)


def real_config() -> dict[str, str]:
    """The connector's configuration from the environment."""
    token = os.environ.get("SEGMENT_API_TOKEN")
    if not token:
        sys.exit(
            "Set SEGMENT_API_TOKEN to a token of Segment's Public API (Settings > Workspace "
            "settings > Access Management > Tokens): SEGMENT_API_TOKEN=... make sync"
        )
    return {
        "api_token": token,
        "start_date": os.environ.get("SEGMENT_START_DATE") or a_year_ago(),
        "region": os.environ.get("SEGMENT_REGION") or "us",
    }


def a_year_ago() -> str:
    """The first of this month, a year ago."""
    today = datetime.now(UTC).date()
    return today.replace(year=today.year - 1, day=1).isoformat()


def _print_summary(progress: Progress, database: Path, page: Path) -> None:
    query = EXAMPLE.read_text().strip()
    with duckdb.connect(database, read_only=True) as db:
        print(f"\n{'stream':<48}{'rows read':>12}{'in the table':>14}{'seconds':>10}")
        for stream, seconds in sorted(progress.seconds.items()):
            [(rows,)] = db.sql(f'SELECT count(*) FROM "{stream}"').fetchall()
            print(f"{stream:<48}{progress.rows[stream]:>12,}{rows:>14,}{seconds:>10.1f}")
        print(f"\nDatabase: {database}\nReport:   {page}")
        print(f"\nAn example query, {EXAMPLE.relative_to(ROOT)} (see the others beside it):\n")
        print(query, db.sql(query), sep="\n\n")


if __name__ == "__main__":
    main()
