"""The workspace that the simulator serves, generated from a seed and a size."""

from datetime import UTC, date, datetime
from typing import Self

from simulator import governance, people, pipeline, spaces
from simulator.names import Names
from simulator.objects import Objects
from simulator.samples import Samples
from simulator.sizes import SIZES


class Workspace(Objects):
    """All objects of one workspace."""

    @classmethod
    def generate(cls, size: str = "small", seed: int = 1, today: date | None = None, *, awkward: bool = False) -> Self:
        """The workspace of a size and seed; `today` dates the regulations (90 days are kept).

        An `awkward` one has names and ids that break careless clients, and a source whose counts
        leave the range in which a float is exact.
        """
        self = cls(seed, SIZES[size], Names(awkward))
        make = Samples(f"{size}/{seed}", self.names)
        for module in (people, pipeline, spaces):
            module.fill(self, make)
        governance.fill(self, make, today or datetime.now(UTC).date())
        lists = {"source": self.sources, "destination": self.destinations}
        lists |= {"warehouse": self.warehouses, "user": self.users, "workspace": [self.workspace]}
        self.audited = [
            (kind, row["id"], row.get("name") or self.names.thing(kind, n))
            for kind, rows in lists.items()
            for n, row in enumerate(rows[:20])
        ]
        return self

    @classmethod
    def bulk(cls, users: int = 200_000, seed: int = 1) -> Self:
        """A tiny workspace with very many users, to measure throughput."""
        self = cls.generate("tiny", seed)
        self.users = [people.plain_user(self, n, f"user{n:09d}") for n in range(users)]
        return self
