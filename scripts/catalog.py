"""The streams, as the manifest, the schemas and the metadata declare them."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "manifest.yaml"
SCHEMAS = ROOT / "source_segment" / "schemas"
# What names a field that partitions add to the records, in a retriever with its parents.
_PARTITION_FIELD = re.compile(r'"(?:partition_field|cursor_field)": "(\w+)"')


@dataclass(frozen=True)
class Parent:
    """The parent stream of a child: `field` of its records becomes `partition` of the child."""

    stream: str
    field: str
    partition: str


@dataclass(frozen=True)
class Stream:
    """A stream of the manifest; `group` and `operation` come from its comments."""

    name: str
    family: str
    group: str
    operation: str
    key: tuple[str, ...]
    path: str  # with the partition's fields in braces: /sources/{sourceId}
    records: str  # the key below `data`; empty if `data` itself is the record
    requires: str
    limit: int | None  # requests a minute, where the operation has a limit of its own
    params: tuple[str, ...]  # parameters of a request, but for those of the paging
    page_size: int | None
    extractor: Json
    added: tuple[str, ...]  # fields that the connector adds to those of the API's record
    schema: Json
    cursor: str | None
    parent: Parent | None
    suggested: bool


@cache
def manifest() -> Json:
    """The manifest with its references resolved."""
    return dict(ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(MANIFEST.read_text())))


@cache
def streams() -> dict[str, Stream]:
    """All streams in the manifest's order."""
    metadata = safe_load_yaml((ROOT / "metadata.yaml").read_text())
    suggested = set(metadata["data"]["suggestedStreams"]["streams"])
    declared = safe_load_yaml(MANIFEST.read_text())["definitions"]["streams"]
    return {
        name: _stream(
            manifest()["definitions"]["streams"][name],
            family=declared[name]["$ref"].rpartition("/")[2],
            group=group,
            operation=operation,
            suggested=name in suggested,
        )
        for name, (group, operation) in _comments().items()
    }


def families() -> dict[str, str]:
    """Each family of streams and the comment that explains it, in the manifest's order."""
    text = MANIFEST.read_text().partition(" 2. families\n")[2].partition("\n  streams:\n")[0]
    return dict(re.findall(r"^  (\w+): # (.+)$", text, re.MULTILINE))


def _comments() -> dict[str, tuple[str, str]]:
    """Group and operation of each stream."""
    found, group = {}, ""
    for line in MANIFEST.read_text().splitlines():
        if match := re.fullmatch(r"    # --- (.+)", line):
            group = match[1]
        elif match := re.fullmatch(r"    (\w+): # (\w+)", line):
            found[match[1]] = group, match[2]
    return found


def _stream(entry: Json, **comments: Any) -> Stream:
    parameters, retriever = entry["$parameters"], entry["retriever"]
    requester = retriever["requester"]
    path = requester["path"].replace("{{ parameters['path'] }}", parameters["path"])
    path = re.sub(r"\{\{\s*stream_\w+(?:\.\w+)*\.(\w+) \|.*?\}\}", r"{\1}", path, flags=re.DOTALL)
    cursor, routers = entry.get("incremental_sync", {}), retriever.get("partition_router", [])
    routers = routers if isinstance(routers, list) else [routers]
    options = [router.get("request_option") for router in routers]
    options += [cursor.get("start_time_option"), cursor.get("end_time_option")]
    parents = [
        Parent(config["stream"]["$parameters"]["name"], config["parent_key"], config["partition_field"])
        for router in routers
        for config in router.get("parent_stream_configs", ())
    ]
    schema = json.loads((SCHEMAS / f"{parameters['name']}.json").read_text())
    extractor = retriever["record_selector"]["extractor"]
    added = {*extractor.get("request_fields", ()), *extractor.get("fields_beside", ())}
    added |= {*_PARTITION_FIELD.findall(json.dumps(retriever)), cursor.get("partition_field_start")}
    return Stream(
        name=parameters["name"],
        key=tuple(parameters["primary_key"]),
        path=path,
        records=parameters["records"],
        requires=parameters["requires"],
        limit=_limit(re.sub(r"\{\w+\}", "id", path)),
        params=(*requester.get("request_parameters", ()), *(o["field_name"] for o in options if o)),
        page_size=retriever["paginator"].get("pagination_strategy", {}).get("page_size"),
        extractor=extractor,
        added=tuple(name for name in schema["properties"] if name in added),
        schema=schema,
        cursor=cursor.get("cursor_field"),
        parent=parents[0] if parents else None,
        **comments,
    )


def _limit(path: str) -> int | None:
    """The limit of the budget's policy for a path."""
    for policy in manifest()["api_budget"]["policies"]:
        if any(re.search(matcher["url_path_pattern"], path) for matcher in policy["matchers"]):
            return int(policy["rates"][0]["limit"])
    return None
