"""Write the generated parts of the documentation: everything between a pair of markers.

A part stands between `<!-- begin generated: name -->` and `<!-- end generated: name -->`, and is
made from the manifest, the schemas, the metadata, the spec and the simulator's request counts.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from scripts import catalog, drift
from scripts.catalog import ROOT, Stream
from simulator import Simulator
from simulator.clock import iso, parse
from simulator.sizes import SIZES
from simulator.streams import STREAMS
from simulator.truth import Truth

REMARKS = {  # what the manifest cannot know
    "audit_events": "Personal data: e-mail addresses of members. At most 90 days back.",
    "destination_delivery_metrics_summary": "Totals of the last 14 days.",
    "destination_delivery_metrics_daily": "Many requests: one a day for each pair, 14 days back.",
    "events_volume": "One request a year for each source.",
    "function_versions": "Holds source code, which is not masked.",
    "group_invites": "Personal data: e-mail addresses.",
    "group_users": "Personal data: names and e-mail addresses of members.",
    "invites": "Personal data: e-mail addresses.",
    "profiles_warehouse_selective_syncs": "Each listing of its parent writes an audit event.",
    "profiles_warehouses": "Each listing writes an audit event in Segment.",
    "regulations": "Personal data: ids of the persons concerned. Last 90 days.",
    "reverse_etl_models": "Holds SQL text, which is not masked.",
    "source_live_plugins": "Holds source code, which is not masked. Most sources have none.",
    "source_regulations": "Personal data: ids of the persons concerned. Last 90 days.",
    "space_traits": "Personal data: traits of profiles (names and types; no sample values).",
    "suppressions": "Personal data: ids of suppressed persons.",
    "users": "Personal data: names and e-mail addresses of members.",
    "warehouse_connection_states": "Live check: Segment connects to the warehouse at each read.",
}
START, NOW = "2025-03-01", datetime(2026, 3, 15, 12, 30, tzinfo=UTC)  # of the computed times
RATES = (200, 600)  # requests a minute
Row = Iterable[str]


def main() -> None:
    """Write the generated parts that have changed, of the files named or of all, and say so."""
    for name in sys.argv[1:] or BLOCKS:
        path = ROOT / name
        text = written(name)
        if text != path.read_text():
            path.write_text(text)
            print(f"docs: {name} written")


def written(name: str) -> str:
    """The text of a file with its generated parts made anew."""
    text = (ROOT / name).read_text()
    for block, make in BLOCKS[name].items():
        begin, end = (f"<!-- {word} generated: {block} -->" for word in ("begin", "end"))
        head, rest = text.split(begin)
        text = f"{head}{begin}\n\n{make()}\n\n{end}{rest.split(end)[1]}"
    return text


def table(header: Row, rows: Iterable[Row]) -> str:
    """A Markdown table."""
    head = list(header)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def options() -> str:
    """The options of the connector, from its spec."""
    spec = catalog.manifest()["spec"]["connection_specification"]
    rows = []
    for name, option in sorted(spec["properties"].items(), key=lambda item: item[1]["order"]):
        allowed = option["type"]
        if "enum" in option:
            allowed = " or ".join(f"`{value}`" for value in option["enum"])
        elif "minimum" in option:
            allowed = f"{option['minimum']} to {option['maximum']}"
        elif "pattern_descriptor" in option:
            allowed = option["pattern_descriptor"]
        default = "required" if name in spec["required"] else "none"
        if "default" in option:
            default = f"`{str(option['default']).lower()}`"
        hidden = " Hidden in the form." if option.get("airbyte_hidden") else ""
        rows.append(
            [f"`{name}`", option["title"], allowed, default, option["description"] + hidden]
        )
    return table(["Option", "Title", "Values", "Default", "Meaning"], rows)


def stream_tables() -> str:
    """A table of streams for each group."""
    groups: dict[str, list[Stream]] = {}
    for stream in catalog.streams().values():
        groups.setdefault(stream.group, []).append(stream)
    header = ["Stream", "API path", "Primary key", "Sync modes", "Cursor", "Needs"]
    header += ["Own limit", "Read for each", "Remarks"]
    parts = []
    for group, found in groups.items():
        title = group.removeprefix("the ")
        parts.append(f"### {title[0].upper()}{title[1:]}")
        parts.append(table(header, map(_stream_row, found)))
    return "\n\n".join(parts)


def _stream_row(stream: Stream) -> Row:
    limit = stream.endpoint.get("limit")
    slow = f"Slow: {limit} requests a minute." if limit and limit <= 60 and stream.parent else ""
    return [
        f"`{stream.name}`",
        f"`{stream.endpoint['path']}`",
        ", ".join(f"`{field}`" for field in stream.key),
        "full, incremental" if stream.cursor else "full",
        f"`{stream.cursor}`" if stream.cursor else "",
        stream.endpoint.get("requires", ""),
        f"{limit}/min" if limit else "",
        f"`{stream.parent.stream}`" if stream.parent else "",
        " ".join(filter(None, [REMARKS.get(stream.name, ""), slow])),
    ]


def left_out() -> str:
    """The operations that no stream reads, with the reason; single objects are left to the text."""
    facts = json.loads((drift.FACTS / "endpoints.json").read_text())["endpoints"]
    paths = {entry["operation_id"]: entry["path"] for entry in facts}
    chosen = {name: why for name, why in drift.NOT_READ.items() if why != drift.SINGLE}
    return table(["API path", "Why not"], [[f"`{paths[n]}`", why] for n, why in chosen.items()])


def families() -> str:
    """The streams by the family of the manifest that they belong to."""
    found = catalog.streams().values()
    rows = []
    for family, reason in catalog.families().items():
        members = [f"`{s.name}`" for s in found if s.family == family]
        if members:
            rows.append([f"`{family}`", reason, ", ".join(members)])
    return table(["Family", "Read", "Streams"], rows)


def times() -> str:
    """How long workspaces of several sizes take."""
    header = ["Workspace", "Streams", "Sync", "Requests"]
    header += [f"At {rate} a minute" for rate in RATES]
    return table(header, [row for size in ("small", "medium", "large") for row in time_rows(size)])


def time_rows(size: str) -> list[Row]:
    """The rows of the table of times for one size of the simulator's workspaces."""
    simulator = Simulator(size=size, now=NOW)
    yesterday = iso((NOW - timedelta(days=2)).replace(hour=0, minute=0))
    rows: list[Row] = []
    known = catalog.streams()
    suggested = [name for name, stream in known.items() if stream.suggested]
    quick = [n for n, stream in known.items() if (stream.endpoint.get("limit") or 60) > 2]
    choices = {"suggested": suggested, "all but the slowest": quick, "all": list(known)}
    for what, names in choices.items():
        for sync, start in (("first, a year", START), ("next day", yesterday)):
            truth = Truth(simulator.workspace, simulator.access, NOW, parse(start))
            counts: Counter[str] = Counter()
            for name in names:
                operation = STREAMS[name].operation
                asked = truth.requests([name], known[name].page_size)
                counts[operation] += asked.get(operation, 0)
            limits = {known[name].operation: known[name].endpoint.get("limit") for name in names}
            minutes = [duration(counts, limits, rate) for rate in RATES]
            rows.append(
                [size, f"{len(names)} ({what})", sync, f"{counts.total():,}", *map(_words, minutes)]
            )
    return rows


def duration(counts: Counter[str], limits: dict[str, int | None], rate: int) -> float:
    """Minutes that so many requests take at least, each operation under its own limit too."""
    own = [counts[name] / limit for name, limit in limits.items() if limit]
    return max([counts.total() / rate, *own])


def _words(minutes: float) -> str:
    if minutes < 1:
        return "under a minute"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def sizes() -> str:
    """What the workspaces of the table of times hold."""
    names = ["sources", "destinations", "warehouses", "users", "spaces", "usage_months"]
    header = ["Workspace", *(name.replace("_", " ") for name in names)]
    chosen = [(size, SIZES[size]) for size in ("small", "medium", "large")]
    return table(
        header, [[size, *(f"{getattr(held, name):,}" for name in names)] for size, held in chosen]
    )


BLOCKS: dict[str, dict[str, Callable[[], str]]] = {
    "docs/integrations/sources/segment.md": {
        "options": options,
        "streams": stream_tables,
        "left_out": left_out,
    },
    "docs/scale.md": {"sizes": sizes, "times": times},
    "BEHAVIOR.md": {"families": families},
}


def parts(name: str) -> list[str]:
    """The names of the generated parts that a file holds."""
    return re.findall(r"<!-- begin generated: (\w+) -->", (ROOT / name).read_text())


if __name__ == "__main__":
    main()
