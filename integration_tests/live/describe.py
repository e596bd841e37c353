"""Describe the records of a stream without their values: names of fields, types, formats and counts."""

import json
import re
from collections import Counter, defaultdict

from integration_tests.live.streams import KINDS, Json, Workspace


def masked(name: object) -> str:
    """A name that the API gives; what may be a value of the workspace is masked."""
    return str(name) if re.fullmatch(r"[A-Za-z][A-Za-z-]{0,40}", str(name)) else "(masked)"


def describe(workspace: Workspace, name: str) -> Json:
    """What a page of a stream and a page of one row are like, and how the records differ from the schema."""
    page, rows = workspace.first(name, rows=0), None
    if page.count and len(page.rows) > 1:
        rows = len(workspace.again(page, {page.count: 1}).rows)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    compare(page.records, {"items": workspace.streams[name].get_json_schema()}, "", found)
    parameters = page.declared["$parameters"]
    keys = [[record.get(part, "") for part in parameters["primary_key"]] for record in page.records]
    return {
        "result": page.result,
        "error_type": next((masked(error.get("type")) for error in page.body.get("errors", [])), None),
        "has_list": parameters["records"] in ("", *page.data),
        "pagination": page.place,
        "next": page.next,
        "records": len(page.records),
        "rows_of_a_page_of_one": rows,
        "unknown_fields": sorted(found["unknown"]),
        "fields_that_never_came": sorted(found["declared"].keys() - found["present"].keys()),
        "other_types": dict(found["types"]),
        "time_formats": dict(found["formats"]),
        "empty_key_parts": sum("" in key or None in key for key in keys),
        "repeated_keys": len(keys) - len(set(map(json.dumps, keys))),
    }


def compare(value: object, schema: Json, path: str, found: dict[str, Counter[str]]) -> None:
    """Add the differences of a value from its schema; an object without declared fields is not entered."""
    kind, allowed, declared = KINDS.get(type(value), "null"), schema.get("type", []), schema.get("properties", {})
    found["present" if kind != "null" else "null"][path] += 1
    if allowed and kind not in (*[allowed] * isinstance(allowed, str), *allowed, *["integer"] * ("number" in allowed)):
        found["types"][f"{path}: {kind}"] += 1
    elif isinstance(value, list):
        for item in value:
            compare(item, schema.get("items", {}), path, found)
    elif isinstance(value, dict) and declared:
        prefix = f"{path}." if path else ""
        found["unknown"].update(prefix + masked(name) for name in value.keys() - declared.keys())
        found["declared"].update(prefix + name for name in declared)
        for name in value.keys() & declared.keys():
            compare(value[name], declared[name], prefix + name, found)
    elif isinstance(value, str) and "format" in schema:
        shape = re.sub(r"\d", "9", value) if re.fullmatch(r"[\dTZ:.+-]{1,40}", value) else "(masked)"
        found["formats"][f"{path}: {shape}"] += 1
