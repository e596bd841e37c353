"""From a request target to an operation and a checked query.

Facts: input errors are 422 `input-validation` naming the field; lists are dot-indexed
(`groupBy.0=..`); parameters are percent-encoded once. The official SDKs spell pagination in three
ways: `pagination.count=3`, `pagination[count]=3` and `pagination={"count": 3}`.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote

from simulator.errors import ApiError, invalid
from simulator.objects import Objects
from simulator.operations import Operation, Param
from simulator.query import Query
from simulator.streams import OPERATIONS

# Parameters that have an effect; a request with another one of the API's gets a 501.
SIMULATED = {"period", "startTime", "endTime", "granularity", "groupBy", "sourceId", "functionId",
             "destinationConfigId", "integrationId", "resourceType", "resourceId", "collection",
             "sortBy"}  # fmt: skip
Pairs = list[tuple[str, str]]
# Paths without ids come first.
_ORDERED = sorted(OPERATIONS.values(), key=lambda api: len(api.ids))


def find(raw_path: str) -> tuple[Operation | None, dict[str, str]]:
    """The operation of an encoded path, and the decoded ids in it."""
    for api in _ORDERED:
        if found := api.pattern.fullmatch(raw_path):
            return api, {name: unquote(value) for name, value in found.groupdict().items()}
    return None, {}


def parse(workspace: Objects, now: datetime, api: Operation, ids: dict[str, str], pairs: Pairs) -> Query:
    """The query that decoded parameters make; raises a 422 for wrong ones."""
    known = {param.name: param for param in api.params}
    of_paging = {prefix + part for prefix in api.prefixes for part in ("count", "cursor")}
    paging: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    plain: dict[str, str] = {}
    for name, value in _dotted(api, pairs):
        base = re.sub(r"\.\d+$", "", name)
        param, target = known.get(base), paging if name in of_paging else plain
        if name not in of_paging and (param is None or (base != name) != param.many):
            raise invalid(name, "is not allowed")
        if param:
            _check(param, name, value)
        if param and param.many:
            lists.setdefault(base, []).append(value)
        elif name in target:
            raise invalid(name, "must be a string")
        else:
            target[name] = value
    for param in api.params:
        if param.required and param.name not in plain:
            raise invalid(param.name, "is required")
    for name in plain.keys() | lists.keys():
        if name not in SIMULATED:
            raise ApiError(501, f"the parameter {name} is not simulated")
    return Query(workspace, now, api.ids, ids | plain, lists, paging)


def _check(param: Param, name: str, value: str) -> None:
    if param.values and value not in param.values:
        raise invalid(name, f"must be one of [{', '.join(param.values)}]")
    if value == "" and param.required:
        raise invalid(name, "is not allowed to be empty")


def _dotted(api: Operation, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """The parameters, with those of pagination in the spelling with a dot."""
    objects = {prefix.removesuffix(".") for prefix in api.prefixes if prefix}
    for name, value in pairs:
        brackets = re.fullmatch(r"(\w+)\[(\w+)\]", name)
        if brackets and brackets[1] in objects:
            yield f"{brackets[1]}.{brackets[2]}", value
        elif name in objects:
            try:
                found = json.loads(value).items()
            except (ValueError, AttributeError):
                raise invalid(name, "must be of type object") from None
            for key, field in found:
                yield f"{name}.{key}", field if isinstance(field, str) else json.dumps(field)
        else:
            yield name, value
