"""Who may read what: the token, the plan, and refusals of single operations or paths.

Facts (plans table of the product documentation): Free has no Public API to speak of; Team lacks
Audit Trail, Protocols, Advanced Access Management, Unify and Engage, selective and scheduled sync.
Assumed: Free answers a handful of lists, a refusal is a 403 (or a 401, as the error page implies).
Segment documents 401 for a dead token; its command line tool also takes a 403 of `GET /` for one.
"""

import re
from collections.abc import Iterable
from typing import Literal

from simulator.errors import ApiError
from simulator.operations import Operation
from simulator.streams import OPERATIONS

Tier = Literal["free", "team", "business"]
Region = Literal["us", "eu"]

_FREE = {"getWorkspace", "listSources", "listDestinations", "listWarehouses", "listUsers",
         "getSourcesCatalog", "getDestinationsCatalog", "getWarehousesCatalog",
         "listConnectedDestinationsFromSource", "listConnectedWarehousesFromSource"}  # fmt: skip
_NOT_IN_TEAM = {"Audit Trail", "Protocols", "Advanced Access Management", "Unify / Engage",
                "Spaces", "Audience", "Computed Trait", "Space Filters",
                "listSelectiveSyncsFromWarehouseAndSource",
                "getAdvancedSyncScheduleFromWarehouse"}  # fmt: skip


class Access:
    """Checks the token and the rights of a request; `deny` and `revoke_after` may be changed."""

    def __init__(
        self,
        token: str,
        tier: Tier,
        deny: Iterable[str],
        refusal_status: int,
        revoke_after: int | None,
        dead_status: int,
    ) -> None:
        self._token, self._tier, self.deny = token, tier, list(deny)
        self._refusal_status, self._dead_status = refusal_status, dead_status
        self.revoke_after, self._accepted = revoke_after, 0
        self.redirects: dict[str, str] = {}  # token of another region -> its host

    def authenticate(self, header: str | None, target: str) -> None:
        """Raise `dead_status` for any other token, or a 308 to the host of its region."""
        given = (header or "").partition("Bearer ")[2]
        if given in self.redirects:
            location = {"Location": self.redirects[given] + target}
            raise ApiError(308, "Permanent Redirect", headers=location)
        revoked = self.revoke_after is not None and self._accepted >= self.revoke_after
        if given != self._token or revoked:
            raise ApiError(self._dead_status, "Unauthorized")
        self._accepted += 1

    def authorize(self, api: Operation, path: str) -> None:
        """Raise a refusal if the plan lacks the operation or `deny` names it or its path."""
        what, reason = api.feature or api.name, ""
        if self._tier == "free" and api.name not in _FREE:
            reason = f"{what} is not part of the Free plan"
        elif self._tier == "team" and {api.name, api.feature} & _NOT_IN_TEAM:
            reason = f"{what} is not part of the Team plan"
        elif any(rule == api.name or (rule not in OPERATIONS and re.search(rule, path)) for rule in self.deny):
            reason = "the token has no permission for this resource"
        if reason:
            name = "Unauthorized" if self._refusal_status == 401 else "Forbidden"
            raise ApiError(self._refusal_status, f"{name}: {reason}")

    def allows(self, api: Operation, path: str) -> bool:
        """Whether `authorize` lets a request through."""
        try:
            self.authorize(api, path)
        except ApiError:
            return False
        return True
