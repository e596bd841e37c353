"""The workspace that the simulator serves: generated from a seed and a size, open to change.

Top-level objects are plain lists of API records and relations are plain dicts of ids, so a test
adds, changes or removes objects between two syncs by changing these collections. Series over time
(usage, delivery, audit events, warehouse syncs) are not stored: `usage`, `traffic` and `history`
compute them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from simulator import catalog, governance, people, pipeline, spaces
from simulator.sizes import SIZES, Size
from simulator.words import Json

Relation = dict[str, list[str]]
Children = dict[str, dict[tuple[str, ...], Any]]


@dataclass
class Workspace:
    """All objects of one workspace; `children[kind][path ids]` holds what belongs to one parent."""

    seed: int
    size: Size
    workspace: Json
    source_catalog: list[Json] = field(default_factory=list)
    destination_catalog: list[Json] = field(default_factory=list)
    warehouse_catalog: list[Json] = field(default_factory=list)
    users: list[Json] = field(default_factory=list)
    roles: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    labels: list[Json] = field(default_factory=list)
    invites: list[str] = field(default_factory=list)
    sources: list[Json] = field(default_factory=list)
    destinations: list[Json] = field(default_factory=list)
    warehouses: list[Json] = field(default_factory=list)
    credentials: list[Json] = field(default_factory=list)
    transformations: list[Json] = field(default_factory=list)
    models: list[Json] = field(default_factory=list)
    functions: list[Json] = field(default_factory=list)
    tracking_plans: list[Json] = field(default_factory=list)
    regulations: list[Json] = field(default_factory=list)
    suppressions: list[Json] = field(default_factory=list)
    spaces: list[Json] = field(default_factory=list)
    extra_audit_events: list[Json] = field(default_factory=list)
    members: Relation = field(default_factory=dict)  # group -> users
    connected_destinations: Relation = field(default_factory=dict)  # source -> destinations
    warehouse_sources: Relation = field(default_factory=dict)  # warehouse -> sources
    credential_sources: Relation = field(default_factory=dict)
    credential_warehouses: Relation = field(default_factory=dict)
    plan_of_source: dict[str, str] = field(default_factory=dict)  # source -> tracking plan
    children: Children = field(default_factory=lambda: defaultdict(dict))
    audit_bounds_inclusive: bool = True
    billing_day: int = 1  # on which a usage month begins
    boundary_rows: bool = False  # a closed usage month also has the row of the day after it
    insert_function_prefix: str = ""  # of the ids that /functions lists, unknown to instances

    @classmethod
    def generate(cls, size: str = "small", seed: int = 1, today: date | None = None) -> Workspace:
        """The workspace of a size and seed; `today` dates the regulations (90 days are kept)."""
        rng = Random(f"{size}/{seed}")
        n = SIZES[size]
        self = cls(
            seed, n, {"id": f"ws{seed:08d}", "slug": "beispiel-gmbh", "name": "Beispiel GmbH – 例"}
        )
        self.source_catalog = catalog.source_catalog(rng, n.source_catalog)
        self.destination_catalog = catalog.destination_catalog(rng, n.destination_catalog)
        self.warehouse_catalog = catalog.warehouse_catalog(rng, n.warehouse_catalog)
        staff = people.build(rng, self.workspace["id"], n.users, n.groups)
        self.users, self.roles, self.groups = staff.users, staff.roles, staff.groups
        self.labels, self.invites, self.members = staff.labels, staff.invites, staff.members
        self.children["group_invites"] = staff.group_invites
        pipeline.fill(self, rng)
        governance.fill(self, rng, today or datetime.now(UTC).date())
        spaces.fill(self, rng)
        return self

    @classmethod
    def bulk(cls, users: int = 200_000, seed: int = 1) -> Workspace:
        """A tiny workspace with very many users, to measure throughput."""
        self = cls.generate("tiny", seed)
        self.users = [people.plain_user(n, f"user{n:09d}") for n in range(users)]
        return self

    def find(self, collection: str, object_id: str) -> Json | None:
        """The object of a top-level list with that id."""
        rows: list[Json] = getattr(self, collection)
        return next((row for row in rows if row.get("id") == object_id), None)

    def pick(self, collection: str, chosen: Iterable[str]) -> list[Json]:
        """The objects of a top-level list with those ids, in their order, without removed ones."""
        rows: list[Json] = getattr(self, collection)
        index = {row["id"]: row for row in reversed(rows)}
        return [index[i] for i in chosen if i in index]
