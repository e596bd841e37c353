"""Users, roles, groups, invitations and labels of a workspace."""

from typing import Any

from simulator.names import DOMAIN
from simulator.objects import Objects
from simulator.samples import ABSENT, Samples
from simulator.values import AWKWARD_IDS, Json, new_id, new_ids

_ROLES = ("Workspace Owner", "Workspace Member", "Source Admin", "Source Read-only",
          "Warehouse Admin", "Tracking Plan Read-only", "Unify and Engage Admin",
          "Minimal Workspace Access")  # fmt: skip


def fill(ws: Objects, make: Samples) -> None:
    """Add the people; every third user has no permissions, the last of several groups no users."""
    for n, name in enumerate(_ROLES):
        ws.roles.append({"id": f"role{n:04d}", "name": name, "description": f"{name}."})
    for n in range(2 * ws.size.groups):
        key, value = ("environment", "brand")[n % 2], ws.names.thing("label", n // 2)
        ws.labels.append(make.record("LabelV1", n, key=key, value=value))
    special = AWKWARD_IDS if ws.names.awkward else ()
    for n, user_id in enumerate(new_ids(make.rng, ws.size.users, special)):
        ws.users.append(plain_user(ws, n, user_id))
        if n % 3:
            ws.users[n]["permissions"] = _permissions(ws, n)
    for n in range(ws.size.groups):
        group_id, empty = new_id(make.rng, "grp"), 0 < n == ws.size.groups - 1
        members = [] if empty else [user["id"] for user in ws.users[n :: ws.size.groups + 1]]
        ws.members[group_id] = members
        fields = {"name": ws.names.thing("group", n), "memberCount": len(members)}
        permissions = _permissions(ws, n) if n % 2 == 0 else ABSENT
        group = make.record("UserGroupV1", n, id=group_id, permissions=permissions, **fields)
        ws.groups.append(group)
        invited = [f"new.colleague{k}@{DOMAIN}" for k in range(n % 3)]
        ws.children["group_invites"][group_id,] = invited
    ws.invites += [f"invited{n}@{DOMAIN}" for n in range(ws.size.users // 3)]


def plain_user(ws: Objects, n: int, user_id: str) -> Json:
    """A UserV1 without permissions."""
    return {"id": user_id, "name": ws.names.person(n), "email": ws.names.email(n)}


def _permissions(ws: Objects, n: int) -> list[Json]:
    role, labels = ws.roles[n % len(ws.roles)], ws.labels[:2] if n % 2 else []
    resource: dict[str, Any] = {"id": ws.workspace["id"], "type": "WORKSPACE"}
    resource |= {"labels": labels} if labels else {}
    return [{"roleName": role["name"], "roleId": role["id"], "resources": [resource]}]
