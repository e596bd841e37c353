"""The recipe for a stream in CONTRIBUTING.md, followed on a copy of the repository."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.catalog import ROOT

pytestmark = pytest.mark.slow
RECIPE = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a stream")[2].partition("\n## ")[0]
BLOCK = r":\n\n```\w+\n(?P<code>.*?)```"
INSERT = rf"In `(?P<file>[^`]+)`, before the line\s`(?P<line>[^`]+)`{BLOCK}"
CREATE = rf"New file `(?P<file>[^`]+)`{BLOCK}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository after the edits of the recipe, with the environment of the tests."""
    copy = tmp_path_factory.mktemp("copy") / "repository"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=ignored)
    (copy / ".venv").symlink_to(sys.prefix)
    for step in re.finditer(CREATE, RECIPE, re.DOTALL):
        (copy / step["file"]).write_text(step["code"])
    for step in re.finditer(INSERT, RECIPE, re.DOTALL):
        path = copy / step["file"]
        lines = path.read_text().splitlines(keepends=True)
        [place] = [number for number, line in enumerate(lines) if line.strip() == step["line"]]
        path.write_text("".join([*lines[:place], step["code"], *lines[place:]]))
    return copy


def test_recipe_is_three_edits() -> None:
    files = {step["file"] for pattern in (INSERT, CREATE) for step in re.finditer(pattern, RECIPE, re.DOTALL)}

    assert files == {"manifest.yaml", "source_segment/schemas/warehouse_source_syncs.json", "simulator/streams.py"}


@pytest.mark.timeout(900)
def test_commands_of_the_recipe_succeed(copy: Path) -> None:
    [commands] = re.findall(r"```sh\n(.*?)```", RECIPE, re.DOTALL)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "MAKE"))}
    for command in commands.splitlines():
        # The environment is ready, so make must not set it up.
        arguments = shlex.split(command.replace("make ", "make --assume-old setup "))
        ended = subprocess.run(arguments, cwd=copy, env=environment, capture_output=True, text=True)
        assert ended.returncode == 0, f"{command}\n{ended.stdout[-3000:]}{ended.stderr[-3000:]}"

    assert re.search(r"\b[1-9]\d* passed", ended.stdout)
    for page in (
        "docs/integrations/sources/segment.md",
        "erd/source.dbml",
        "integration_tests/configured_catalog.json",
    ):
        assert "warehouse_source_syncs" in (copy / page).read_text(), page
