"""The wheel and the sdist: what is in them, and the installed connector away from the checkout."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from unit_tests import facts
from unit_tests.connector import Json, Output, configured, same
from unit_tests.facts import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that must not see the checkout, the user's packages, or a package index."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PYTHONNOUSERSITE": "1"}
    return subprocess.run(args, cwd=cwd, env=env, capture_output=True, text=True, timeout=100)


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist without an isolated environment."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir"]
    found = run(*command, folder, source, cwd=folder)
    assert found.returncode == 0, found.stdout + found.stderr
    [path] = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of the checkout."""
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a new environment with the wheel in it.

    Its dependencies are those of the checkout's environment, seen through a path file: what lies
    there is seen, but not the checkout, which that environment knows by a path file of its own.
    """
    home = tmp_path_factory.mktemp("environment with a space")
    venv.create(home, with_pip=False)
    bin_folder = home / ("Scripts" if os.name == "nt" else "bin")
    command = [sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--no-cache", "--python"]
    found = run(*command, bin_folder / "python", wheel, cwd=home)
    assert found.returncode == 0, found.stderr
    packages = next(home.glob("lib/python*/site-packages"))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return bin_folder


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A simulator in real time."""
    with Simulator(size="small") as found:
        yield found


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, without its record of them."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith(".dist-info/RECORD")
        }


def test_the_wheel_holds_the_connector_and_nothing_else(wheel: Path) -> None:
    names = {name for name in contents(wheel) if ".dist-info/" not in name}

    modules = {f"source_segment/{path.name}" for path in (ROOT / "source_segment").glob("*.py")}
    schemas = {f"source_segment/schemas/{name}.json" for name in facts.NAMES}
    assert names - {"source_segment/py.typed"} == (
        modules | schemas | {"source_segment/manifest.yaml"}
    )
    assert contents(wheel)["source_segment/manifest.yaml"] == facts.TEXT.encode()


def test_the_wheel_declares_its_script_and_locked_dependencies(wheel: Path) -> None:
    files = contents(wheel)
    [scripts] = [text for name, text in files.items() if name.endswith("entry_points.txt")]
    [metadata] = [text for name, text in files.items() if name.endswith("METADATA")]
    told = Parser().parsestr(metadata.decode())

    assert b"source-segment = source_segment.run:run" in scripts
    assert told["Name"] == PROJECT["name"]
    assert told["Version"] == PROJECT["version"]
    required = told.get_all("Requires-Dist")
    assert required
    assert "airbyte-cdk==7.39.1" in required
    locked = (ROOT / "requirements-runtime.lock").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", locked, re.MULTILINE))
    assert {re.split(r"[=<>!~ ;\[]", name)[0] for name in required} <= pinned.keys()


def test_the_sdist_builds_the_same_wheel(wheel: Path, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [path for path in tmp_path.iterdir() if path.is_dir()]
    folder = tmp_path / "built"
    folder.mkdir()

    again = build("wheel", unpacked, folder)

    assert again.name == wheel.name
    assert contents(again) == contents(wheel)
    assert not list(unpacked.glob("**/simulator"))


def test_the_installed_package_is_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = "import source_segment; print(source_segment.__file__); import simulator"

    found = run(installed / "python", "-c", code, cwd=tmp_path)

    assert Path(found.stdout.strip()).is_relative_to(installed.parent)
    assert "No module named 'simulator'" in found.stderr


def test_the_installed_script_runs_all_commands(
    installed: Path, sim: Simulator, tmp_path: Path
) -> None:
    config: Json = {"api_token": sim.token, "start_date": "2024-05-01", "api_url": sim.url}
    streams = ["users", "source_connected_destinations", "usage_mtu_workspace_daily"]
    for name, content in (("config", config), ("catalog", configured(streams, "full_refresh"))):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))

    def command(*args: str) -> Output:
        found = run(installed / "source-segment", *args, cwd=tmp_path)
        assert found.stderr == ""
        return Output(found.returncode, found.stdout)

    spec = command("spec")
    check = command("check", "--config", "config.json")
    discover = command("discover", "--config", "config.json")
    read = command("read", "--config", "config.json", "--catalog", "catalog.json")

    assert [output.code for output in (spec, check, discover, read)] == [0, 0, 0, 0]
    assert [message["type"] for message in spec.messages].count("SPEC") == 1
    assert check.connection()[0] == "SUCCEEDED"
    found = discover.catalog()
    assert list(found) == facts.NAMES
    assert found["users"]["json_schema"] == facts.schema("users")
    for name in streams:
        assert read.status(name) == "COMPLETE"
        hidden = [redacted(row) for row in sim.truth(name, start_date="2024-05-01")]
        same([redacted(row) for row in read.records[name]], hidden)


def redacted(row: Any) -> Any:
    """A record without its settings, whose secrets are masked by default."""
    return {name: value for name, value in row.items() if name != "settings"}
