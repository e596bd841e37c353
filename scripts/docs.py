"""Write what is generated again: parts of the documentation, the diagram, and what the acceptance tests expect.

A part of a page stands between `<!-- begin generated: name -->` and `<!-- end generated: name -->`.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from scripts import catalog, erd, expected_records, validate
from scripts.catalog import ROOT, Json, Stream

PAGE = ROOT / "docs" / "integrations" / "sources" / "segment.md"
BEHAVIOR = ROOT / "BEHAVIOR.md"
FACTS = ROOT / "unit_tests" / "resource" / "api_facts" / "endpoints.json"
REMARKS = {  # what the manifest does not say
    "audit_events": "Personal data: e-mail addresses of members. At most 90 days back.",
    "destination_delivery_metrics_summary": "Totals of the last 14 days.",
    "destination_delivery_metrics_daily": "One request for each source, destination and day, at most 14 days back.",
    "events_volume": "One request for each source and year.",
    "function_versions": "Contains source code, which is not masked.",
    "group_invites": "Personal data: e-mail addresses.",
    "group_users": "Personal data: names and e-mail addresses of members.",
    "invites": "Personal data: e-mail addresses.",
    "profiles_warehouse_selective_syncs": "Each listing of its parent writes an audit event.",
    "profiles_warehouses": "Each listing writes an audit event in Segment.",
    "regulations": "Personal data: ids of the persons concerned. Last 90 days.",
    "reverse_etl_models": "Contains SQL, which is not masked.",
    "source_live_plugins": "Contains source code, which is not masked. Most sources have none.",
    "source_regulations": "Personal data: ids of the persons concerned. Last 90 days.",
    "space_traits": "Personal data: traits of profiles (names and types, no sample values).",
    "suppressions": "Personal data: ids of suppressed persons.",
    "users": "Personal data: names and e-mail addresses of members.",
    "warehouse_connection_states": "Segment connects to the warehouse at each read.",
}
REASONS = {  # why no stream reads an operation; an operation that returns one object of a list needs no reason
    "echo": "test endpoint",
    "getAudiencePreview": "its id is only in the response to the POST that created it",
    "listSampleValuesFromEntityProperty": "personal data, one request for each property",
    "listSampleValuesFromEventProperty": "personal data, one request for each property",
    "listSampleValuesFromTrait": "personal data, one request for each trait",
    "listSupportedDestinationsFromAudience": "an untyped map, not a list",
    "listSyncsFromWarehouseAndSource": "part of `warehouse_syncs`",
}


def main() -> int:
    """Write the files that have changed, unless the manifest is invalid; returns the exit code."""
    if validate.main():
        return 1
    files = {path: page(path) for path in PARTS} | erd.files() | expected_records.files()
    for path, text in files.items():
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} written")
    return 0


def page(path: Path) -> str:
    """The text of a page with its generated parts made anew."""
    text = path.read_text()
    for name, make in PARTS[path].items():
        text = replaced(text, name, make())
    return text


def replaced(text: str, name: str, part: str) -> str:
    """A page with another text between the marks of a part."""
    begin, end = (f"<!-- {word} generated: {name} -->" for word in ("begin", "end"))
    (before, rest) = text.split(begin)
    return f"{before}{begin}\n\n{part}\n\n{end}{rest.split(end)[1]}"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(header)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])


def options() -> str:
    """The options of the connector, from its spec."""
    spec = catalog.manifest()["spec"]["connection_specification"]
    rows = []
    for name, option in sorted(spec["properties"].items(), key=lambda item: item[1]["order"]):
        values = option.get("pattern_descriptor", option["type"])
        if "enum" in option:
            values = " or ".join(f"`{value}`" for value in option["enum"])
        elif "minimum" in option:
            values = f"{option['minimum']} to {option['maximum']}"
        default = "required" if name in spec["required"] else "none"
        default = f"`{json.dumps(option['default'])}`".replace('"', "") if "default" in option else default
        meaning = option["description"] + (" Hidden in the form." if option.get("airbyte_hidden") else "")
        rows.append([f"`{name}`", option["title"], values, default, meaning])
    return table(["Option", "Title", "Values", "Default", "Meaning"], rows)


def streams() -> str:
    """The streams: a table for each group of the manifest."""
    facts, groups = operations(), dict[str, list[Stream]]()
    for stream in catalog.streams().values():
        groups.setdefault(stream.group.removeprefix("the "), []).append(stream)
    header = ["Stream", "API path", "Primary key", "Sync modes", "Cursor", "Needs"]
    header += ["Own limit", "Read for each", "Remarks"]
    return "\n\n".join(
        f"### {group[0].upper()}{group[1:]}\n\n{table(header, (row(stream, facts) for stream in members))}"
        for group, members in groups.items()
    )


def row(stream: Stream, facts: dict[str, Json]) -> list[str]:
    """The row of a stream, with a link to its operation in the API reference."""
    reference = f"https://docs.segmentapis.com/tag/{facts[stream.operation]['tag']}#operation/{stream.operation}"
    is_slow = stream.limit is not None and stream.limit <= 60 and stream.parent is not None
    remarks = [REMARKS.get(stream.name, ""), f"Slow: {stream.limit} requests a minute." if is_slow else ""]
    return [
        f"`{stream.name}`",
        f"[`{stream.path}`]({reference})",
        ", ".join(f"`{field}`" for field in stream.key),
        "full, incremental" if stream.cursor else "full",
        f"`{stream.cursor}`" if stream.cursor else "",
        stream.requires,
        f"{stream.limit}/min" if stream.limit else "",
        f"`{stream.parent.stream}`" if stream.parent else "",
        " ".join(filter(None, remarks)),
    ]


def not_read() -> str:
    """The operations that no stream reads, but for those that return one object of a list."""
    read = {stream.operation for stream in catalog.streams().values()}
    left = [name for name in operations() if name not in read and (name in REASONS or not name.startswith("get"))]
    return table(["API path", "Why not"], [[f"`{operations()[name]['path']}`", REASONS[name]] for name in left])


def operations() -> dict[str, Json]:
    """The facts about each GET operation of the API."""
    return {
        fact["operation_id"]: fact for fact in json.loads(FACTS.read_text())["endpoints"] if fact["method"] == "GET"
    }


def assumptions() -> str:
    """The list of what `make live` checks."""
    entries = yaml.safe_load((ROOT / "integration_tests" / "live" / "assumptions.yaml").read_text())
    return "\n".join(f"{number}. {entry['text']}" for number, entry in entries.items())


PARTS: dict[Path, dict[str, Callable[[], str]]] = {
    PAGE: {"options": options, "streams": streams, "left_out": not_read},
    BEHAVIOR: {"assumptions": assumptions},
}

if __name__ == "__main__":
    sys.exit(main())
