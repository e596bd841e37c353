"""Runs the connector's console script in this process and sorts its output."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
from airbyte_cdk.logger import init_logger
from airbyte_cdk.models import AirbyteMessageSerializer
from freezegun import freeze_time
from pydantic import TypeAdapter

from simulator import Request, Simulator
from source_segment.run import main

Json = dict[str, Any]
TypeAdapter(datetime)  # loads what pydantic loads late: not while the clock is frozen
START = "2026-01-15"


@dataclass
class Output:
    """The output of a command: exit code, records and states by stream, statuses, errors, logs."""

    code: int
    text: str
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        lines = [line for line in self.text.split("\n") if line.strip()]
        for line in lines:  # what strict readers of JSON, and of the protocol, would do
            AirbyteMessageSerializer.load(orjson.loads(line))
        self.messages = [json.loads(line) for line in lines]  # unlike orjson, keeps all digits
        self.records: dict[str, list[Json]] = defaultdict(list)
        self.states: dict[str, list[Json]] = defaultdict(list)
        self.statuses: dict[str, list[str]] = defaultdict(list)
        self.reasons: dict[str, list[str]] = defaultdict(list)  # of a status, such as RATE_LIMITED
        self.errors: list[Json] = []  # the trace errors: message, failure_type, stream_descriptor
        self.logs: list[tuple[str, str]] = []
        for message in self.messages:
            getattr(self, f"_{message['type'].lower()}", lambda _: None)(message)

    def _record(self, message: Json) -> None:
        self.records[message["record"]["stream"]].append(message["record"]["data"])

    def _state(self, message: Json) -> None:
        stream = message["state"]["stream"]
        self.states[stream["stream_descriptor"]["name"]].append(stream.get("stream_state") or {})

    def _trace(self, message: Json) -> None:
        if error := message["trace"].get("error"):
            self.errors.append(error)
        if status := message["trace"].get("stream_status"):
            name = status["stream_descriptor"]["name"]
            self.statuses[name].append(status["status"])
            self.reasons[name].extend(r["type"] for r in status.get("reasons") or ())

    def _log(self, message: Json) -> None:
        self.logs.append((message["log"]["level"], message["log"]["message"]))

    def status(self, stream: str) -> str:
        """The last status of a stream."""
        return self.statuses[stream][-1]

    def state(self) -> list[Json]:
        """The last state of each stream, as an input of the next sync."""
        return [
            stream_state(name, states[-1])
            for name, states in self.states.items()
            if states  # a test that looked for some leaves an empty list
        ]

    def warnings(self) -> list[str]:
        """The texts of the WARN lines."""
        return [text for level, text in self.logs if level == "WARN"]

    def failures(self) -> dict[str, tuple[str, str]]:
        """Failure type and message of each failed stream."""
        return {
            e["stream_descriptor"]["name"]: (e["failure_type"], e["message"])
            for e in self.errors
            if e.get("stream_descriptor")
        }

    def catalog(self) -> dict[str, Json]:
        """The streams of a discover, by name."""
        found = next(m["catalog"] for m in self.messages if m["type"] == "CATALOG")
        return {stream["name"]: stream for stream in found["streams"]}

    def connection(self) -> tuple[str, str]:
        """Status and message of a check."""
        found = next(m["connectionStatus"] for m in self.messages if m["type"] == "CONNECTION_STATUS")
        return found["status"], found.get("message", "")

    def asked(self) -> Counter[str | None]:
        """How many requests of each operation reached the simulator."""
        return Counter(request.operation for request in self.requests)


class Connector:
    """The connector with a config for one simulator; `now` is the time that it sees."""

    def __init__(self, folder: Path, sim: Simulator, now: datetime | None, **config: Any) -> None:
        self.folder, self.sim, self.now = folder, sim, now
        self.config: Json = {
            "api_token": sim.token,
            "start_date": START,
            "api_url": sim.url,
            "redact_secrets": False,
        } | config

    def move(self, now: datetime) -> None:
        """Let the connector and the API see another time."""
        self.now = now
        self.sim.clock.set(now)

    def read(
        self,
        streams: Iterable[str],
        state: list[Json] | None = None,
        sync_mode: str = "incremental",
        **config: Any,
    ) -> Output:
        """Read these streams; `config` overrides single options."""
        catalog = configured(streams, sync_mode)
        return self.run("read", config=self.config | config, catalog=catalog, state=state)

    def check(self, **config: Any) -> Output:
        """Check the connection."""
        return self.run("check", config=self.config | config)

    def discover(self, **config: Any) -> Output:
        """Discover the streams."""
        return self.run("discover", config=self.config | config)

    def run(self, command: str, **files: Json | list[Json] | None) -> Output:
        """Run a command with these JSON files as its arguments."""
        before = len(self.sim.requests)
        code, text = captured([command, *arguments(self.folder, **files)], self.now)
        return Output(code, text, self.sim.requests[before:])


def arguments(folder: Path, **files: Json | list[Json] | None) -> list[str]:
    """Write these contents into JSON files; returns the arguments that name them."""
    found = list[str]()
    for name, content in files.items():
        if content is not None:
            path = folder / f"{name}-{threading.get_ident()}.json"
            path.write_text(json.dumps(content))
            found += [f"--{name}", str(path)]
    return found


def captured(args: list[str], now: datetime | None = None) -> tuple[int, str]:
    """Run a command in this process, at a time if one is given; returns its exit code and what it wrote to stdout."""
    out = io.StringIO()
    init_logger("airbyte").propagate = True  # as at the start of a process: other tests set loggers up too
    clock: AbstractContextManager[Any] = freeze_time(now, tick=True) if now else nullcontext()
    with mock.patch.object(sys, "__stdout__", out), mock.patch.object(sys, "stdout", out), clock:
        return main(args), out.getvalue()


def configured(streams: Iterable[str], sync_mode: str = "incremental") -> Json:
    """A configured catalog that selects these streams."""
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": sync_mode,
                "destination_sync_mode": "append",
            }
            for name in streams
        ]
    }


def stream_state(name: str, state: Json) -> Json:
    """The state of one stream, as an input of a sync."""
    stream = {"stream_descriptor": {"name": name}, "stream_state": state}
    return {"type": "STREAM", "stream": stream}


def latest(stream: str, key: Iterable[str], *outputs: Output) -> list[Json]:
    """What a table holds that keeps the latest record of each primary key."""
    fields, table = tuple(key), dict[tuple[Any, ...], Json]()
    for output in outputs:
        for record in output.records[stream]:
            table[tuple(record[field] for field in fields)] = record
    return list(table.values())


def same(records: Iterable[Mapping[str, Any]], truth: Iterable[Mapping[str, Any]]) -> None:
    """Assert that two collections of records hold the same ones equally often."""
    found, wanted = (Counter(json.dumps(row, sort_keys=True) for row in rows) for rows in (records, truth))
    missing, extra = wanted - found, found - wanted
    assert not missing | extra, f"missing {list(missing)[:3]}, not true {list(extra)[:3]}"


def assert_state_is_refused(output: Output, edited: object) -> None:
    """Assert that a state that is no date ends the read with one sentence, before any request."""
    assert output.code == 1
    [error] = output.errors
    assert error["failure_type"] == "config_error"
    assert "timestamp" in error["message"]
    assert repr(edited) in error["message"]
    assert output.requests == []
