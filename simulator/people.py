"""Users, roles, groups, invitations and labels of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulator.words import AWKWARD_IDS, Json, ids, new_id, person

_ROLES = (
    "Workspace Owner",
    "Workspace Member",
    "Source Admin",
    "Source Read-only",
    "Warehouse Admin",
    "Tracking Plan Read-only",
    "Unify and Engage Admin",
    "Minimal Workspace Access",
)


@dataclass
class People:
    """What `build` returns; `members` maps a group id to user ids, `group_invites` to e-mails."""

    users: list[Json]
    roles: list[Json]
    groups: list[Json]
    labels: list[Json]
    invites: list[str]
    members: dict[str, list[str]]
    group_invites: dict[tuple[str, ...], list[str]]


def plain_user(n: int, user_id: str) -> Json:
    """A UserV1 without permissions."""
    return {"id": user_id, "name": person(n), "email": f"user{n}@example.com"}


def build(rng: Random, workspace_id: str, users: int, groups: int) -> People:
    """People of a workspace; every third user has no permissions, the last group no members."""
    roles = [
        {"id": f"role{n:04d}", "name": _ROLES[n], "description": f"{_ROLES[n]}."}
        for n in range(len(_ROLES))
    ]
    labels = [
        {
            "key": ("environment", "brand")[n % 2],
            "value": f"value-{n // 2} ü"[: 7 + n],
            **({"description": "Live traffic"} if n % 3 else {}),
        }
        for n in range(2 * groups)
    ]

    def permission(n: int) -> Json:
        resource: Json = {"id": workspace_id, "type": "WORKSPACE"}
        if labels and n % 2:
            resource["labels"] = labels[:2]
        role = roles[n % len(roles)]
        return {"roleName": role["name"], "roleId": role["id"], "resources": [resource]}

    people = [
        plain_user(n, user_id) | ({"permissions": [permission(n)]} if n % 3 else {})
        for n, user_id in enumerate(ids(rng, users, AWKWARD_IDS))
    ]
    members: dict[str, list[str]] = {}
    teams: list[Json] = []
    for n in range(groups):
        group_id = new_id(rng, "grp")
        chosen = [] if 0 < n == groups - 1 else [u["id"] for u in people[n :: groups + 1]]
        members[group_id] = chosen
        teams.append(
            {"id": group_id, "name": f"Team {n} – Analyse", "memberCount": len(chosen)}
            | ({"permissions": [permission(n)]} if n % 2 == 0 else {})
        )
    return People(
        people,
        roles,
        teams,
        labels,
        invites=[f"invité{n}@example.com" for n in range(users // 3)],
        members=members,
        group_invites={
            (g["id"],): [f"new{k}@example.com" for k in range(n % 3)] for n, g in enumerate(teams)
        },
    )
