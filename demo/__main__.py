"""Command line: `python -m demo` reads a simulated workspace, `python -m demo --real` yours."""

from __future__ import annotations

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


def main() -> None:
    """Read a workspace, then tell what came and where it is; exits with 1 and a sentence if not."""
    streams = os.environ.get("STREAMS", "")
    if streams not in ("", "all"):
        sys.exit(f"STREAMS is {streams!r}: leave it out for the core streams, or set it to all.")
    everything = streams == "all"
    try:
        if "--real" in sys.argv[1:]:
            database = BUILD / "sync" / "segment.duckdb"
            progress = sync(_config(), database, everything=everything)
        else:
            database = BUILD / "demo" / "segment.duckdb"
            with Simulator(workspace=workspace.build()) as simulator:
                print(f"A simulated Segment workspace answers at {simulator.url}")
                config = {"api_token": simulator.token, "api_url": simulator.url}
                config |= {"start_date": _a_year_ago()}
                progress = sync(config, database, everything=everything, anew=True)
    except SyncError as error:
        sys.exit(f"The sync stopped: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped; the database is as it was before.")
    page = report.write(database, database.with_name("report.html"))
    _tell(progress, database, page)


def _config() -> dict[str, str]:
    """The connector's configuration from the environment."""
    token = os.environ.get("SEGMENT_API_TOKEN")
    if not token:
        sys.exit(
            "Set SEGMENT_API_TOKEN to a token of Segment's Public API (Settings > Workspace "
            "settings > Access Management > Tokens): SEGMENT_API_TOKEN=... make sync"
        )
    return {
        "api_token": token,
        "start_date": os.environ.get("SEGMENT_START_DATE") or _a_year_ago(),
        "region": os.environ.get("SEGMENT_REGION") or "us",
    }


def _a_year_ago() -> str:
    """The first of this month, a year ago."""
    today = datetime.now(UTC).date()
    return today.replace(year=today.year - 1, day=1).isoformat()


def _tell(progress: Progress, database: Path, page: Path) -> None:
    query = EXAMPLE.read_text().strip()
    with duckdb.connect(database, read_only=True) as db:
        print(f"\n{'stream':<48}{'rows read':>12}{'in the table':>14}{'seconds':>10}")
        for stream, seconds in sorted(progress.seconds.items()):
            [(held,)] = db.sql(f'SELECT count(*) FROM "{stream}"').fetchall()
            print(f"{stream:<48}{progress.rows[stream]:>12,}{held:>14,}{seconds:>10.1f}")
        print(f"\nDatabase: {database}\nReport:   {page}")
        print(f"\nA query to begin with, {EXAMPLE.relative_to(ROOT)} (more are beside it):\n")
        print(query, db.sql(query), sep="\n\n")


if __name__ == "__main__":
    main()
