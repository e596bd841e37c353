"""What every family of streams is tested for: records, requests, primary keys and schemas."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote

import pytest
from jsonschema import Draft7Validator

from scripts import catalog
from simulator import Request, Simulator
from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.connector import START, Connector, Json, Output, same

Connect = Callable[..., Connector]
Sync = tuple[Simulator, Output]
Requests = dict[str, tuple[str, str | list[str]]]
Url = tuple[str, tuple[tuple[str, str], ...]]  # the path as it is sent, and the sorted parameters
PATTERNS = {"date": r"^\d{4}-\d\d-\d\d$", "date-time": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


class StreamTests:
    """One sync of a family of streams, page by page, from a small workspace with awkward ids."""

    # Stream: its parent stream ("" for none), and its requests, with the fields of the parent's records in braces.
    # `{now}` is the time of the sync, 2026-03-15T12:30.
    REQUESTS: ClassVar[Requests]
    PAGE_CAP: ClassVar[int] = 2
    result: ClassVar[Sync]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "stream" in metafunc.fixturenames:
            metafunc.parametrize("stream", self.REQUESTS)

    @pytest.fixture
    def sync(self, connect: Connect) -> Sync:
        """The simulator and the output of one sync, which all tests of the class share."""
        if "result" not in vars(type(self)):
            connector = connect(size="small", awkward=True, page_cap=self.PAGE_CAP)
            type(self).result = connector.sim, connector.read(self.REQUESTS)
        return type(self).result

    def test_records_equal_the_truth(self, sync: Sync, stream: str) -> None:
        sim, output = sync

        assert output.code == 0, output.errors
        assert output.status(stream) == "COMPLETE"
        assert output.records[stream]
        assert_true(sim, stream, output.records[stream])

    def test_requests_are_complete_and_sent_once(self, sync: Sync, stream: str) -> None:
        sim, output = sync
        operation = STREAMS[stream].operation
        expected = {
            url for name in self.REQUESTS if STREAMS[name].operation == operation for url in self.urls(sim, name)
        }
        sent = Counter(
            (request.raw_path, url(request)) for request in output.requests if request.operation == operation
        )

        assert expected.issuperset(self.urls(sim, stream))
        assert {first_page for _, first_page in sent} == expected
        # The pages of a parent are cached, but streams that need one at the same time may each send the request.
        assert max(sent.values()) <= len(self.readers(stream))

    def test_nothing_else_is_requested_or_emitted(self, sync: Sync) -> None:
        needed = list(self.REQUESTS)
        for name in needed:
            needed += [parent.stream for parent in [catalog.streams()[name].parent] if parent]

        assert set(sync[1].asked()) == {STREAMS[name].operation for name in needed}
        assert sync[1].records.keys() == sync[1].states.keys() == self.REQUESTS.keys()

    def test_primary_keys_are_unique_and_never_null(self, sync: Sync, stream: str) -> None:
        keys = [tuple(row[field] for field in catalog.streams()[stream].key) for row in sync[1].records[stream]]

        assert None not in [value for key in keys for value in key]
        assert len(set(keys)) == len(keys)

    def test_records_fit_the_schema(self, sync: Sync, stream: str) -> None:
        validator = Draft7Validator(strict(catalog.streams()[stream].schema))

        assert [error.message for row in sync[1].records[stream] for error in validator.iter_errors(row)] == []

    def urls(self, sim: Simulator, stream: str) -> set[Url]:
        """The requests of a stream, without those for further pages."""
        parent, templates = self.REQUESTS[stream]
        found = set()
        for row in self.parents(sim, stream, parent):
            values = {name: value for name, value in row.items() if value != ""} | {"now": "now"}
            encoded = {name: quote(str(value), safe="") for name, value in values.items()}
            for template in [templates] if isinstance(templates, str) else templates:
                path, _, query = template.partition("?")
                with suppress(KeyError):  # below a parent without the field nothing can be requested
                    params = sorted((name, value.format_map(values)) for name, value in parse_qsl(query))
                    found.add((path.format_map(encoded), tuple(params)))
        return found

    def parents(self, sim: Simulator, stream: str, parent: str) -> list[Json]:
        """The records below which a stream reads."""
        return sim.truth(parent, START) if parent else [{}]

    def readers(self, stream: str) -> list[str]:
        """The streams of the family that need the pages of this one: itself, its children and theirs."""
        found = [stream]
        for one in found:
            found += [name for name, (parent, _) in self.REQUESTS.items() if parent == one]
        return found


def assert_true(sim: Simulator, stream: str, records: Iterable[Json]) -> None:
    """Assert that records are what is true now; the truth does not know the bounds of a summary."""
    bounds = {"startTime", "endTime"} if stream == SUMMARY else set()
    same(({name: row[name] for name in row.keys() - bounds} for row in records), sim.truth(stream, START))


def url(request: Request) -> Url:
    """A request without the cursor of its page, with `now` for the time of the sync."""
    query = [(name, value) for name, value in request.query if not name.endswith("cursor")]
    now = re.compile(r"2026-03-15T12:3\d:\d\d\.\d{3}Z")
    return request.raw_path.partition("?")[0], tuple(sorted((name, now.sub("now", value)) for name, value in query))


def strict(schema: Any) -> Any:
    """A schema that admits declared fields only, and dates and times only as warehouses parse them."""
    if not isinstance(schema, dict):
        return schema
    found = {name: strict(part) for name, part in schema.items()}
    if "properties" in schema:
        found["additionalProperties"] = False
    if isinstance(schema.get("format"), str):
        found["pattern"] = PATTERNS[schema["format"]]
    return found
