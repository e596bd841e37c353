"""Syncs from a simulator, as processes."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.process import Run, run
from scripts.catalog import streams
from simulator import Simulator

STREAMS = streams()
ALL = list(STREAMS)
CORE = [name for name, stream in STREAMS.items() if stream.suggested]
WORKERS = 5
CONNECTOR = (sys.executable, "-c", "from source_segment.run import run; run()")  # as the console script
LAUNCH = (sys.executable, "-m", "benchmarks.launch")


@dataclass
class Bench:
    """A simulator and how many months a sync reaches back; files go into the folder."""

    sim: Simulator
    folder: Path
    months: int = 24
    times: dict[str, list[float]] = field(default_factory=dict)  # of the requests at the rate limit

    @property
    def start_date(self) -> str:
        """The first day of a month."""
        today = datetime.now(UTC).date()
        year, month = divmod(today.year * 12 + today.month - 1 - self.months, 12)
        return f"{year}-{month + 1:02d}-01"

    def sync(self, streams: Iterable[str], *command: str, state: Any = (), **options: Any) -> Run:
        """Read streams, with the request log emptied before; raises RuntimeError if that fails."""
        stream = {"json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
        modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
        config = {"api_token": self.sim.token, "start_date": self.start_date, "api_url": self.sim.url} | options
        catalog = {"streams": [{"stream": {"name": name, **stream}, **modes} for name in streams]}
        arguments = []
        for name, content in (("config", config), ("catalog", catalog), ("state", state)):
            (self.folder / f"{name}.json").write_text(json.dumps(content))
            arguments += [f"--{name}", str(self.folder / f"{name}.json")]
        self.sim.reset_log()
        return run(self.folder / "messages.jsonl", *(command or CONNECTOR), "read", *arguments)

    def dlt(self, workers: int = WORKERS) -> Run:
        """Extract the core streams anew with dlt, with the config of the sync before."""
        self.sim.reset_log()
        config, home = self.folder / "config.json", self.folder / f"dlt-{len(list(self.folder.iterdir()))}"
        pipeline = sys.executable, "-m", "benchmarks.dlt_pipeline", str(config), str(workers), str(home)
        return run(self.folder / "dlt.txt", *pipeline)

    def least(self, streams: Iterable[str]) -> int:
        """The least number of requests of a first sync."""
        return sum(self.sim.minimum_requests(streams, self.start_date).values())

    def span(self) -> float:
        """Seconds from the first request to the last response."""
        return self.sim.in_flight_samples[-1][0] - self.sim.in_flight_samples[0][0]
