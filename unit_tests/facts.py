"""The facts of the API beside the manifest's streams, for tests that compare them."""

import json
from functools import cache

from scripts import catalog
from scripts.catalog import ROOT as ROOT
from scripts.catalog import SCHEMAS as SCHEMAS
from scripts.catalog import Json

FACTS = ROOT / "unit_tests/resource/api_facts"
TEXT = catalog.MANIFEST.read_text()
MANIFEST: Json = catalog.manifest()
STREAMS: dict[str, Json] = MANIFEST["definitions"]["streams"]
NAMES = list(catalog.streams())


@cache
def operations() -> dict[str, Json]:
    """The GET operations of the API by name."""
    table = json.loads((FACTS / "endpoints.json").read_text())["endpoints"]
    return {entry["operation_id"]: entry for entry in table if entry["method"] == "GET"}


def operation(name: str) -> Json:
    """The facts about the operation that a stream names in its comment; empty if there is none."""
    return operations().get(catalog.streams()[name].operation, {})


def schema(name: str) -> Json:
    """The connector's schema of a stream."""
    return catalog.streams()[name].schema


def model(name: str) -> Json:
    """A model of the API as a JSON schema; a plain type is its own schema."""
    path = FACTS / "schemas" / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {"type": name}
