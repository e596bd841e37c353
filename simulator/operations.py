"""What a line of the table in `streams` consists of: an operation and the stream that reads it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator.facts import operations
from simulator.partitions import BY_IDS, Partition
from simulator.query import Query
from simulator.values import Json

# dot: `pagination.count` and `.cursor`; flat: `count` and `cursor`; offset: like dot, the cursor is
# a number; two: one object for each list of the response; first: like dot, but the response has no
# pagination object, so no page follows (it is assumed that `count` cuts the list).
Paging = Literal["none", "dot", "flat", "offset", "two", "first"]
_PAGING: dict[str, Paging] = {
    "none": "none", "cursor+count": "dot", "cursor+count (flat, undotted names)": "flat",
    "numeric offset+count": "offset", "two independent cursor+count objects": "two",
}  # fmt: skip
# What comes before `count` and `cursor`, once for each list of the response.
_TWO = ("warehousesPagination.", "sourcesPagination.")
_PREFIXES: dict[Paging, tuple[str, ...]] = {"none": (), "flat": ("",), "two": _TWO}
Rows = Callable[[Query], Any]
Beside = Callable[[Query, Sequence[Any]], Json]


class Param:
    """A query parameter: `values` are the allowed ones, `many` is a dot-indexed list."""

    def __init__(self, facts: Json) -> None:
        self.name: str = facts["name"]
        self.required: bool = facts["required"]
        self.values: Sequence[str] = facts.get("enum", ())
        self.many: bool = facts["type"].startswith("array")


class Operation:
    """A GET operation of the API reference.

    `rows` computes the rows, or names a stored list or kind of children (by default the `key` of
    the response does). `beside` computes fields beside the rows. `page_size` is what a sensible
    client asks for. Path parameters have the names under which a client knows the ids, so
    `/spaces/{spaceId}/audiences/{id}` is `{audienceId}` here.
    """

    def __init__(self, name: str, rows: Rows | str = "", page_size: int = 200, beside: Beside | None = None) -> None:
        facts = operations()[name]
        notes = " ".join(facts.get("notes", ()))
        self.name, self.rows, self.page_size, self.beside = name, rows, page_size, beside
        self.path: str = facts["path"].replace("/audiences/{id}", "/audiences/{audienceId}")
        self.pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))
        self.ids = tuple(self.pattern.groupindex)
        self.feature: str = (facts["plan_feature"] or {"feature": ""})["feature"].split(" (")[0]
        limit = facts["rate_limit_per_minute"]
        self.limit: int | None = limit if isinstance(limit, int) else None
        ends = ("count", "cursor")
        paged = {p["name"]: p for p in facts["query_params"] if p["name"].endswith(ends)}
        self.paging = _PAGING[facts["pagination"]]
        if self.paging == "dot" and facts["response_pagination"] == "absent":
            self.paging = "first"
        self.prefixes = _PREFIXES.get(self.paging, ("pagination.",))
        self.params = [Param(p) for p in facts["query_params"] if p["name"] not in paged]
        self.max_count: int = max((p["max"] for p in paged.values() if "max" in p), default=1000)
        self.default_count = 200 if self.max_count >= 200 else 10
        self.count_required = "calls pagination required" in notes
        self.has_previous = "forward-only" not in notes
        optional = facts["response_pagination"] == "optional"
        self.pagination_optional = optional and self.paging != "flat"
        lists = [r for r in facts["records"] if r["kind"] == "array"] or facts["records"]
        self.key: str | None = lists[-1]["key"]  # of the rows below `data`; None: `data` is the row
        if lists[-1]["kind"] == "scalar" or (len(lists) > 1 and self.paging != "two"):
            self.key = None
        self.model: str = lists[-1]["model"] if self.key else facts["data_model"]
        self.single: bool = lists[-1]["kind"] != "array"
        self.list_optional: bool = not lists[-1]["required"]  # assumed: left out if it is empty

    def read(self, query: Query) -> Any:
        """All rows, or the one object of an operation without a list."""
        if callable(self.rows):
            return self.rows(query)
        kind = self.rows or self.key or ""
        if self.ids:
            return query.children(kind, single=self.single)
        return getattr(query.workspace, kind)


@dataclass
class Stream:
    """A stream of the connector: which requests it sends and what it makes of a row.

    It sends one request for each parameter set of `partition` (by default for each parent that the
    path names) and puts the values of `adds` (by default the ids of the path) on the records.
    """

    name: str
    api: Operation
    partition: Partition | None = None
    adds: tuple[str, ...] | None = None
    shape: Callable[..., list[Json]] | None = None  # the records that a row becomes
    list_key: str | None = None  # of an operation with two lists
    beside: tuple[str, ...] = ()  # fields of the response that are beside the list
    may_lack: tuple[str, ...] = ()  # fields of the primary key that the API may leave out
    since: str = ""  # the time of a record, where the API also returns earlier ones

    def __post_init__(self) -> None:
        self.operation = self.api.name
        self.requests: Partition = self.partition or BY_IDS[self.api.ids]
        self.added = self.api.ids if self.adds is None else self.adds
