"""Who may read what: the token, the plan, and refusals of single operations or paths.

Facts (plans table of the product documentation): Free has no Public API to speak of; Team lacks
Audit Trail, Protocols, Advanced Access Management, Unify and Engage, selective and scheduled sync.
Assumed: Free answers a handful of lists, a refusal is a 403 (or a 401, as the error page implies).
Segment documents 401 for a dead token; its command line tool also takes a 403 of `GET /` for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from simulator import endpoints as table
from simulator.endpoints import BY_NAME, Endpoint
from simulator.errors import ApiError

Tier = Literal["free", "team", "business"]
Region = Literal["us", "eu"]

_FREE = {
    "getWorkspace", "listSources", "listDestinations", "listWarehouses", "listUsers",
    "getSourcesCatalog",
    "getDestinationsCatalog", "getWarehousesCatalog", "listConnectedDestinationsFromSource",
    "listConnectedWarehousesFromSource",
}  # fmt: skip
_NOT_IN_TEAM = {
    table.AUDIT, table.PROTOCOLS, table.AAM, table.UNIFY, table.SPACES, table.AUDIENCE, table.TRAIT,
    table.FILTERS, table.WAREHOUSE_SYNC,
}  # fmt: skip


class Access:
    """Checks the token and the rights of a request."""

    def __init__(
        self,
        token: str,
        tier: Tier,
        deny: Iterable[str],
        *,
        refusal_status: int = 403,
        revoke_after: int | None = None,
        dead_status: int = 401,
        other_region_token: str,
        other_region_url: str | None,
    ) -> None:
        self._token, self._tier, self.deny = token, tier, list(deny)
        self._refusal_status, self._dead_status = refusal_status, dead_status
        self.revoke_after = revoke_after
        self._other_token, self._other_url = other_region_token, other_region_url
        self._accepted = 0

    def authenticate(self, header: str | None, target: str) -> None:
        """Refuse any other token with `dead_status`; one of the other region may be redirected."""
        given = (header or "").partition("Bearer ")[2]
        if given == self._other_token and self._other_url:
            location = {"Location": self._other_url + target}
            raise ApiError(308, "Permanent Redirect", headers=location)
        revoked = self.revoke_after is not None and self._accepted >= self.revoke_after
        if given != self._token or revoked:
            raise ApiError(self._dead_status, "Unauthorized")
        self._accepted += 1

    def authorize(self, endpoint: Endpoint, path: str) -> None:
        """403 if the plan lacks the operation or `deny` names it or matches its path."""
        reason = self._missing(endpoint)
        if reason is None and any(
            rule == endpoint.name or (rule not in BY_NAME and re.search(rule, path))
            for rule in self.deny
        ):
            reason = "the token has no permission for this resource"
        if reason:
            name = "Unauthorized" if self._refusal_status == 401 else "Forbidden"
            raise ApiError(self._refusal_status, f"{name}: {reason}")

    def allows(self, endpoint: Endpoint, path: str) -> bool:
        """Whether `authorize` lets a request through."""
        try:
            self.authorize(endpoint, path)
        except ApiError:
            return False
        return True

    def _missing(self, endpoint: Endpoint) -> str | None:
        if self._tier == "free" and endpoint.name not in _FREE:
            return f"{endpoint.feature or 'the Public API'} is not part of the Free plan"
        if self._tier == "team" and endpoint.feature in _NOT_IN_TEAM:
            return f"{endpoint.feature} is not part of the Team plan"
        return None
