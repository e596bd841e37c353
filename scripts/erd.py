"""The entity-relationship diagram: `erd/source.dbml`, and `docs/erd.md` with Mermaid.

Tables, columns and keys come from the schemas and the manifest. The references below are by column
name; a reference of one stream alone goes into `SPECIAL`.
"""

from __future__ import annotations

from pathlib import Path

from scripts import catalog
from scripts.catalog import ROOT, Json, Stream

PAGE, DBML = ROOT / "docs" / "erd.md", ROOT / "erd" / "source.dbml"

FIELDS = {  # column -> the stream whose `id` it holds
    "audienceId": "space_audiences",
    "connectionId": "audience_destination_connections",
    "createdBy": "users",
    "credentialId": "credentials",
    "destinationId": "destinations",
    "destinationMetadataId": "catalog_destinations",
    "functionId": "functions",
    "modelId": "reverse_etl_models",
    "referencedAudienceId": "space_audiences",
    "sourceId": "sources",
    "spaceId": "spaces",
    "subscriptionId": "destination_subscriptions",
    "trackingPlanId": "tracking_plans",
    "userGroupId": "groups",
    "userId": "users",
    "warehouseId": "warehouses",
    "workspaceId": "workspace",
}
SPECIAL = {  # stream and column, or path inside an object -> stream and column
    "audience_destination_connections.metadata.id": "catalog_destinations.id",
    "audience_references.id": "space_audiences.id",
    "credential_sources.id": "sources.id",
    "credential_sources.metadata.id": "catalog_sources.id",
    "credential_warehouses.id": "warehouses.id",
    "credential_warehouses.metadata.id": "catalog_warehouses.id",
    "destinations.metadata.id": "catalog_destinations.id",
    "group_users.id": "users.id",
    "groups.permissions.roleId": "roles.id",
    "profiles_warehouse_selective_syncs.warehouseId": "profiles_warehouses.id",
    "profiles_warehouses.metadata.id": "catalog_warehouses.id",
    "source_connected_destinations.id": "destinations.id",
    "source_connected_destinations.metadata.id": "catalog_destinations.id",
    "source_connected_warehouses.id": "warehouses.id",
    "source_connected_warehouses.metadata.id": "catalog_warehouses.id",
    "source_details.id": "sources.id",
    "source_details.metadata.id": "catalog_sources.id",
    "source_schema_settings.settings.forwardingBlockedEventsTo": "sources.id",
    "source_schema_settings.settings.forwardingViolationsTo": "sources.id",
    "sources.metadata.id": "catalog_sources.id",
    "space_entity_properties.entitySlug": "space_entity_paths.entitySlug",
    "space_event_properties.eventName": "space_events.name",
    "space_filters.integrationId": "spaces.id",
    "tracking_plan_sources.id": "sources.id",
    "tracking_plan_sources.metadata.id": "catalog_sources.id",
    "user_groups.id": "groups.id",
    "users.permissions.roleId": "roles.id",
    "warehouse_connected_sources.id": "sources.id",
    "warehouse_connected_sources.metadata.id": "catalog_sources.id",
    "warehouses.metadata.id": "catalog_warehouses.id",
}
INTRODUCTION = """\
# Entity-relationship diagram

Written by `make docs`; edit [`scripts/erd.py`](../scripts/erd.py) instead. All tables with their
columns and keys are in [`erd/source.dbml`](../erd/source.dbml), which dbdiagram.io displays.

Each line is labelled with the column that refers to the other stream, or with a path inside a JSON
column. The API does not guarantee referential integrity: a row can refer to an object that was
deleted, or that your token cannot see.
"""


def references(stream: Stream) -> dict[str, str]:
    """Columns of a stream, and paths inside them, with the stream and column they refer to."""
    found = {name: f"{FIELDS[name]}.id" for name in stream.schema["properties"] if name in FIELDS}
    own = f"{stream.name}."
    special = {k.removeprefix(own): to for k, to in SPECIAL.items() if k.startswith(own)}
    return dict(sorted((found | special).items()))


def files() -> dict[Path, str]:
    """The two files of the diagram, with their texts."""
    return {DBML: dbml(), PAGE: page()}


def dbml() -> str:
    """All tables and references as DBML."""
    streams = catalog.streams()
    tables, links = ["// Written by `make docs`; docs/erd.md has the diagrams."], []
    for stream in streams.values():
        lines = [f'Table "{stream.name}" {{']
        lines += [f'  "{name}" {_type(node)}' for name, node in stream.schema["properties"].items()]
        key, note = ", ".join(stream.key), stream.schema["description"].replace("'", "\\'")
        lines += ["  indexes {", f"    ({key}) [pk]", "  }", f"  Note: '{note}'", "}"]
        tables.append("\n".join(lines))
        for column, to in references(stream).items():
            if "." not in column:  # DBML knows no paths inside a column
                links.append(f"Ref: {stream.name}.{column} {_ends(stream, column, to)} {to}")
    return "\n\n".join([*tables, "\n".join(links)]) + "\n"


def page() -> str:
    """The page with a Mermaid diagram for each group of streams."""
    groups: dict[str, list[Stream]] = {}
    for stream in catalog.streams().values():
        groups.setdefault(stream.group.removeprefix("the "), []).append(stream)
    parts = [INTRODUCTION]
    for group, streams in groups.items():
        lines = [f"    {stream.name}" for stream in streams if not references(stream)]
        for stream in streams:
            for column, to in references(stream).items():
                line = {"-": "|o--||", ">": "}o--||", "<>": "}o--o{"}[_ends(stream, column, to)]
                lines.append(f'    {stream.name} {line} {to.split(".")[0]} : "{column}"')
        title = f"## {group[0].upper()}{group[1:]}"
        parts.append("\n".join([title, "", "```mermaid", "erDiagram", *lines, "```", ""]))
    return "\n".join(parts)


def _ends(stream: Stream, column: str, to: str) -> str:
    """The sign of DBML: `-` one to one, `>` many to one, `<>` many to many."""
    target, field = to.split(".")
    if catalog.streams()[target].key != (field,):
        return "<>"
    return "-" if stream.key == (column,) else ">"


def _type(schema: Json) -> str:
    """The column's type in a warehouse."""
    formats = {"date-time": "timestamp", "date": "date"}
    types = {"string": "text", "number": "double", "integer": "bigint", "boolean": "boolean"}
    return formats.get(schema.get("format", "")) or types.get(schema["type"][1], "json")
