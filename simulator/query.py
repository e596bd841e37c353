"""A checked request as an operation sees it: ids of the path, parameters and the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.clock import parse
from simulator.errors import invalid, not_found
from simulator.objects import Objects
from simulator.values import Json

# The list of the workspace, and the stream, in which an id is found.
LISTS = {
    "sourceId": "sources", "destinationId": "destinations", "destinationConfigId": "destinations",
    "userId": "users", "userGroupId": "groups", "credentialId": "credentials", "modelId": "models",
    "functionId": "functions", "trackingPlanId": "tracking_plans", "spaceId": "spaces",
    "warehouseId": "warehouses",
}  # fmt: skip


@dataclass(frozen=True)
class Query:
    """A query.

    `params` are the `ids` of the path and the plain parameters, `lists` the list parameters,
    `paging` the parameters of pagination.
    """

    workspace: Objects
    now: datetime
    ids: tuple[str, ...]
    params: Mapping[str, str]
    lists: Mapping[str, list[str]] = field(default_factory=dict)
    paging: Mapping[str, str] = field(default_factory=dict)

    def known(self, name: str) -> Json:
        """The object of the workspace that a parameter names; raises a 404 if there is none."""
        found = self.workspace.find(LISTS[name], self.params[name])
        if found is None:
            raise not_found()
        return found

    def time(self, name: str) -> datetime | None:
        """A parameter as a time; raises a 422 if it is none."""
        text = self.params.get(name)
        try:
            return parse(text) if text is not None else None
        except ValueError:
            raise invalid(name, "must be a valid ISO 8601 date") from None

    def children(self, kind: str, *, single: bool = False) -> Any:
        """The children of the objects in the path, a `single` one or a list.

        Raises a 404 for unknown objects, which have no entry, and for a missing single child.
        """
        of_space = "spaceId" in self.ids  # whose warehouses are no warehouses of the workspace
        checked = (LISTS.keys() & self.ids) - ({"warehouseId"} if of_space else set())
        for name in checked:
            self.known(name)
        found = self.workspace.children[kind].get(tuple(self.params[name] for name in self.ids))
        if found is None and (single or len(checked) < len(self.ids)):
            raise not_found()
        return [] if found is None else found
