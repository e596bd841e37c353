"""Fixtures of all tests: simulators and connectors, and a clock that does not wait."""

from __future__ import annotations

import functools
import gc
import json
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import freezegun
import pytest
from airbyte_cdk.sources.declarative import concurrent_declarative_source
from airbyte_cdk.sources.declarative.models import DeclarativeStream
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml
from pyrate_limiter import BucketFactory

from simulator import Simulator, Workspace
from source_segment import source
from unit_tests.connector import Connector

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)
# freezegun looks for clocks in all modules, and so loads what plotly, for one, would load when it is needed.
freezegun.configure(extend_ignore_list=["airbyte.", "boto", "google", "pandas", "plotly", "pydantic", "selenium"])
gc.freeze()  # what is imported stays; to visit it again and again takes a seventh of the time of the tests
gc.set_threshold(100_000, 50, 100)
_sleep, _parse = time.sleep, DeclarativeStream.parse_obj


@pytest.fixture(autouse=True, scope="session")
def _quick_start() -> Iterator[None]:
    """Resolve the manifest, and parse each stream, once and not for each command; `make validate` validates them."""
    with pytest.MonkeyPatch.context() as patch:
        change_manifest(patch, lambda text: text)
        patch.setattr(source, "ManifestReferenceResolver", lambda: SimpleNamespace(preprocess_manifest=dict))
        patch.setattr(DeclarativeStream, "parse_obj", lambda definition: _parsed(json.dumps(definition)))
        patch.setattr(concurrent_declarative_source, "get_declarative_component_schema", dict)
        # Each policy of a budget starts a thread that cleans up twice in its interval, and never ends.
        patch.setattr(BucketFactory, "schedule_leak", lambda *_: None)
        yield


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Shorten all waits of the connector, and the minute in which the limits of single operations count."""
    if request.path.parent.name == "simulator":  # which tests waits of its own
        return
    monkeypatch.setattr(time, "sleep", lambda seconds: _sleep(min(seconds, 0.02)))
    change_manifest(monkeypatch, lambda text: text.replace("PT61S", "PT0.05S"))


def change_manifest(monkeypatch: pytest.MonkeyPatch, change: Callable[[str], str]) -> None:
    """Let the connector load a changed text of the manifest."""
    monkeypatch.setattr(source, "safe_load_yaml", lambda content: _resolved(change(bytes(content).decode())))


@functools.cache
def _resolved(text: str) -> dict[str, Any]:
    return ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(text))


@functools.cache
def _parsed(definition: str) -> DeclarativeStream:
    return _parse(json.loads(definition))


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Connector]]:
    """Starts a simulator with the given options (tiny, at `NOW`) and returns a connector to it.

    `config` are options of the connector; `now=None` lets both see the real time.
    """
    with ExitStack() as stack:

        def start(
            config: dict[str, Any] | None = None,
            size: str = "tiny",
            awkward: bool = False,
            now: datetime | None = NOW,
            **options: Any,
        ) -> Connector:
            generated = _generated(size, (now or datetime.now(UTC)).date(), awkward)
            sim = stack.enter_context(Simulator(workspace=pickle.loads(generated), now=now, **options))
            return Connector(tmp_path, sim, now, **(config or {}))

        yield start


@functools.cache
def _generated(size: str, today: date, awkward: bool) -> bytes:
    return pickle.dumps(Workspace.generate(size, today=today, awkward=awkward))
