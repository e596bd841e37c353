"""The streams, as the manifest, the schemas and the metadata declare them."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import ManifestReferenceResolver
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "manifest.yaml"
SCHEMAS = ROOT / "source_segment" / "schemas"


class Parent(NamedTuple):
    """The parent stream of a child: `field` of its records becomes `partition` of the child."""

    stream: str
    field: str
    partition: str


@dataclass(frozen=True)
class Stream:
    """A stream of the manifest; `group` and `operation` come from its comments."""

    name: str
    group: str
    operation: str
    key: tuple[str, ...]
    path: str  # with the partition's fields in braces: /sources/{sourceId}
    records: str  # the key below `data`; empty if `data` itself is the record
    requires: str
    limit: int | None  # requests a minute, where the operation has a limit of its own
    page_size: int | None
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
    suggested, found, group = metadata["data"]["suggestedStreams"]["streams"], {}, ""
    for line in MANIFEST.read_text().splitlines():
        if match := re.fullmatch(r"    # --- (.+)", line):
            group = match[1]
        elif match := re.fullmatch(r"    (\w+): # (\w+)", line):
            entry = manifest()["definitions"]["streams"][match[1]]
            found[match[1]] = _stream(entry, group=group, operation=match[2], suggested=match[1] in suggested)
    return found


def _stream(entry: Json, **comments: Any) -> Stream:
    parameters, retriever = entry["$parameters"], entry["retriever"]
    path = retriever["requester"]["path"].replace("{{ parameters['path'] }}", parameters["path"])
    path = re.sub(r"\{\{\s*stream_\w+(?:\.\w+)*\.(\w+) \|.*?\}\}", r"{\1}", path, flags=re.DOTALL)
    routers = retriever.get("partition_router", [])
    parents = [
        Parent(config["stream"]["$parameters"]["name"], config["parent_key"], config["partition_field"])
        for router in (routers if isinstance(routers, list) else [routers])
        for config in router.get("parent_stream_configs", ())
    ]
    return Stream(
        name=parameters["name"],
        key=tuple(parameters["primary_key"]),
        path=path,
        records=parameters["records"],
        requires=parameters["requires"],
        limit=_limit(re.sub(r"\{\w+\}", "id", path)),
        page_size=retriever["paginator"].get("pagination_strategy", {}).get("page_size"),
        schema=json.loads((SCHEMAS / f"{parameters['name']}.json").read_text()),
        cursor=entry.get("incremental_sync", {}).get("cursor_field"),
        parent=parents[0] if parents else None,
        **comments,
    )


def _limit(path: str) -> int | None:
    """The limit of the budget's policy for a path."""
    for policy in manifest()["api_budget"]["policies"]:
        if any(re.search(matcher["url_path_pattern"], path) for matcher in policy["matchers"]):
            return int(policy["rates"][0]["limit"])
    return None
