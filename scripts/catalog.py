"""What manifest, schemas and metadata say of each stream, in one place for the other scripts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import (
    ManifestReferenceResolver,
)
from airbyte_cdk.utils.yaml_loader import safe_load_yaml

from source_segment import components

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "manifest.yaml"
SCHEMAS = ROOT / "source_segment" / "schemas"


@dataclass(frozen=True)
class Parent:
    """The stream that partitions come from: `field` of it becomes `partition` of the child."""

    stream: str
    field: str
    partition: str


@dataclass(frozen=True)
class Stream:
    """A stream: `group` and `operation` are the comments around its entry in the manifest."""

    name: str
    family: str
    group: str
    operation: str
    key: tuple[str, ...]
    endpoint: Json
    schema: Json
    cursor: str | None
    parent: Parent | None
    suggested: bool

    @property
    def added(self) -> dict[str, str]:
        """What is put on each record: field and template."""
        return components.added(self.endpoint)

    @property
    def page_size(self) -> int:
        """Records a page when the option `page_size` is not set."""
        size = self.endpoint.get("page_size", 200)
        return int(min(size, self.endpoint.get("max_page_size", 1000)))


@cache
def manifest() -> Json:
    """The manifest with its references resolved."""
    return dict(ManifestReferenceResolver().preprocess_manifest(safe_load_yaml(_text())))


@cache
def streams() -> dict[str, Stream]:
    """All streams in the manifest's order."""
    metadata = safe_load_yaml((ROOT / "metadata.yaml").read_text())
    suggested = set(metadata["data"]["suggestedStreams"]["streams"])
    places, declared = _places(), safe_load_yaml(_text())["definitions"]["streams"]
    found = {}
    for entry in manifest()["streams"]:
        name = entry["$parameters"]["name"]
        found[name] = Stream(
            name=name,
            family=declared[name]["$ref"].rpartition("/")[2],
            group=places[name][0],
            operation=places[name][1],
            key=tuple(entry["primary_key"]),
            endpoint=entry["$parameters"]["endpoint"],
            schema=json.loads((SCHEMAS / f"{name}.json").read_text()),
            cursor=entry.get("incremental_sync", {}).get("cursor_field"),
            parent=_parent(entry),
            suggested=name in suggested,
        )
    return found


def families() -> dict[str, str]:
    """Each family of streams and the comment that explains it, in the manifest's order."""
    return dict(re.findall(r"^  (\w+_(?:stream|child|series)): # (.+)$", _text(), re.MULTILINE))


def _text() -> str:
    return MANIFEST.read_text()


def _places() -> dict[str, tuple[str, str]]:
    """Group and operation of each stream, which the manifest tells in comments."""
    found, group = {}, ""
    for line in _text().splitlines():
        if match := re.fullmatch(r"    # --- (.+)", line):
            group = match[1]
        elif match := re.fullmatch(r"    (\w+): # (\w+)", line):
            found[match[1]] = group, match[2]
    return found


def _parent(entry: Json) -> Parent | None:
    router = entry["retriever"].get("partition_router", {})
    if "parent_stream_configs" not in router:
        return None
    config = router["parent_stream_configs"][0]
    name = config["stream"]["$parameters"]["name"]
    return Parent(name, config["parent_key"], config["partition_field"])
