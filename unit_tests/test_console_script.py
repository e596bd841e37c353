"""The console script as a process of its own, and files that it cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unit_tests.connector import Connector, Json, Output, configured, same

Connect = Callable[..., Connector]
SCRIPT = Path(sys.executable).parent / "source-segment"
FILES = {
    "missing": None,
    "broken": b'{"api_token": "sgp_half-a-token", ',
    "empty": b"",
    "a text": b'"config"',
    "no text at all": b'{"api_token": "\xff\xfe"}',
}


def process(folder: Path, command: str, **files: Json | list[Json]) -> tuple[Output, str]:
    """Run the script in a folder; its output, and what it wrote to stderr."""
    args = [str(SCRIPT), command]
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content))
        args += [f"--{name}", path.name]
    # Without PYTHONUNBUFFERED and the like: a pipe is buffered by default.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    found = subprocess.run(args, cwd=folder, env=plain, capture_output=True, timeout=60)
    return Output(found.returncode, found.stdout.decode()), found.stderr.decode()


def test_spec(tmp_path: Path) -> None:
    output, errors = process(tmp_path, "spec")

    assert output.code == 0
    assert [m["type"] for m in output.messages if m["type"] != "LOG"] == ["SPEC"]
    assert errors == ""


def test_check(connect: Connect, tmp_path: Path) -> None:
    connector = connect(now=None)

    output, errors = process(tmp_path, "check", config=connector.config)

    assert output.code == 0
    assert output.connection()[0] == "SUCCEEDED"
    assert errors == ""


def test_discover(connect: Connect, tmp_path: Path) -> None:
    output, errors = process(tmp_path, "discover", config=connect(now=None).config)

    assert output.code == 0
    assert len(output.catalog()) == 71
    assert errors == ""


def test_read(connect: Connect, tmp_path: Path) -> None:
    connector = connect(now=None, size="small")

    output, errors = process(
        tmp_path,
        "read",
        config=connector.config,
        catalog=configured(["users", "sources"]),
        state=[],
    )

    assert output.code == 0
    for stream in ("users", "sources"):  # with names of other alphabets
        same(output.records[stream], connector.sim.truth(stream))
        assert output.status(stream) == "COMPLETE"
    assert errors == ""
    assert connector.sim.token not in output.text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "catalog.json",
        "config.json",
        "state.json",
    ]


def test_a_failed_read_exits_with_1(connect: Connect, tmp_path: Path) -> None:
    connector = connect(now=None)
    config = connector.config | {"api_token": "sgp_not-the-right-one"}

    output, errors = process(tmp_path, "read", config=config, catalog=configured(["users"]))

    assert output.code == 1
    assert len(output.errors) == 1
    assert "token" in output.errors[0]["message"]
    assert "sgp_not-the-right-one" not in output.text + errors


def test_an_unknown_command_is_told(tmp_path: Path) -> None:
    found = subprocess.run([SCRIPT, "write"], cwd=tmp_path, capture_output=True, timeout=60)

    assert found.returncode == 2
    assert b"invalid choice: 'write'" in found.stdout + found.stderr


@pytest.mark.parametrize("content", FILES)
@pytest.mark.parametrize("file", ["config", "catalog", "state"])
def test_a_file_that_cannot_be_read_is_named(
    connect: Connect, tmp_path: Path, file: str, content: str
) -> None:
    connector = connect()
    paths = {name: tmp_path / f"the {name}.json" for name in ("config", "catalog", "state")}
    paths["config"].write_text(json.dumps(connector.config))
    paths["catalog"].write_text(json.dumps(configured(["users"])))
    paths["state"].write_text("[]")
    body = FILES[content]
    paths[file].unlink() if body is None else paths[file].write_bytes(body)
    args = [part for name, path in paths.items() for part in (f"--{name}", str(path))]

    code, text = connector._captured(["read", *args])
    output = Output(code, text)

    assert code == 1
    [error] = output.errors
    assert error["failure_type"] == "config_error"
    assert error["message"].startswith(f"The {file} file {paths[file]} cannot be read: ")
    assert "sgp_half-a-token" not in output.errors[0]["message"]
    assert output.records == {}
    assert connector.sim.requests == []
