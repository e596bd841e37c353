"""The benchmark itself: its request counts on small workspaces, and its table. Nothing is timed."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from benchmarks import requests_made
from benchmarks.figures import AIMS, Figure
from benchmarks.table import END, PAGE, START, table, write
from benchmarks.workload import months_ago
from simulator import Simulator


@pytest.mark.parametrize("size", ["tiny", "small"])
def test_a_sync_makes_the_least_requests(tmp_path: Path, size: str) -> None:
    with Simulator(size=size) as sim:
        figures, _ = requests_made.measure(sim, tmp_path, months_ago(3))

    assert {figure.name: figure.ratio for figure in figures} == {
        name: 1 for name in AIMS if name.startswith("Requests, ")
    }


def test_a_still_simulator_answers_as_ever() -> None:
    with Simulator(still=True) as still, Simulator() as sim:
        answers = [
            requests.get(
                f"{each.url}/users",
                params={"pagination.count": 2},
                headers={"Authorization": f"Bearer {each.token}"},
                timeout=10,
            ).json()["data"]["users"]
            for each in (sim, still, still)
        ]

    assert answers[0] == answers[1] == answers[2]


def test_the_page_shows_every_figure() -> None:
    shown = PAGE.read_text().partition(START)[2].partition(END)[0]

    rows = [line.split(" | ")[0].removeprefix("| ") for line in shown.splitlines()[3:-2]]
    assert rows == list(AIMS)


def test_the_table_marks_what_misses_its_aim(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{START}\nold\n{END}\nbelow\n")

    write(table([Figure("Start of spec", "3 s", "2 s", 1.5)]), page)

    text = page.read_text()
    assert "| Start of spec | 3 s | 2 s | 1.50 | ≤ 1.20 | missed |" in text
    assert text.startswith("above\n")
    assert text.endswith("below\n")
    assert "old" not in text
