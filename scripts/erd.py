"""Draw the entity-relationship diagram of the streams: `docs/erd.md` (Mermaid), `erd/source.dbml`.

A reference is found by rule:

1. a child stream's partition fields refer to its parent (manifest);
2. a field `<x>Id` refers to the stream of that noun with the key `id`: `sourceId` to `sources`;
3. the `id` of a child stream whose name ends in another stream's refers to that stream:
   `group_users.id` to `users`.

`FIELDS`, `INSIDE` and `ROWS` add what no rule finds; `NO_REFERENCE` is what looks like a reference
and is none. The tests see to it that each `<x>Id` is one or the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from scripts import catalog
from scripts.catalog import ROOT, Json, Stream

PAGE, DBML = ROOT / "docs" / "erd.md", ROOT / "erd" / "source.dbml"

FIELDS = {  # field -> stream whose `id` it holds, where the noun is another
    "audienceId": "space_audiences",
    "connectionId": "audience_destination_connections",
    "destinationMetadataId": "catalog_destinations",
    "modelId": "reverse_etl_models",
    "referencedAudienceId": "space_audiences",
    "subscriptionId": "destination_subscriptions",
    "userGroupId": "groups",
}
SPECIAL = {  # single fields -> the stream whose `id` they hold, against the rules
    ("functions", "createdBy"): "users",
    ("profiles_warehouse_selective_syncs", "warehouseId"): "profiles_warehouses",
    ("space_filters", "integrationId"): "spaces",
}
ROWS = {  # streams whose `id` is that of a row of another stream
    "audience_references": "space_audiences",
    "source_details": "sources",
}
NO_REFERENCE = {  # fields that hold an id of something that no stream lists, or of various things
    ("audit_events", "resourceId"): "any kind of object, see resourceType",
    ("destination_subscriptions", "actionId"): "an action inside a catalog entry",
    ("functions", "catalogId"): "the function's own catalog entry, which the catalog may not list",
    ("insert_function_instances", "classId"): "likely the function again, not documented",
    ("insert_function_instances", "integrationId"): "a destination or another integration",
    ("profiles_warehouses", "id"): "a warehouse of Profiles Sync, not one of `warehouses`",
    ("reverse_etl_sync_statuses", "syncId"): "its own key",
    ("source_regulations", "id"): "not documented whether `regulations` lists it too",
    ("suppressions", "subjectId"): "a person, outside Segment's objects",
}
INSIDE = {  # references inside objects and lists, which a diagram of columns cannot show
    ("audience_destination_connections", "metadata.id"): "catalog_destinations",
    ("credential_sources", "metadata.id"): "catalog_sources",
    ("credential_warehouses", "metadata.id"): "catalog_warehouses",
    ("destinations", "metadata.id"): "catalog_destinations",
    ("events_volume", "source.id"): "sources",
    ("groups", "permissions.roleId"): "roles",
    ("profiles_warehouses", "metadata.id"): "catalog_warehouses",
    ("source_connected_destinations", "metadata.id"): "catalog_destinations",
    ("source_connected_warehouses", "metadata.id"): "catalog_warehouses",
    ("source_details", "metadata.id"): "catalog_sources",
    ("source_schema_settings", "settings.forwardingBlockedEventsTo"): "sources",
    ("source_schema_settings", "settings.forwardingViolationsTo"): "sources",
    ("sources", "metadata.id"): "catalog_sources",
    ("tracking_plan_sources", "metadata.id"): "catalog_sources",
    ("users", "permissions.roleId"): "roles",
    ("warehouse_connected_sources", "metadata.id"): "catalog_sources",
    ("warehouses", "metadata.id"): "catalog_warehouses",
}


@dataclass(frozen=True)
class Reference:
    """Fields of one stream that hold the values of fields of another."""

    stream: str
    fields: tuple[str, ...]
    to: str
    to_fields: tuple[str, ...]


def main() -> None:
    """Write both files."""
    DBML.parent.mkdir(exist_ok=True)
    DBML.write_text(dbml())
    PAGE.write_text(page())


@cache
def references() -> tuple[Reference, ...]:
    """All references, by stream in the manifest's order."""
    streams = catalog.streams()
    nouns = {_noun(name): name for name, stream in streams.items() if "id" in stream.key}
    found: dict[Reference, None] = {}
    for name, stream in streams.items():
        if reference := _to_parent(stream, streams):
            found[reference] = None
        for field in stream.schema["properties"]:
            to = SPECIAL.get((name, field)) or FIELDS.get(field) or nouns.get(field)
            if to and (name, field) not in NO_REFERENCE and not _covered(found, name, field, to):
                found[Reference(name, (field,), to, ("id",))] = None
        if (to := _row_of(stream, streams)) and (name, "id") not in NO_REFERENCE:
            found[Reference(name, ("id",), to, ("id",))] = None
    return tuple(found)


def _noun(name: str) -> str:
    """The field that refers to a stream: tracking_plans -> trackingPlanId."""
    first, *rest = name.removesuffix("s").split("_")
    return first + "".join(word.capitalize() for word in rest) + "Id"


def _covered(found: dict[Reference, None], name: str, field: str, to: str) -> bool:
    return any(r.stream == name and field in r.fields and r.to == to for r in found)


def _to_parent(stream: Stream, streams: dict[str, Stream]) -> Reference | None:
    """The reference to the stream that the partitions come from, with the parent's own parents."""
    pairs, parent = [], stream.parent
    if parent is None:
        return None
    fields = {template: name for name, template in stream.added.items()}  # "{spaceId}" -> field
    own = stream.schema["properties"]
    field = fields.get(f"{{{parent.partition}}}", parent.partition)
    if field in own:
        pairs.append((field, parent.field))
    elif parent.partition == "sourceId" and "id" in own:  # the record is the parent itself
        pairs.append(("id", parent.field))
    above = streams[parent.stream].parent
    while above:
        if above.partition in own and above.partition in streams[parent.stream].key:
            pairs.insert(0, (above.partition, above.partition))
        above = streams[above.stream].parent
    return Reference(
        stream.name, tuple(p[0] for p in pairs), parent.stream, tuple(p[1] for p in pairs)
    )


def _row_of(stream: Stream, streams: dict[str, Stream]) -> str | None:
    """The stream whose rows a child stream lists again."""
    if stream.name in ROWS:
        return ROWS[stream.name]
    if stream.parent is None or "id" not in stream.key:
        return None
    endings = [n for n in streams if stream.name.endswith(f"_{n}") and n != stream.parent.stream]
    return max(endings, key=len, default=None)


def cardinality(reference: Reference, streams: dict[str, Stream]) -> str:
    """DBML's sign: `-` one to one, `>` many to one, `<>` many to many."""
    if set(reference.to_fields) != set(streams[reference.to].key):
        return "<>"
    return "-" if set(reference.fields) == set(streams[reference.stream].key) else ">"


def dbml() -> str:
    """The diagram as DBML, with all columns."""
    streams = catalog.streams()
    parts = [
        "// Written by `make erd` from the manifest and the schemas; see docs/erd.md.",
        'Project segment {\n  database_type: "Segment Public API"\n}',
    ]
    for stream in streams.values():
        lines = [f'Table "{stream.name}" {{']
        for field, schema in stream.schema["properties"].items():
            lines.append(f'  "{field}" {_type(schema)}')
        lines.append("  indexes {\n    (" + ", ".join(f'"{f}"' for f in stream.key) + ") [pk]\n  }")
        lines.append(f"  Note: '{stream.schema['description'].replace(chr(39), chr(8217))}'\n}}")
        parts.append("\n".join(lines))
    for r in references():
        sides = [_side(r.stream, r.fields), _side(r.to, r.to_fields)]
        parts.append(f"Ref: {sides[0]} {cardinality(r, streams)} {sides[1]}")
    return re.sub(r"(?m)^(Ref: .+)\n\n(?=Ref)", r"\1\n", "\n\n".join(parts)) + "\n"


def _side(stream: str, fields: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{field}"' for field in fields)
    return f'"{stream}".{columns if len(fields) == 1 else f"({columns})"}'


def _type(schema: Json) -> str:
    kinds = [kind for kind in schema["type"] if kind != "null"]
    if "format" in schema:
        return {"date-time": "timestamp", "date": "date"}.get(schema["format"], "text")
    if len(kinds) > 1 or kinds[0] in ("object", "array"):
        return "json"
    names = {"string": "text", "number": "double", "integer": "bigint"}
    return names.get(kinds[0], str(kinds[0]))


def page() -> str:
    """The page with one Mermaid diagram for each group of streams."""
    streams, found = catalog.streams(), references()
    groups: dict[str, list[str]] = {}
    for name, stream in streams.items():
        groups.setdefault(stream.group.removeprefix("the "), []).append(name)
    lines = [
        "# Entity-relationship diagram",
        "",
        "Written by `make erd` from the keys, fields and parents of the streams; change",
        "[`scripts/erd.py`](../scripts/erd.py) instead of this page. All columns are in",
        "[`erd/source.dbml`](../erd/source.dbml), which dbdiagram.io and other tools draw.",
        "",
        "Each diagram shows the streams of one group with their keys and references, and the",
        "streams of other groups that they refer to. The API promises no referential integrity:",
        "a reference can name something that was deleted, or that your token may not see.",
    ]
    for group, names in groups.items():
        lines += ["", f"## {group[0].upper()}{group[1:]}", "", "```mermaid", "erDiagram"]
        for name in names:
            lines += _entity(streams[name], found)
        lines += [_line(r, streams) for r in found if r.stream in names]
        lines += ["```"]
    lines += ["", "## References inside objects", ""]
    lines += ["Columns that hold objects or lists refer to other streams too:", ""]
    lines += ["| Stream | Field | Refers to |", "| --- | --- | --- |"]
    lines += [f"| `{s}` | `{field}` | `{to}.id` |" for (s, field), to in sorted(INSIDE.items())]
    lines += ["", "## Fields that look like references", ""]
    lines += ["| Stream | Field | What it is |", "| --- | --- | --- |"]
    lines += [f"| `{s}` | `{field}` | {why} |" for (s, field), why in NO_REFERENCE.items()]
    return "\n".join(lines) + "\n"


def _entity(stream: Stream, found: tuple[Reference, ...]) -> list[str]:
    foreign = {field for r in found if r.stream == stream.name for field in r.fields}
    lines = [f"    {stream.name} {{"]
    for field, schema in stream.schema["properties"].items():
        marks = [mark for mark, on in (("PK", field in stream.key), ("FK", field in foreign)) if on]
        if marks:
            lines.append(f"        {_type(schema)} {field} {', '.join(marks)}")
    return [*lines, "    }"]


def _line(reference: Reference, streams: dict[str, Stream]) -> str:
    sign = {"-": "|o--||", ">": "}o--||", "<>": "}o--o{"}[cardinality(reference, streams)]
    return f'    {reference.stream} {sign} {reference.to} : "{", ".join(reference.fields)}"'


if __name__ == "__main__":
    main()
