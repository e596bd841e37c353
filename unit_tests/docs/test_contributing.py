"""The recipe of CONTRIBUTING.md, followed word by word on a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "warehouse_source_syncs"  # the stream that the recipe adds
RECIPE = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a stream in ten minutes")[2]
BLOCK = r"```\w+\n(?P<code>.*?)```"
INSERT = rf"In `(?P<file>[^`]+)`, before the line `(?P<line>[^`]+)`:\n\n{BLOCK}"
CREATE = rf"New file `(?P<file>[^`]+)`:\n\n{BLOCK}"
DELETE = r"in `(?P<file>[^`]+)`, delete the line\n`(?P<line>[^`]+)`"
COMMANDS = r"```sh\n(.*?)```"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository after the edits of the recipe."""
    copy = tmp_path_factory.mktemp("copy") / "repository"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    for step in re.finditer(INSERT, RECIPE, re.DOTALL):
        _replace(copy / step["file"], step["line"], lambda line, s=step: [s["code"], line])
    for step in re.finditer(CREATE, RECIPE, re.DOTALL):
        (copy / step["file"]).write_text(step["code"])
    for step in re.finditer(DELETE, RECIPE):
        _replace(copy / step["file"], step["line"], lambda _line: [])
    return copy


def test_the_recipe_has_a_step_for_each_part() -> None:
    files = [step["file"] for step in re.finditer(INSERT, RECIPE, re.DOTALL)]
    assert files == [
        "manifest.yaml",
        "manifest.yaml",
        "simulator/resolvers.py",
        "simulator/endpoints.py",
        "simulator/streams.py",
    ]
    assert len(re.findall(CREATE, RECIPE, re.DOTALL)) == len(re.findall(DELETE, RECIPE)) == 1


@pytest.mark.timeout(300)
def test_the_commands_of_the_recipe_succeed_and_the_docs_have_the_stream(copy: Path) -> None:
    commands = "".join(re.findall(COMMANDS, RECIPE, re.DOTALL)).splitlines()
    assert len(commands) == 6

    for command in commands:
        ended = _run(copy, command)
        assert ended.returncode == 0, f"{command}\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"
        assert "pytest" not in command or re.search(r"\b[1-9]\d* passed", ended.stdout), command

    page = (copy / "docs/integrations/sources/segment.md").read_text()
    assert (
        f"| `{NAME}` | `/warehouses/{{warehouseId}}/connected-sources/{{sourceId}}/syncs`" in page
    )
    assert "a part of what the syncs of the warehouse list" not in page
    assert f'Table "{NAME}"' in (copy / "erd/source.dbml").read_text()


def _replace(path: Path, wanted: str, change: object) -> None:
    """Replace the one line that reads `wanted`, whatever its indentation."""
    assert callable(change)
    lines = path.read_text().splitlines(keepends=True)
    [place] = [n for n, line in enumerate(lines) if line.strip() == wanted]
    lines[place : place + 1] = change(lines[place])
    path.write_text("".join(lines))


def _run(copy: Path, command: str) -> subprocess.CompletedProcess[str]:
    python, *args = command.split()
    assert python == ".venv/bin/python"
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV_"))}
    return subprocess.run(
        [sys.executable, *args],
        cwd=copy,
        env=variables | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
