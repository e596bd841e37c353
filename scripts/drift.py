"""Compare what the connector knows of the API with a copy of the API's facts.

`make drift FACTS=folder` takes a folder with `endpoints.json` (the GET operations) and `schemas/`
(one JSON schema a model), by default the copy among the tests. It prints operations and fields
that are new, gone or different, one a line, and exits with 1 if there are any.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts import catalog
from scripts.catalog import ROOT, Json, Stream
from simulator.endpoints import BY_NAME

FACTS = ROOT / "unit_tests" / "resource" / "api_facts"
ANY = {"object", "array", "string", "number", "boolean"}
SINGLE = "one object of a list that is read"
NOT_READ = {  # operations that no stream reads, and why
    "echo": "test endpoint",
    "getActivationFromAudience": SINGLE,
    "getAudience": SINGLE,
    "getAudiencePreview": "its id exists only in the answer to the POST that created it",
    "getAudienceScheduleFromSpaceAndAudience": SINGLE,
    "getComputedTrait": SINGLE,
    "getCredential": SINGLE,
    "getDestination": SINGLE,
    "getDestinationMetadata": SINGLE,
    "getFilterById": SINGLE,
    "getFilterInDestination": SINGLE,
    "getFunction": SINGLE,
    "getFunctionVersion": SINGLE,
    "getInsertFunctionInstance": SINGLE,
    "getRegulation": SINGLE,
    "getReverseETLSyncStatus": SINGLE,
    "getReverseEtlModel": SINGLE,
    "getSourceMetadata": SINGLE,
    "getSpace": SINGLE,
    "getSubscriptionFromDestination": SINGLE,
    "getTrackingPlan": SINGLE,
    "getTransformation": SINGLE,
    "getUser": SINGLE,
    "getUserGroup": SINGLE,
    "getWarehouse": SINGLE,
    "getWarehouseMetadata": SINGLE,
    "listSampleValuesFromEntityProperty": "personal data, one request for each property",
    "listSampleValuesFromEventProperty": "personal data, one request for each property",
    "listSampleValuesFromTrait": "personal data, one request for each trait",
    "listSupportedDestinationsFromAudience": "an untyped map, not a list",
    "listSyncsFromWarehouseAndSource": "a part of what the syncs of the warehouse list",
}

OBSERVED = {  # fields that public payloads have and the models lack
    "tracking_plans": ["resourceSchemaId"],
    "transformations": ["workspaceId"],
}


def main() -> None:
    """Print the differences; exit with 1 if there are any."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FACTS
    if not (folder / "endpoints.json").is_file() or not (folder / "schemas").is_dir():
        sys.exit(f"drift: {folder} has no endpoints.json beside a folder schemas")
    lines = list(differences(folder))
    print("\n".join(lines) or "drift: none")
    sys.exit(bool(lines))


def differences(folder: Path) -> Iterator[str]:
    """What is new, gone or different in the facts, one line each."""
    table = json.loads((folder / "endpoints.json").read_text())["endpoints"]
    facts = {entry["operation_id"]: entry for entry in table if entry["method"] == "GET"}
    models = {path.stem: json.loads(path.read_text()) for path in (folder / "schemas").iterdir()}
    streams = catalog.streams()
    read = {stream.operation for stream in streams.values()}
    for name in sorted(facts.keys() - read - NOT_READ.keys()):
        yield f"new operation: {name}, {facts[name]['path']}"
    for name in sorted((read | NOT_READ.keys() | BY_NAME.keys()) - facts.keys()):
        yield f"gone operation: {name}"
    for name in sorted(BY_NAME.keys() & facts.keys()):
        yield from _simulated(name, facts[name])
    for stream in streams.values():
        if fact := facts.get(stream.operation):
            yield from _endpoint(stream, fact)
            yield from _fields(stream, fact, models)


def _simulated(name: str, fact: Json) -> Iterator[str]:
    """Differences between the simulator's table and the facts."""
    endpoint, where = BY_NAME[name], f"simulator, {name}"
    yield from _differ(where, "path", _bare(endpoint.path), _bare(fact["path"]))
    yield from _differ(where, "limit", endpoint.limit or "default", fact["rate_limit_per_minute"])
    known = {param.name: param.required for param in endpoint.params}
    paging = ("count", "cursor")
    now = {p["name"]: p["required"] for p in fact["query_params"] if not p["name"].endswith(paging)}
    for param in sorted(now.keys() - known.keys()):
        yield f"{where}: new parameter {param}"
    for param in sorted(known.keys() - now.keys()):
        yield f"{where}: gone parameter {param}"
    for param in sorted(known.keys() & now.keys()):
        yield from _differ(where, f"{param} required", known[param], now[param])
    for param in fact["query_params"]:
        if param["name"].endswith("count") and "max" in param:
            yield from _differ(where, "page size", endpoint.max_count, param["max"])


def _endpoint(stream: Stream, fact: Json) -> Iterator[str]:
    """Differences between the manifest's entry of a stream and the facts."""
    endpoint = stream.endpoint
    yield from _differ(stream.name, "path", _bare(endpoint["path"]), _bare(fact["path"]))
    limit = endpoint.get("limit") or "default"
    yield from _differ(stream.name, "limit", limit, fact["rate_limit_per_minute"])
    params = {param["name"]: param for param in fact["query_params"]}
    sent = {re.sub(r"\.\d+$", "", name) for name in endpoint.get("params", {})}
    for name in sorted(sent - params.keys()):
        yield f"{stream.name}: gone parameter {name}"
    sliced = {"resourceType"} if stream.family == "function_stream" else set()
    for name, param in params.items():
        if param["required"] and name not in sent | sliced and not _is_paging(name):
            yield f"{stream.name}: new required parameter {name}"
        if name.endswith("count") and param.get("max", stream.page_size) < stream.page_size:
            yield f"{stream.name}: page size {stream.page_size} is more than {param['max']}"
    keys = [str(record["key"]) for record in fact["records"]]
    if (key := endpoint.get("records")) and key not in keys:
        yield f"{stream.name}: no records at {key}, but at {' or '.join(keys)}"


def _is_paging(name: str) -> bool:
    return name.endswith(("count", "cursor")) or name == "pagination"


def _fields(stream: Stream, fact: Json, models: dict[str, Json]) -> Iterator[str]:
    """Differences between a stream's schema and the model of its records."""
    key = stream.endpoint.get("records")
    at = {record["key"]: record["model"] for record in fact["records"]}
    if stream.endpoint.get("wrap") or (key and key not in at):  # told by _endpoint
        return
    model = at[key] if key else fact["data_model"]
    if model not in models:
        if model != "GetConnectionStateFromWarehouseV1Output":  # one field, in no schema
            yield f"{stream.name}: no schema of {model}"
        return
    theirs, ours = _shaped(stream, models[model]), dict(stream.schema["properties"])
    for name in _put_on(stream):
        if name not in theirs:
            ours.pop(name, None)
    yield from _compare(stream.name, ours, theirs, set(stream.endpoint.get("integers", ())))


def _shaped(stream: Stream, model: Json) -> Json:
    """The fields of a record, after what the extractor does to a row."""
    fields = dict(model["properties"])
    if explode := stream.endpoint.get("explode"):
        label, name = next(iter(explode.items()))
        items = fields.pop(label)["items"]
        for total in ("total", "totalRetryCount"):
            fields.pop(total, None)
        fields |= items["properties"] if name is None else {name: items}
    return fields


def _put_on(stream: Stream) -> set[str]:
    """The fields that the connector adds to the API's."""
    return {*stream.added, *stream.endpoint.get("beside", ()), *OBSERVED.get(stream.name, ())}


def _compare(where: str, ours: Json, theirs: Json, integers: set[str]) -> Iterator[str]:
    for name in sorted(theirs.keys() - ours.keys()):
        yield f"{where}: new field {name} ({_show(_types(theirs[name]))})"
    for name in sorted(ours.keys() - theirs.keys()):
        yield f"{where}: gone field {name}"
    for name in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[name], theirs[name]
        kinds = [_types(schema) for schema in (mine, other)]
        if name in integers and kinds[1] == {"string"}:
            kinds[1] = {"integer"}
        # Narrower on purpose: counts and unix times, and columns of one type instead of any.
        if kinds == [{"integer"}, {"number"}] or kinds == [{"object"}, ANY]:
            kinds[1] = kinds[0]
        place = f"{where}.{name}"
        if kinds[0] != kinds[1]:
            yield f"{place}: typed {_show(kinds[1])}, here {_show(kinds[0])}"
        while "items" in mine and "items" in other:
            mine, other = mine["items"], other["items"]
        if "properties" in mine and "properties" in other:
            yield from _compare(place, mine["properties"], other["properties"], integers)


def _types(schema: Json) -> set[str]:
    """The types of a schema without null; no type at all is any."""
    kinds = schema.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= _types(part)
    return found - {"null"} or ANY


def _differ(where: str, what: str, here: object, there: object) -> Iterator[str]:
    if here != there:
        yield f"{where}: {what} is {there}, here {here}"


def _bare(path: str) -> str:
    """A path without the names of its parameters, which are ours."""
    return re.sub(r"\{\w+\}", "{}", path)


def _show(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds))


if __name__ == "__main__":
    main()
