"""Fixtures of all tests: simulators and connectors, and a clock that does not wait."""

from __future__ import annotations

import functools
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.sources.declarative import concurrent_declarative_source
from airbyte_cdk.utils.yaml_loader import safe_load_yaml
from pyrate_limiter import BucketFactory

from simulator import Simulator
from source_segment import source
from unit_tests.connector import Connector

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
gc.freeze()  # what is imported stays; to visit it again and again takes a seventh of the time of the tests
gc.set_threshold(100_000, 50, 100)
_sleep = time.sleep
_load_yaml = functools.cache(safe_load_yaml)
_component_schema = functools.cache(concurrent_declarative_source.get_declarative_component_schema)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Shorten all waits of the connector, and the minute in which the limits of single operations count."""
    if request.path.parent.name == "simulator":  # which tests waits of its own
        return
    monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(min(seconds, 0.02)))
    change_manifest(monkeypatch, lambda text: text.replace("PT61S", "PT0.05S"))
    # The CDK parses its YAML schema for each command, which takes as long as all the rest of a small sync.
    monkeypatch.setattr(concurrent_declarative_source, "get_declarative_component_schema", _component_schema)
    # Each policy of a budget starts a thread that cleans up twice in its interval, and never ends.
    monkeypatch.setattr(BucketFactory, "schedule_leak", lambda *_: None)


def change_manifest(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    """Let the connector load a changed text of the manifest."""
    monkeypatch.setattr(source, "safe_load_yaml", lambda content: _load_yaml(change(bytes(content).decode())))


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Connector]]:
    """Starts a simulator with the given options (tiny, at `NOW`) and returns a connector to it.

    `config` are options of the connector; `now=None` lets both see the real time.
    """
    with ExitStack() as stack:

        def start(config: dict[str, Any] | None = None, **options: Any) -> Connector:
            chosen: dict[str, Any] = {"size": "tiny", "now": NOW} | options
            sim = stack.enter_context(Simulator(**chosen))
            return Connector(tmp_path, sim, chosen["now"], **(config or {}))

        yield start
