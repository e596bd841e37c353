"""The table of faults in the documentation and the tests of this folder name each other."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "faults.md"


def test_each_row_has_its_test_and_each_test_its_row() -> None:
    rows = re.findall(r"^\| .* \| `(test_\w+)` \|$", PAGE.read_text(), re.MULTILINE)
    tests = [
        node.name
        for path in HERE.glob("test_*.py")
        if path != Path(__file__)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert Counter(rows) == Counter(tests)
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    headings = sum(line.endswith("| Test |") for line in lines)
    assert len(lines) == len(rows) + 2 * headings  # no row without a test
