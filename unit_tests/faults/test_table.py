"""The table of errors in the documentation and the tests of this folder name each other."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs/faults.md"


def test_each_row_has_its_test_and_each_test_its_row() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [line.split("|")[-2].strip("` ") for line in lines if not line.endswith(("| Test |", "| --- |"))]
    files = [path for path in HERE.glob("test_*.py") if path != Path(__file__)]
    assert set(rows) == {
        name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
