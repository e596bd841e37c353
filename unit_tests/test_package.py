"""The wheel and the sdist: their content. `test_pyairbyte.py` runs the installed connector."""

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from unit_tests import facts
from unit_tests.facts import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program that sees neither the checkout, nor the user's packages, nor a package index."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PYTHONNOUSERSITE": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a wheel or an sdist without an isolated environment."""
    ended = run(sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", folder, source, cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [path] = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return path


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, without its record of them."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(".dist-info/RECORD")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def test_wheel_contains_the_connector_and_nothing_else(wheel: Path) -> None:
    files = contents(wheel)
    package = {name for name in files if ".dist-info/" not in name}
    modules = {f"source_segment/{path.name}" for path in (ROOT / "source_segment").glob("*.py")}
    schemas = {f"source_segment/schemas/{name}.json" for name in facts.NAMES}

    assert package - {"source_segment/py.typed"} == modules | schemas | {"source_segment/manifest.yaml"}
    assert files["source_segment/manifest.yaml"] == facts.TEXT.encode()


def test_wheel_declares_its_script_and_locked_dependencies(wheel: Path) -> None:
    files = {name.rpartition("/")[2]: text.decode() for name, text in contents(wheel).items()}
    declared = Parser().parsestr(files["METADATA"])
    required = declared.get_all("Requires-Dist", [])
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-image.lock").read_text(), re.MULTILINE)

    assert "source-segment = source_segment.run:run" in files["entry_points.txt"]
    assert (declared["Name"], declared["Version"]) == (PROJECT["name"], PROJECT["version"])
    assert sorted(required) == sorted(PROJECT["dependencies"])
    assert {re.split(r"[=<>!~ ;\[]", name)[0] for name in required} <= set(locked)


def test_package_asks_for_what_it_imports() -> None:
    required = [Requirement(text) for text in PROJECT["dependencies"]]
    imported = set()
    for path in (ROOT / "source_segment").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.partition(".")[0] for name in names}
    foreign = imported - sys.stdlib_module_names - {"source_segment"}
    packages = metadata.packages_distributions()

    assert all(one.specifier.contains(metadata.version(one.name)) for one in required)
    assert {name for module in foreign for name in packages[module]} <= {one.name for one in required}


def test_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", ROOT, tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [path for path in tmp_path.iterdir() if path.is_dir()]
    (tmp_path / "built").mkdir()

    again = build("wheel", unpacked, tmp_path / "built")

    assert again.name == wheel.name
    assert contents(again) == contents(wheel)
