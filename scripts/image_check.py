"""Run spec, check, discover and read of the connector in a container, against the simulator.

Usage: `python -m scripts.image_check FOLDER COMMAND...`, where COMMAND starts the connector in a container that has
FOLDER as /data and the network of the host. The exit code is 1 if a command fails or its records are not the truth.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from scripts import catalog
from simulator import Simulator

FOLDER, COMMAND, START = Path(sys.argv[1]), sys.argv[2:], "2026-01-01"
STREAMS = [name for name, stream in catalog.streams().items() if stream.suggested]


def messages(kind: str, command: str, **files: catalog.Json) -> list[catalog.Json]:
    """The messages of one type that a command prints, given these JSON files."""
    arguments = [command]
    for name, content in files.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(content))
        arguments += [f"--{name}", f"/data/{name}.json"]
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"image-test: {command} failed\n{ended.stdout[-4000:]}{ended.stderr[-4000:]}")
    return [message for message in map(json.loads, ended.stdout.splitlines()) if message["type"] == kind]


with Simulator() as api:
    config = {"api_token": api.token, "api_url": api.url, "start_date": START}
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    assert messages("SPEC", "spec")
    [check] = messages("CONNECTION_STATUS", "check", config=config)
    assert check["connectionStatus"]["status"] == "SUCCEEDED", check
    [found] = messages("CATALOG", "discover", config=config)
    selected = [{"stream": stream, **modes} for stream in found["catalog"]["streams"] if stream["name"] in STREAMS]
    records = messages("RECORD", "read", config=config, catalog={"streams": selected})
    counts = Counter(message["record"]["stream"] for message in records)
    assert counts == {name: len(api.truth(name, START)) for name in STREAMS}, counts
print(f"image-test: read returned {counts.total()} records of {len(counts)} streams, as it should")
