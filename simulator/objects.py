"""The objects of one workspace: plain lists of API records, and relations as dicts of ids.

A test adds, changes or removes objects between two syncs by changing them. Series over time are
not stored: `usage`, `traffic` and `history` compute them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.names import UNNAMED_EVENTS, Event, Names
from simulator.sizes import Size
from simulator.values import Json

Relation = dict[str, list[str]]


@dataclass
class Objects:
    """All objects; `children[kind][ids of the path]` contains what belongs to one parent."""

    seed: int
    size: Size
    names: Names
    workspace: Json = field(default_factory=dict)
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
    plan_sources: Relation = field(default_factory=dict)  # tracking plan -> sources
    calls_per_day: dict[str, int] = field(default_factory=dict)  # source -> typical API calls
    events: list[Event] = field(default_factory=list)  # what the sources send
    audited: list[tuple[str, str, str]] = field(default_factory=list)  # type, id, name
    children: dict[str, dict[tuple[str, ...], Any]] = field(default_factory=lambda: defaultdict(dict))
    # How the API behaves, where that is not known or depends on the workspace:
    audit_bounds_inclusive: bool = True
    billing_day: int = 1  # on which a usage month begins
    boundary_rows: bool = False  # a closed usage month also has the row of the day after it
    insert_function_prefix: str = ""  # of ids in /functions; /insert-function-instances drops it

    def __post_init__(self) -> None:
        self.workspace = {"id": f"ws{self.seed:08d}", "slug": "alder-and-pine"}
        self.workspace["name"] = "Alder & Pine" + " GmbH – 例" * self.names.awkward
        self.events = [*self.names.events()[: self.size.events], *UNNAMED_EVENTS]

    def find(self, collection: str, object_id: str) -> Json | None:
        """The object of a top-level list with that id."""
        rows: list[Json] = getattr(self, collection)
        for row in rows:  # in tens of thousands of look-ups, twice as fast as a generator
            if row.get("id") == object_id:
                return row
        return None

    def pick(self, collection: str, chosen: Iterable[str]) -> list[Json]:
        """The objects of a top-level list with those ids, in their order, without removed ones."""
        rows: list[Json] = getattr(self, collection)
        index = {row["id"]: row for row in reversed(rows)}
        return [index[i] for i in chosen if i in index]
