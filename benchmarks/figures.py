"""What is measured: one line of the table each, with its aim."""

from __future__ import annotations

from dataclasses import dataclass

from scripts import catalog

WORKERS: tuple[int, ...] = (3, 5, 10, 15, 30)
OPTIONS = catalog.manifest()["spec"]["connection_specification"]["properties"]
DEFAULT_WORKERS: int = OPTIONS["num_workers"]["default"]


@dataclass(frozen=True)
class Aim:
    """A bound of a ratio: at most, or at least."""

    most: float | None = None
    least: float | None = None

    def __str__(self) -> str:
        if self.most is not None:
            return f"≤ {self.most:.2f}"
        return "" if self.least is None else f"≥ {self.least:.2f}"

    def holds(self, ratio: float) -> bool:
        """Whether a ratio, as the table shows it, keeps to the bound."""
        shown = round(ratio, 2)
        return shown <= (self.most or shown) and shown >= (self.least or shown)


NONE = Aim()
AIMS = {
    "Requests, core streams": Aim(most=1),
    "Requests, all streams": Aim(most=1),
    "Requests, core streams once more": Aim(most=1),
    **{f"Time, {count} workers": Aim(most=1.3) if count == DEFAULT_WORKERS else NONE for count in WORKERS},
    "Time, 600 requests a minute": Aim(most=1.1),
    "Answers 429, in percent": Aim(most=1),
    "Speed, beside the stock CDK": Aim(least=2.5),
    "Speed, beside a loop by hand": NONE,
    "Speed, three-field records, beside the stock CDK": NONE,
    "Speed, three-field records, beside a loop by hand": NONE,
    "Memory, core streams, ten times the workspace": Aim(most=1.2),
    "Memory, all streams, ten times the workspace": Aim(most=1.2),
    "Start of spec": Aim(most=1.2),
    "Start of discover": Aim(most=1.2),
    "Start of check": Aim(most=1.2),
    "Time of a dlt pipeline": NONE,
    "Requests of a dlt pipeline": NONE,
}


@dataclass(frozen=True)
class Figure:
    """A measured value beside what it is compared with; `ratio` is the first over the second."""

    name: str
    measured: str
    compared: str
    ratio: float

    @property
    def aim(self) -> Aim:
        """The bound of its ratio."""
        return AIMS[self.name]
