"""`make bundle`: the two files in Airbyte's runner and in the Connector Builder.

The runner is the console script of the CDK, the Builder a module of it; each is started as its
user starts it. Both drop the nulls of a record (the CDK's serializer does; the console script of
this connector keeps them), so records are compared without these. The runner's `spec` asks for a
manifest; the form of ours is what an image made of the two files shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

from scripts import bundle
from simulator.truth import SUMMARY
from source_segment import SourceSegment
from unit_tests.connector import Connector, Json, Output, configured, same
from unit_tests.issue import CORE

ALLOWED = {**os.environ, "AIRBYTE_ENABLE_UNSAFE_CODE": "true"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle.write(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def connector(connect: Callable[..., Connector]) -> Connector:
    """The connector at the real time, which the runner sees, with a simulator that stands still."""
    now = datetime.now(UTC)
    found = connect({"start_date": (now - timedelta(days=75)).date().isoformat()}, now=now)
    found.now = None
    return found


def told(connector: Connector, *command: str, **files: Json | list[Json]) -> Output:
    """What a command says that gets these JSON files as arguments."""
    paths = []
    for name, content in files.items():
        path = connector.folder / f"{name}.json"
        path.write_text(json.dumps(content))
        paths += [f"--{name}", str(path)]
    done = subprocess.run([*command, *paths], env=ALLOWED, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return Output(done.returncode, done.stdout)


def run(connector: Connector, manifest: Path, command: str, **files: Json) -> Output:
    """What the runner says."""
    script = Path(sys.executable).with_name("source-declarative-manifest")
    paths = ("--manifest-path", manifest, "--components-path", manifest.with_name("components.py"))
    return told(connector, str(script), command, *map(str, paths), **files)


def without_nulls(records: Iterable[Json]) -> list[Json]:
    return [{k: v for k, v in record.items() if v is not None} for record in records]


def test_bundle_is_self_contained(manifest: Path) -> None:
    found = yaml.safe_load(manifest.read_text())
    schemas = Path(bundle.SOURCE, "schemas").glob("*.json")
    assert found["schemas"] == {path.stem: json.loads(path.read_text()) for path in schemas}
    assert "JsonFileSchemaLoader" not in manifest.read_text()
    assert sorted(path.name for path in manifest.parent.iterdir()) == [
        "components.py",
        "manifest.yaml",
    ]


def test_image_of_the_bundle_has_the_connector_s_spec(manifest: Path) -> None:
    source = YamlDeclarativeSource(str(manifest))
    assert source.spec(source.logger) == SourceSegment().spec(source.logger)


def test_runner_checks(connector: Connector, manifest: Path) -> None:
    said = run(connector, manifest, "check", config=connector.config)
    assert said.connection() == ("SUCCEEDED", "")
    refused = run(
        connector, manifest, "check", config=connector.config | {"api_token": "sgp_no_such_token"}
    )
    status, message = refused.connection()
    assert status == "FAILED"
    assert "token" in message


def test_runner_discovers_the_same_catalog(connector: Connector, manifest: Path) -> None:
    said = run(connector, manifest, "discover", config=connector.config)
    assert said.catalog() == connector.discover().catalog()


def test_runner_reads_the_truth(connector: Connector, manifest: Path) -> None:
    said = run(connector, manifest, "read", config=connector.config, catalog=configured(CORE))
    for name in CORE:
        truth = connector.sim.truth(name, connector.config["start_date"])
        if name == SUMMARY:  # which ends when it is asked for
            for row in said.records[name]:
                assert row.pop("startTime") < row.pop("endTime")
        assert truth, name
        same(said.records[name], without_nulls(truth))


def test_builder_reads_a_stream(connector: Connector, manifest: Path) -> None:
    stream = "source_connected_destinations"
    components = manifest.with_name("components.py").read_text()
    config = connector.config | {
        "__injected_declarative_manifest": yaml.safe_load(manifest.read_text()),
        "__injected_components_py": components,
        "__injected_components_py_checksums": {"md5": hashlib.md5(components.encode()).hexdigest()},
        "__command": "test_read",
    }
    builder = (sys.executable, "-m", "airbyte_cdk.connector_builder.main", "read")
    said = told(connector, *builder, config=config, catalog=configured([stream]), state=[])
    [result] = said.records[stream]
    assert [log for log in result["logs"] if log["level"] in ("WARN", "ERROR")] == []
    found = [row for part in result["slices"] for page in part["pages"] for row in page["records"]]
    same(without_nulls(found), without_nulls(connector.sim.truth(stream)))
