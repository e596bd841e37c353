"""Spaces, and what Unify and Engage keep below them."""

from typing import ClassVar

from unit_tests.streams.family import Requests, StreamTests

COUNT, LARGE = "pagination.count=200", "pagination.count=1000"
AUDIENCE, EVENT, ENTITY = "/audiences/{id}", "/events/{name}", "/entities/{entitySlug}"
TRAITS = "/spaces/{id}/traits?sortBy=trait&collection="


class TestSpaces(StreamTests):
    REQUESTS: ClassVar[Requests] = {
        "spaces": ("", f"/spaces?{COUNT}"),
        "space_audiences": ("spaces", f"/spaces/{{id}}/audiences?{COUNT}"),
        "audience_schedules": ("space_audiences", f"/spaces/{{spaceId}}{AUDIENCE}/schedules"),
        "audience_activations": ("space_audiences", f"/spaces/{{spaceId}}{AUDIENCE}/activations?{COUNT}"),
        "audience_destination_connections": (
            "space_audiences",
            f"/spaces/{{spaceId}}{AUDIENCE}/destination-connections?{COUNT}",
        ),
        "audience_references": ("space_audiences", f"/spaces/{{spaceId}}{AUDIENCE}/audience-references?{COUNT}"),
        "computed_traits": ("spaces", f"/spaces/{{id}}/computed-traits?{COUNT}"),
        "space_events": ("spaces", f"/spaces/{{id}}/events?{LARGE}"),
        "space_event_properties": ("space_events", f"/spaces/{{spaceId}}{EVENT}/properties?{LARGE}"),
        "space_traits": ("spaces", [f"{TRAITS}users&{LARGE}", f"{TRAITS}accounts&{LARGE}"]),
        "space_entity_paths": ("spaces", f"/spaces/{{id}}/entity-paths?{COUNT}"),
        "space_entity_properties": ("space_entity_paths", f"/spaces/{{spaceId}}{ENTITY}/properties?{LARGE}"),
        "space_filters": ("spaces", "/filters?integrationId={id}&pagination.count=10"),
        "profiles_warehouses": ("spaces", f"/spaces/{{id}}/profiles-warehouses?{COUNT}"),
        "profiles_warehouse_selective_syncs": (
            "profiles_warehouses",
            f"/spaces/{{spaceId}}/profiles-warehouses/{{id}}/selective-syncs?{COUNT}",
        ),
    }
