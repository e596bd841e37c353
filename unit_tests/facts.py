"""The facts of the API and the manifest's streams, side by side, for tests that compare them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from airbyte_cdk.sources.declarative.parsers.manifest_reference_resolver import (
    ManifestReferenceResolver,
)

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT / "unit_tests/resource/api_facts"
SCHEMAS = ROOT / "source_segment/schemas"
TEXT = (ROOT / "manifest.yaml").read_text()
MANIFEST: Json = ManifestReferenceResolver().preprocess_manifest(yaml.safe_load(TEXT))
STREAMS: dict[str, Json] = MANIFEST["definitions"]["streams"]
NAMES = list(STREAMS)


def endpoint(name: str) -> Json:
    """What is particular to a stream, its references resolved."""
    found: Json = STREAMS[name]["$parameters"]["endpoint"]
    return found


@cache
def source_lines() -> dict[str, list[str]]:
    """The lines of each stream in the manifest as it is written, from its name on."""
    block = TEXT.partition("\n  streams:\n")[2].partition("\nstreams:\n")[0]
    found: dict[str, list[str]] = {}
    for line in block.splitlines():
        if re.match(r"    \w", line):
            found[line.split(":")[0].strip()] = [line]
        elif line.strip() and not line.lstrip().startswith("#"):
            found[list(found)[-1]].append(line)
    return found


def operation(name: str) -> Json:
    """The facts about the operation that the comment behind a stream's name tells."""
    wanted = source_lines()[name][0].partition("#")[2].strip()
    return _operations().get(wanted, {})


@cache
def _operations() -> dict[str, Json]:
    table = json.loads((FACTS / "endpoints.json").read_text())["endpoints"]
    return {entry["operation_id"]: entry for entry in table}


def schema(name: str) -> Json:
    """The connector's schema of a stream."""
    found: Json = json.loads((SCHEMAS / f"{name}.json").read_text())
    return found


def model(name: str) -> Json:
    """A model of the API as a JSON schema; plain types are their own."""
    path = FACTS / "schemas" / f"{name}.json"
    found: Json = json.loads(path.read_text()) if path.exists() else {"type": name}
    return found
