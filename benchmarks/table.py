"""The table of figures, and its place in the documentation."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.process import ROOT

PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- written by make benchmark -->", "<!-- end -->"


def table(figures: Iterable[Figure]) -> str:
    """The figures in Markdown; a ratio beyond its aim is marked."""
    lines = ["| Figure | Measured | Beside | Ratio | Aim | |", "|---|--:|--:|--:|--:|---|"]
    for figure in figures:
        verdict = "" if figure.aim.holds(figure.ratio) else "missed"
        lines.append(
            f"| {figure.name} | {figure.measured} | {figure.compared} | {figure.ratio:.2f} | {figure.aim} | {verdict} |"
        )
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return "\n".join([*lines, "", f"{datetime.now(UTC).date()}, {machine}."])


def write(text: str, page: Path = PAGE) -> None:
    """Put the table between the markers of the page."""
    place = re.compile(f"{re.escape(START)}.*{re.escape(END)}", re.DOTALL)
    old = page.read_text()
    page.write_text(place.sub(lambda _: f"{START}\n{text}\n{END}", old))
