"""Read one page of each stream, through the connector."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from integration_tests.live.client import Client, NotTried
from source_segment.source import SourceSegment

Json = dict[str, Any]
KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


@dataclass
class Page:
    """A response to a request of a stream."""

    declared: Json  # the stream in the manifest
    slice: Json
    response: requests.Response
    records: list[Json] = field(default_factory=list)  # what the connector makes of the rows

    def __post_init__(self) -> None:
        parameters, paginator = self.declared["$parameters"], self.declared["retriever"].get("paginator", {})
        self.name, key, self.requires = (parameters[name] for name in ("name", "records", "requires"))
        self.count = paginator.get("page_size_option", {}).get("field_name", "")  # name of the parameter
        url = urlsplit(str(self.response.url))
        self.path, self.params = url.path, dict(parse_qsl(url.query))
        self.status, self.result = self.response.status_code, f"HTTP {self.response.status_code}"
        self.body: Json = {}
        with suppress(ValueError, TypeError):
            self.body = dict(self.response.json())
        self.data: Json = self.body.get("data") or {}
        found = self.data.get(key) if key else self.data
        self.rows: list[Any] = found if isinstance(found, list) else [found] if found else []
        name = self.count.rpartition(".")[0] or "pagination"
        self.place = "inside data" if name in self.data else "beside data" if name in self.body else "none"
        pagination = self.data.get(name, self.body.get(name))
        value = (pagination or {}).get("next", ...)
        kind = "absent" if value is ... else "empty" if value == "" else KINDS.get(type(value), "null")
        self.next = kind if pagination is not None else "no pagination"


class Workspace:
    """The streams of a workspace, with the `pages` read, hashes of an `earlier` run, and those `kept` for the next."""

    def __init__(self, config: Json, max_requests: int = 200, slow: bool = False, earlier: Json | None = None) -> None:
        source = SourceSegment(config=config, command="discover")
        self.streams = {stream.name: stream for stream in source.streams(config)}
        manifest: Any = source.resolved_manifest
        self.declared = {stream["$parameters"]["name"]: stream for stream in manifest["streams"]}
        policies = manifest["api_budget"]["policies"][:-1]  # the last one is for all other operations
        limits = {policy["matchers"][0]["url_path_pattern"]: policy["rates"][0]["limit"] for policy in policies}
        self.client, self.slow = Client(config["api_url"], limits, max_requests), slow
        self.token, self.earlier, self.kept = config["api_token"], earlier or {}, dict[str, Json]()
        self.pages: dict[str, list[Page]] = {name: [] for name in self.streams}
        self.partitions = {name: islice(stream.generate_partitions(), 3) for name, stream in self.streams.items()}

    def read(self, name: str) -> Iterator[Page]:
        """The first page of a stream, for each of its first three parents; raises NotTried."""
        if "requests_per_minute" in str(self.declared[name]) and not self.slow:
            raise NotTried("limited to two requests a minute: set SLOW=1")
        yield from list(self.pages[name])
        returned = self.client.returned
        for partition in self.partitions[name]:
            before, records = len(returned), list[Json]()
            try:
                for record in partition.read():
                    if returned[-1].url != returned[before].url:
                        break  # this is the second page
                    records.append(dict(record.data))
            except Exception:  # of the connector, for a response of which `Page` has more to say
                if len(returned) == before:
                    raise
            [*_, response] = (response for response in returned[before:] if response.url == returned[before].url)
            self.pages[name].append(Page(self.declared[name], dict(partition.to_slice() or {}), response, records))
            yield self.pages[name][-1]

    def again(self, page: Page, changes: Json, token: str = "") -> Page:
        """The response to the same request with other parameters, or without one (None); raises NotTried."""
        params = {name: value for name, value in (page.params | changes).items() if value is not None}
        return replace(page, response=self.client.get(page.path, params, token or self.token), records=[])

    def first(self, name: str, rows: int = 1) -> Page:
        """The first page of a stream with so many rows, or else the last one if 0; raises NotTried."""
        page = None
        for page in self.read(name):
            if len(page.rows) >= max(rows, 1):
                return page
        if page is None or rows:
            raise NotTried(f"{name}: {page.result}, fewer than {rows} rows" if page else f"{name}: no parent")
        return page
