"""Runs the connector as a process against a simulator."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.process import BIN, Run, run
from simulator import Simulator

Json = dict[str, Any]
# The console script, with the minute of the operations' own limits shortened.
SHORT_MINUTES = (
    sys.executable,
    "-c",
    "from source_segment import components, run; components.Pacer.MINUTE = 0.05; run.run()",
)


class Files:
    """The arguments of a command as files in a folder."""

    def __init__(self, folder: Path, sim: Simulator, start_date: str) -> None:
        self.folder = folder
        self._config = {"api_token": sim.token, "start_date": start_date, "api_url": sim.url}

    def config(self, **options: Any) -> list[str]:
        """`--config`, with these options."""
        return self._file("config", self._config | options)

    def read(self, streams: Iterable[str], state: list[Json] | None = None, **options: Any) -> list[str]:
        """The arguments of a read of these streams."""
        entries = [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": "incremental",
                "destination_sync_mode": "append",
            }
            for name in streams
        ]
        args = ["read", *self.config(**options), *self._file("catalog", {"streams": entries})]
        return args + self._file("state", state) if state else args

    def _file(self, name: str, content: Any) -> list[str]:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content))
        return [f"--{name}", str(path)]


def connector(files: Files, args: list[str], command: Iterable[str] = ()) -> Run:
    """Run the connector, by default its console script, with these arguments."""
    command = command or [str(BIN / "source-segment")]
    return run([*command, *args], files.folder / "messages.jsonl")


def states(run: Run) -> list[Json]:
    """The last state of each stream, as an input of the next sync."""
    found: dict[str, Json] = {}
    with run.output.open() as lines:
        for line in lines:
            if '"STATE"' in line[:20]:
                state = json.loads(line)["state"]
                found[state["stream"]["stream_descriptor"]["name"]] = state
    return list(found.values())


def records(run: Run) -> int:
    """The number of records."""
    with run.output.open("rb") as lines:
        return sum(b'"RECORD"' in line[:40] for line in lines)
