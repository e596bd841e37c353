"""Each record of each stream fits its schema, and has no field that the schema lacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from unit_tests import facts
from unit_tests.connector import Connector, Json, Output
from unit_tests.facts import NAMES

Connect = Callable[..., Connector]
checker = FormatChecker(formats=())


@checker.checks("date-time", raises=ValueError)
def is_date_time(text: object) -> bool:
    """Whether this is a date-time with a zone, as warehouses parse it."""
    if not isinstance(text, str):
        return True
    whole = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", text)
    return bool(whole and datetime.fromisoformat(text))


@checker.checks("date", raises=ValueError)
def is_date(text: object) -> bool:
    """Whether this is a date and nothing more."""
    if not isinstance(text, str):
        return True
    return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text))


def unknown(value: Any, schema: Json, path: str = "") -> Iterator[str]:
    """The paths of fields that a schema does not declare; free-form objects may hold any."""
    if isinstance(value, list):
        for one in value:
            yield from unknown(one, schema.get("items", {}), f"{path}[]")
    elif isinstance(value, dict) and "properties" in schema:
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from unknown(inner, schema["properties"][name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Output:
    """One sync of all streams of a small workspace."""
    from simulator import Simulator
    from unit_tests.conftest import NOW

    with pytest.MonkeyPatch.context() as patch, Simulator(size="small", now=NOW) as sim:
        patch.setattr("source_segment.components.Pacer.MINUTE", 0.05)
        found = Connector(tmp_path_factory.mktemp("sync"), sim, NOW).read(NAMES)
    assert found.code == 0, found.errors
    return found


@pytest.mark.parametrize("stream", NAMES)
def test_records_fit(output: Output, stream: str) -> None:
    schema = facts.schema(stream)
    validator = Draft7Validator(schema, format_checker=checker)

    assert output.records[stream]
    for record in output.records[stream]:
        assert [error.message for error in validator.iter_errors(record)] == []
        assert list(unknown(record, schema)) == []


@pytest.mark.parametrize("stream", NAMES)
def test_primary_keys_tell_records_apart(output: Output, stream: str) -> None:
    key = facts.STREAMS[stream]["primary_key"]
    found = [tuple(record.get(field) for field in key) for record in output.records[stream]]

    assert len(set(found)) == len(found)
