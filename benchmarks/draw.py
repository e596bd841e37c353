"""Draws the plots of the documentation, in the environment that has matplotlib.

`python draw.py DATA FOLDER`: reads what was measured as JSON, writes SVG files.
"""

import json
import sys
from bisect import bisect
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]
from matplotlib import pyplot as plt

BLUE, GREY, ORANGE = "#2563eb", "#9ca3af", "#ea580c"


def workers(points: list[dict[str, Any]]) -> Any:
    """Time of a sync for each number of workers, and the least possible."""
    figure, axes = plt.subplots(figsize=(7, 3.6))
    counts = [point["workers"] for point in points]
    axes.fill_between(
        counts,
        [min(point["all"]) for point in points],
        [max(point["all"]) for point in points],
        color=BLUE,
        alpha=0.15,
        linewidth=0,
    )
    axes.plot(counts, [point["seconds"] for point in points], "o-", color=BLUE, label="measured")
    axes.plot(counts, [point["bound"] for point in points], "--", color=GREY, label="least")
    axes.set(xlabel="workers", ylabel="seconds from first request to last answer", ylim=(0, None))
    axes.set_xticks(counts)
    axes.legend(frameon=False)
    return figure


def sync(data: dict[str, Any]) -> Any:
    """Requests in flight, and requests so far, over the time of one sync."""
    figure, axes = plt.subplots(figsize=(7, 3.6))
    times, numbers = zip(*data["in_flight"], strict=True)
    shown = [times[-1] * n / 400 for n in range(400)]
    open_then = [numbers[bisect(times, moment) - 1] for moment in shown]
    axes.fill_between(shown, open_then, step="post", color=BLUE, alpha=0.35, linewidth=0)
    axes.set(xlabel="seconds", ylabel="requests in flight", ylim=(0, None), xlim=(0, None))
    axes.yaxis.label.set_color(BLUE)
    beside = axes.twinx()
    beside.plot(shown, [bisect(data["requests"], moment) for moment in shown], color=ORANGE)
    beside.set(ylabel="requests so far", ylim=(0, None))
    beside.yaxis.label.set_color(ORANGE)
    beside.spines[["top"]].set_visible(False)
    return figure


def main(data_file: str, folder: str) -> None:
    """Write both plots."""
    mpl.use("svg")
    mpl.rcParams |= {
        "svg.fonttype": "none",
        "svg.hashsalt": "segment",
        "font.family": "sans-serif",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "path.simplify_threshold": 0.5,
    }
    data = json.loads(Path(data_file).read_text())
    for name, figure in (("workers", workers(data["workers"])), ("sync", sync(data["sync"]))):
        figure.tight_layout()
        figure.savefig(Path(folder, f"performance-{name}.svg"), metadata={"Date": None})


if __name__ == "__main__":
    main(*sys.argv[1:])
