"""Reading a request: path and query string in, a checked `Query` and the paging parameters out.

Facts: input errors are 422 `input-validation` naming the field; lists are dot-indexed
(`groupBy.0=..`); parameters are percent-encoded once. The official SDKs spell the paging in three
ways: `pagination.count=3`, `pagination[count]=3` and `pagination={"count": 3}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote

from simulator.endpoints import ENDPOINTS, Endpoint, Paging, Param
from simulator.errors import invalid

# What stands before `count` and `cursor`, once for each list of the answer.
PREFIXES: dict[Paging, tuple[str, ...]] = {
    "none": (),
    "dot": ("pagination.",),
    "first": ("pagination.",),
    "offset": ("pagination.",),
    "flat": ("",),
    "two": ("warehousesPagination.", "sourcesPagination."),
}


def split(target: str) -> tuple[list[str], str]:
    """The decoded segments of the path and the raw query string of a request target."""
    path, _, query = target.partition("?")
    return [unquote(part) for part in path.strip("/").split("/")], query


def route(segments: list[str]) -> tuple[Endpoint, dict[str, str]] | None:
    """The operation of a path and the ids in it."""
    for pattern, endpoint in _ROUTES.get(len(segments), ()):
        if all(p.startswith("{") or p == s for p, s in zip(pattern, segments, strict=True)):
            ids = {p[1:-1]: s for p, s in zip(pattern, segments, strict=True) if p.startswith("{")}
            return endpoint, ids
    return None


def _routes() -> dict[int, list[tuple[list[str], Endpoint]]]:
    found: dict[int, list[tuple[list[str], Endpoint]]] = {}
    for endpoint in sorted(ENDPOINTS, key=lambda e: e.path.count("{")):
        pattern = endpoint.path.strip("/").split("/")
        found.setdefault(len(pattern), []).append((pattern, endpoint))
    return found


_ROUTES = _routes()


def pairs(query: str) -> list[tuple[str, str]]:
    """The decoded names and values of a query string, in order."""
    return parse_qsl(query, keep_blank_values=True)


class Given:
    """The checked parameters of a request: `plain` values, `lists`, and `paging` values."""

    def __init__(self, endpoint: Endpoint, query: Iterable[tuple[str, str]]) -> None:
        self.plain: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.paging: dict[str, str] = {}
        known = {param.name: param for param in endpoint.params}
        paging = {p + name for p in PREFIXES[endpoint.paging] for name in ("count", "cursor")}
        for name, value in _dotted(query, PREFIXES[endpoint.paging]):
            base = re.sub(r"\.\d+$", "", name)
            param = known.get(base)
            if name in paging:
                self._put(self.paging, name, value)
            elif param is None or (base != name) != param.many:
                raise invalid(name, "is not allowed")
            else:
                _check(param, name, value)
                if param.many:
                    self.lists.setdefault(base, []).append(value)
                else:
                    self._put(self.plain, name, value)
        for param in endpoint.params:
            if param.required and param.name not in self.plain:
                raise invalid(param.name, "is required")
        if "search.type" in known and ("search.type" in self.plain) != (
            "search.query" in self.plain
        ):
            raise invalid("search", "requires both type and query")

    def _put(self, target: dict[str, str], name: str, value: str) -> None:
        if name in target:
            raise invalid(name, "must be a string")
        target[name] = value


def _dotted(query: Iterable[tuple[str, str]], prefixes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The parameters, with those of the paging in the spelling with a dot."""
    objects = {prefix.removesuffix(".") for prefix in prefixes if prefix}
    for name, value in query:
        brackets = re.fullmatch(r"(\w+)\[(\w+)\]", name)
        if brackets and brackets[1] in objects:
            yield f"{brackets[1]}.{brackets[2]}", value
        elif name in objects:
            yield from ((f"{name}.{key}", text) for key, text in _fields(name, value))
        else:
            yield name, value


def _fields(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The fields of an object that is written as JSON."""
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise invalid(name, "must be of type object")
    for key, field in found.items():
        yield key, field if isinstance(field, str) else json.dumps(field)


def _check(param: Param, name: str, value: str) -> None:
    if param.values and value not in param.values:
        raise invalid(name, f"must be one of [{', '.join(param.values)}]")
    if value == "" and param.required:
        raise invalid(name, "is not allowed to be empty")
