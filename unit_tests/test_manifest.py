"""What is true of each stream in the manifest: short, and as the facts of the API have it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from simulator.streams import STREAMS as SIMULATED
from unit_tests import facts
from unit_tests.facts import MANIFEST, NAMES
from unit_tests.issue import CORE

OWN_LINES, WIDTH = 10, 110


def paging(name: str) -> dict[str, int | None]:
    """Prefixes of the paging parameters that an operation takes, each with its largest page."""
    return {
        param["name"].removesuffix("count"): param["max"]
        for param in facts.operation(name)["query_params"]
        if re.search(r"(^|\.)count$", param["name"])
    }


def test_all_streams_are_declared_once_and_the_core_comes_first() -> None:
    listed = [reference["$ref"].rpartition("/")[2] for reference in _raw()["streams"]]

    assert listed == NAMES
    assert listed[:18] == CORE
    assert set(listed) == set(SIMULATED)
    assert len(listed) == 71


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_is_named_once(name: str) -> None:
    assert facts.STREAMS[name]["$parameters"]["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_stream_has_at_most_ten_lines_below_its_name(name: str) -> None:
    own = facts.source_lines()[name][1:]

    assert len(own) <= OWN_LINES, own


def test_no_line_is_packed() -> None:
    assert [line for line in facts.TEXT.splitlines() if len(line) > WIDTH] == []


@pytest.mark.parametrize("name", NAMES)
def test_path_and_record_key_are_those_of_the_operation(name: str) -> None:
    endpoint, fact = facts.endpoint(name), facts.operation(name)

    assert fact, "the comment behind the stream's name is no operation of the API"
    assert _without_names(endpoint["path"]) == _without_names(fact["path"])
    keys = {record["key"]: record["kind"] for record in fact["records"]}
    if key := endpoint.get("records"):
        assert keys[key] == ("object" if endpoint.get("single") else "array")
    else:
        assert "array" not in keys.values()


@pytest.mark.parametrize("name", NAMES)
def test_paging_is_that_of_the_operation(name: str) -> None:
    endpoint, allowed = facts.endpoint(name), paging(name)

    prefix = endpoint.get("paging", "pagination.")
    if facts.operation(name)["response_pagination"] == "absent":
        assert prefix is None
        most = {f"{sent}count": str(count) for sent, count in allowed.items()}
        assert most.items() <= endpoint.get("params", {}).items()
        return
    assert prefix in allowed
    assert endpoint.get("max_page_size", 1000) == allowed[prefix]
    assert endpoint.get("page_size", 200) in (200, 1000, allowed[prefix])


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_known_to_the_operation(name: str) -> None:
    fact = facts.operation(name)
    known = {param["name"]: param for param in fact["query_params"]}

    sent = {
        re.sub(r"\.\d+$", "", field): value
        for field, value in facts.endpoint(name).get("params", {}).items()
    }
    router = facts.STREAMS[name]["retriever"].get("partition_router", {})
    sent |= dict.fromkeys([router["cursor_field"]] if "values" in router else [], "{}")
    assert sent.keys() <= known.keys()
    assert {field for field, param in known.items() if param["required"]} <= sent.keys()
    for field, value in sent.items():
        if "{" not in value:
            assert value in known[field].get("enum", [value])


@pytest.mark.parametrize("name", NAMES)
def test_what_needs_a_feature_says_so(name: str) -> None:
    if facts.operation(name)["plan_feature"]:
        assert facts.endpoint(name)["requires"]


def test_concurrency_is_declared() -> None:
    level = MANIFEST["concurrency_level"]

    assert "num_workers" in level["default_concurrency"]
    assert level["max_concurrency"] == 40


def _raw() -> Any:
    return yaml.safe_load(facts.TEXT)


def _without_names(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)
