"""What a complete sync must yield, computed from the workspace without server, pages or cursors.

Records are as the connector emits them with redaction off. Series and windows start at the later
of `start` and the oldest midnight that the API still answers (30 days of delivery overview, 14 of
delivery metrics) and end now, today included. Delivery summaries carry `startTime` and `endTime`
only if the caller passes the window that was asked for. A refused or unknown parent has no
records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from simulator.access import Access
from simulator.clock import iso
from simulator.endpoints import BY_NAME, Endpoint
from simulator.errors import ApiError
from simulator.resolvers import Query
from simulator.streams import PARTITIONS, STREAMS, Params, Span, Stream
from simulator.words import ZERO_TIME, Json
from simulator.workspace import Workspace

SUMMARY = "destination_delivery_metrics_summary"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def emitted(record: Json, may_lack: Iterable[str] = ()) -> Json:
    """A record as the connector emits it.

    Half a surrogate pair becomes U+FFFD and Go's zero time null; a field at the top level that is
    null is left out, or is the empty string if it belongs to the key (`may_lack`).
    """
    cleaned = {name: _cleaned(value) for name, value in record.items()}
    return dict.fromkeys(may_lack, "") | {k: v for k, v in cleaned.items() if v is not None}


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {_cleaned(name): _cleaned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    if isinstance(value, str):
        return None if value == ZERO_TIME else _HALF_PAIR.sub("\N{REPLACEMENT CHARACTER}", value)
    return value


class Truth:
    """The truth about a workspace at one moment; `window` is that of the delivery summaries."""

    def __init__(
        self,
        workspace: Workspace,
        access: Access,
        now: datetime,
        start: datetime,
        window: tuple[datetime, datetime] | None = None,
    ) -> None:
        self._workspace, self._access, self._window = workspace, access, window
        self._span = Span(start, now)
        self._known: dict[str, list[Json]] = {}

    def records(self, name: str) -> list[Json]:
        """All records of a stream."""
        if name not in self._known:
            self._known[name] = list(self._records(STREAMS[name]))
        return self._known[name]

    def requests(
        self, names: Iterable[str], page_size: int | None, page_cap: int | None
    ) -> dict[str, int]:
        """The least number of requests of each operation for these streams and their parents."""
        wanted = list(names)
        for name in wanted:
            wanted.extend(p for p in PARTITIONS[STREAMS[name].partition].parents if p not in wanted)
        counts: Counter[str] = Counter()
        for name in wanted:
            endpoint = BY_NAME[STREAMS[name].operation]
            size = min(page_size or endpoint.page_size, endpoint.max_count)
            size = min(size, page_cap or size)
            for params in self._asked(STREAMS[name]):
                counts[endpoint.name] += self._pages(STREAMS[name], endpoint, params, size)
        return dict(counts)

    def _records(self, stream: Stream) -> Iterator[Json]:
        endpoint = BY_NAME[stream.operation]
        for params in self._asked(stream):
            added = {name: params[name] for name in stream.added if name in params}
            if stream.name == SUMMARY and self._window is None:
                del added["startTime"], added["endTime"]
            query = self._query(endpoint, params)
            rows = self._rows(stream, endpoint, query)
            beside = endpoint.beside(query, rows) if endpoint.beside and rows else {}
            added |= {name: beside[name] for name in stream.beside if name in beside}
            for row in rows:
                for record in stream.shape(row) if stream.shape else [row]:
                    if not stream.since or record[stream.since] >= iso(self._span.start):
                        yield emitted({**record, **added}, stream.may_lack)

    def _asked(self, stream: Stream) -> Iterator[Params]:
        """The parameters of each request that the token may send."""
        endpoint = BY_NAME[stream.operation]
        for params in PARTITIONS[stream.partition].params(self.records, self._span):
            if stream.name == SUMMARY and self._window:
                params |= {"startTime": iso(self._window[0]), "endTime": iso(self._window[1])}
            if self._access.allows(endpoint, endpoint.path.format_map(params)):
                yield params

    def _query(self, endpoint: Endpoint, params: Params) -> Query:
        plain = set(re.findall(r"\{(\w+)\}", endpoint.path))
        plain |= {p.name for p in endpoint.params if not p.many}
        lists: dict[str, list[str]] = {}
        for name, value in params.items():
            if re.search(r"\.\d+$", name):
                lists.setdefault(name.rpartition(".")[0], []).append(value)
        chosen = {name: value for name, value in params.items() if name in plain}
        if endpoint.name == "listInsertFunctionInstances":
            listed, prefix = chosen["functionId"], self._workspace.insert_function_prefix
            chosen["functionId"] = listed.removeprefix(prefix)
        return Query(self._workspace, self._span.now, chosen, lists)

    def _rows(self, stream: Stream, endpoint: Endpoint, query: Query) -> list[Any]:
        try:
            rows = endpoint.rows(query)
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        if stream.prefix:
            return list(rows[stream.prefix])
        return [rows] if isinstance(rows, dict) else list(rows)

    def _pages(self, stream: Stream, endpoint: Endpoint, params: Params, page_size: int) -> int:
        if endpoint.paging in ("none", "first"):
            return 1
        rows = self._rows(stream, endpoint, self._query(endpoint, params))
        return max(1, -(-len(rows) // page_size))
