"""What a complete sync must yield, computed from the workspace without server, pages or cursors.

Records are as the connector emits them with redaction off. Series and windows start at the later
of `start` and the oldest midnight that the API still answers (30 days of delivery overview, 14 of
delivery metrics) and end now, today included. Delivery summaries have `startTime` and `endTime`
only if the caller passes the window of the request. A refused or unknown parent has no records.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized
from datetime import datetime
from typing import Any

from simulator.access import Access
from simulator.clock import iso
from simulator.errors import ApiError
from simulator.objects import Objects
from simulator.operations import Operation, Stream
from simulator.partitions import Params, Span
from simulator.query import Query
from simulator.streams import STREAMS
from simulator.values import ZERO_TIME, Json

Window = tuple[datetime, datetime]
_HALF_PAIR = re.compile("[\ud800-\udfff]")
SUMMARY = "destination_delivery_metrics_summary"


class Truth:
    """The truth about a workspace at one moment; `window` is that of the delivery summaries."""

    def __init__(
        self,
        workspace: Objects,
        access: Access,
        now: datetime,
        start: datetime,
        window: Window | None = None,
    ) -> None:
        self._workspace, self._access, self._window = workspace, access, window
        self._span = Span(start, now)
        self._known: dict[str, list[Json]] = {}

    def records(self, name: str) -> list[Json]:
        """All records of a stream."""
        if name not in self._known:
            self._known[name] = list(self._records(STREAMS[name]))
        return self._known[name]

    def requests(self, names: Iterable[str], page_size: int | None, page_cap: int | None = None) -> dict[str, int]:
        """The least number of requests of each operation for these streams and their parents.

        Pages have `page_size` rows (by default as many as a sensible client asks for), but no more
        than the operation and `page_cap` allow.
        """
        wanted = list(names)
        for name in wanted:
            wanted.extend(p for p in STREAMS[name].requests.parents if p not in wanted)
        counts: Counter[str] = Counter()
        for name in wanted:
            api = STREAMS[name].api
            size = min(page_size or api.page_size, api.max_count, page_cap or api.max_count)
            for params in self._params(STREAMS[name]):
                rows: Sized = ()
                if api.paging not in ("none", "first"):
                    rows = self._rows(STREAMS[name], self._query(api, params))
                counts[api.name] += max(1, -(-len(rows) // size))
        return dict(counts)

    def _records(self, stream: Stream) -> Iterator[Json]:
        for params in self._params(stream):
            added = {name: params[name] for name in stream.added if name in params}
            if stream.name == SUMMARY and self._window is None:
                del added["startTime"], added["endTime"]
            query = self._query(stream.api, params)
            rows = self._rows(stream, query)
            beside = stream.api.beside(query, rows) if stream.api.beside and rows else {}
            added |= {name: beside[name] for name in stream.beside if name in beside}
            for row in rows:
                for record in stream.shape(row) if stream.shape else [row]:
                    if not stream.since or record[stream.since] >= iso(self._span.start):
                        yield emitted(record | added, stream.may_lack)

    def _params(self, stream: Stream) -> Iterator[Params]:
        """The parameters of each request that the token may send."""
        for params in stream.requests.params(self.records, self._span):
            if stream.name == SUMMARY and self._window:
                params |= {"startTime": iso(self._window[0]), "endTime": iso(self._window[1])}
            if self._access.allows(stream.api, stream.api.path.format_map(params)):
                yield params

    def _query(self, api: Operation, params: Params) -> Query:
        plain = {*api.ids, *(param.name for param in api.params if not param.many)}
        lists: dict[str, list[str]] = {}
        for name, value in params.items():
            if re.search(r"\.\d+$", name):
                lists.setdefault(name.rpartition(".")[0], []).append(value)
        chosen = {name: value for name, value in params.items() if name in plain}
        if api.name == "listInsertFunctionInstances":
            listed, prefix = chosen["functionId"], self._workspace.insert_function_prefix
            chosen["functionId"] = listed.removeprefix(prefix)
        return Query(self._workspace, self._span.now, api.ids, chosen, lists)

    def _rows(self, stream: Stream, query: Query) -> Sequence[Any]:
        try:
            rows = stream.api.read(query)
        except ApiError as error:
            if error.status == 404:
                return []
            raise
        if stream.list_key:
            return list(rows[stream.list_key])
        return [rows] if isinstance(rows, dict) else rows


def emitted(record: Json, may_lack: Iterable[str] = ()) -> Json:
    """A record as the connector emits it.

    Half a surrogate pair becomes U+FFFD and Go's zero time null. A field at the top level that is
    null is left out, or is the empty string if it belongs to the primary key (`may_lack`).
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
