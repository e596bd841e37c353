"""The lists of the workspace: catalogs, people, access, Protocols and privacy, with their children."""

from typing import ClassVar

from unit_tests.streams.family import Requests, StreamTests

COUNT = "pagination.count=200"


class TestLists(StreamTests):
    REQUESTS: ClassVar[Requests] = {
        "workspace": ("", "/"),
        "catalog_destinations": ("", f"/catalog/destinations?{COUNT}"),
        "catalog_sources": ("", f"/catalog/sources?{COUNT}"),
        "catalog_warehouses": ("", f"/catalog/warehouses?{COUNT}"),
        "transformations": ("", f"/transformations?{COUNT}"),
        "users": ("", "/users?pagination.count=1000"),
        "user_groups": ("users", f"/users/{{id}}/groups?{COUNT}"),
        "groups": ("", f"/groups?{COUNT}"),
        "group_users": ("groups", f"/groups/{{id}}/users?{COUNT}"),
        "group_invites": ("groups", f"/groups/{{id}}/invites?{COUNT}"),
        "labels": ("", "/labels"),
        "roles": ("", f"/roles?{COUNT}"),
        "invites": ("", f"/invites?{COUNT}"),
        "credentials": ("", f"/credentials?{COUNT}"),
        "credential_sources": ("credentials", "/credentials/{id}/consumers?sourcesPagination.count=200"),
        "credential_warehouses": ("credentials", "/credentials/{id}/consumers?warehousesPagination.count=200"),
        "tracking_plans": ("", f"/tracking-plans?{COUNT}"),
        "tracking_plan_rules": ("tracking_plans", f"/tracking-plans/{{id}}/rules?{COUNT}"),
        "tracking_plan_sources": ("tracking_plans", f"/tracking-plans/{{id}}/sources?{COUNT}"),
        "regulations": ("", f"/regulations?{COUNT}"),
        "suppressions": ("", f"/suppressions?{COUNT}"),
    }
