"""How large the generated workspaces are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Counts of objects; `*_catalog` are the catalogues, `audit_per_day` the events of one day."""

    sources: int
    destinations: int
    warehouses: int
    users: int
    groups: int
    source_catalog: int
    destination_catalog: int
    warehouse_catalog: int
    spaces: int
    audiences: int
    functions: int
    tracking_plans: int
    events: int
    usage_months: int
    audit_per_day: int
    sync_days: int


SIZES = {
    "empty": Size(0, 0, 0, 0, 0, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0),
    "tiny": Size(2, 2, 1, 3, 1, 3, 3, 3, 1, 2, 5, 1, 2, 3, 1, 1),
    "small": Size(6, 8, 3, 12, 3, 40, 40, 40, 2, 12, 10, 3, 6, 14, 5, 3),
    "company": Size(10, 12, 3, 14, 4, 40, 40, 40, 2, 12, 10, 3, 9, 14, 12, 7),
    "medium": Size(60, 120, 30, 400, 20, 250, 320, 30, 6, 220, 60, 20, 20, 24, 60, 7),
    "large": Size(600, 1200, 300, 4000, 200, 2500, 3200, 300, 60, 450, 600, 200, 40, 36, 600, 5),
}
