"""The least that prints the same messages: a loop over the pages, without any framework.

Run as a process, `python -m benchmarks.by_hand read --config ... --catalog ...`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import orjson
import requests

Json = dict[str, Any]


def main(args: list[str]) -> None:
    """Read the users that the config gives access to."""
    config = orjson.loads(Path(args[args.index("--config") + 1]).read_bytes())
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {config['api_token']}"
    params: Json = {"pagination.count": 1000}
    _say({"type": "TRACE", "trace": _status("STARTED")})
    while True:
        answer = session.get(f"{config['api_url']}/users", params=params, timeout=60)
        answer.raise_for_status()
        data = orjson.loads(answer.content)["data"]
        for row in data["users"]:
            now = time.time_ns() // 1_000_000
            _say({"type": "RECORD", "record": {"stream": "users", "data": row, "emitted_at": now}})
        if not data["pagination"].get("next"):
            break
        params["pagination.cursor"] = data["pagination"]["next"]
    _say({"type": "TRACE", "trace": _status("COMPLETE")})


def _say(message: Json) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")


def _status(status: str) -> Json:
    return {
        "type": "STREAM_STATUS",
        "emitted_at": time.time() * 1000,
        "stream_status": {"stream_descriptor": {"name": "users"}, "status": status},
    }


if __name__ == "__main__":
    main(sys.argv[1:])
