"""What must be true of the manifest, beside the facts of the API, and the size of the package."""

import re

import pytest
import yaml

from scripts import catalog
from simulator.streams import STREAMS as SIMULATED
from source_segment import components
from unit_tests import facts
from unit_tests.facts import MANIFEST, NAMES, ROOT
from unit_tests.issue import CORE, KEYS

CUSTOM = {  # each class, and the stock type whose place it takes
    "SegmentErrorHandler": "CustomErrorHandler",
    "SegmentJsonDecoder": "CustomDecoder",
    "SegmentRecordExtractor": "CustomRecordExtractor",
    "DistinctParentRouter": "CustomPartitionRouter",
    "StateStart": "CustomStateMigration",
    "StartDateValidator": "CustomValidationStrategy",
    "AddParentIds": "CustomTransformation",
}
stream_names = pytest.mark.parametrize("name", NAMES)


def without_names(path: str) -> str:
    """A path with the same word in place of each id."""
    return re.sub(r"\{\w+\}", "{}", path)


def test_streams_are_declared_once_and_the_core_comes_first() -> None:
    listed = [reference.rpartition("/")[2] for reference in yaml.safe_load(facts.TEXT)["streams"]]

    assert listed == NAMES == list(facts.STREAMS)
    assert listed[: len(CORE)] == CORE
    assert set(listed) == set(SIMULATED)


def test_nothing_is_custom_but_the_components() -> None:
    module = r"source_declarative_manifest\.components\."
    found = re.findall(rf"type: (Custom\w+)\n +class_name: {module}(\w+)", facts.TEXT)

    assert {name: kind for kind, name in found} == CUSTOM
    assert len(found) == len(re.findall("type: Custom|class_name", facts.TEXT)) / 2
    assert all(hasattr(components, name) for name in CUSTOM)


def test_no_line_is_over_120_characters() -> None:
    assert [n for n, line in enumerate(facts.TEXT.splitlines(), 1) if len(line) > 120] == []


def test_package_stays_small() -> None:
    lines = {path.name: len(path.read_text().splitlines()) for path in (ROOT / "source_segment").rglob("*.py")}

    assert lines["components.py"] <= 400
    assert sum(lines.values()) <= 500, lines


@stream_names
def test_path_and_records_are_those_of_the_operation(name: str) -> None:
    stream, fact = catalog.streams()[name], facts.operation(name)

    assert fact, "the comment behind the stream's name is no operation of the API"
    assert without_names(stream.path) == without_names(fact["path"])
    if stream.records:
        assert stream.records in {record["key"] for record in fact["records"]}
    else:
        assert "array" not in {record["kind"] for record in fact["records"]}
    ids = re.findall(r"{{(.+?)}}", facts.STREAMS[name]["retriever"]["requester"]["path"], re.DOTALL)
    assert {one.strip() for one in ids if "urlencode | replace('/', '%2F')" not in one} <= {"parameters['path']"}
    assert bool(stream.requires) >= bool(fact["plan_feature"])
    counts = [param["max"] for param in fact["query_params"] if param["name"].endswith("count")]
    assert all((stream.page_size or 0) <= largest for largest in counts)


@stream_names
def test_key_and_cursor_are_fields(name: str) -> None:
    stream = catalog.streams()[name]

    assert list(stream.key) == KEYS.get(name, list(stream.key))
    assert {*stream.key, *filter(None, [stream.cursor])} <= stream.schema["properties"].keys()


def test_each_limit_of_an_operation_has_a_policy_of_its_own() -> None:
    paths = {name: re.sub(r"\{\w+\}", "an%2Fid", fact["path"]) for name, fact in facts.operations().items()}
    read = {stream.operation for stream in catalog.streams().values()}
    documented = {name: facts.operations()[name]["rate_limit_per_minute"] for name in read}
    *policies, others = MANIFEST["api_budget"]["policies"]
    found = {}
    for policy in policies:
        [matcher], [rate] = policy["matchers"], policy["rates"]
        [name] = [name for name, path in paths.items() if re.search(matcher["url_path_pattern"], path)]
        found[name] = rate["limit"]
        assert rate["interval"] == "PT61S"

    assert found == {name: limit for name, limit in documented.items() if limit != "default"}
    assert others["matchers"] == []
