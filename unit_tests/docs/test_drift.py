"""`make drift` finds what a doctored copy of the API's facts changed, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import drift

Json = dict[str, Any]
Facts = tuple[Json, dict[str, Json]]  # operations by name, models by name


@pytest.fixture
def doctored(tmp_path: Path) -> Callable[[Callable[[Json, dict[str, Json]], None]], Path]:
    """A copy of the facts after a change of its operations and models."""

    def change(edit: Callable[[Json, dict[str, Json]], None]) -> Path:
        folder = tmp_path / "facts"
        shutil.copytree(drift.FACTS, folder)
        table = json.loads((folder / "endpoints.json").read_text())
        operations = {entry["operation_id"]: entry for entry in table["endpoints"]}
        models = {p.stem: json.loads(p.read_text()) for p in (folder / "schemas").iterdir()}
        edit(operations, models)
        table["endpoints"] = list(operations.values())
        (folder / "endpoints.json").write_text(json.dumps(table))
        for name, model in models.items():
            (folder / "schemas" / f"{name}.json").write_text(json.dumps(model))
        return folder

    return change


def test_the_connector_knows_the_facts_in_this_repository() -> None:
    assert list(drift.differences(drift.FACTS)) == []


def new_operation(operations: Json, models: dict[str, Json]) -> None:
    operations["listWidgets"] = operations["listUsers"] | {
        "operation_id": "listWidgets",
        "path": "/widgets",
    }


def gone_operation(operations: Json, models: dict[str, Json]) -> None:
    del operations["echo"]


def new_field(operations: Json, models: dict[str, Json]) -> None:
    models["LabelV1"]["properties"]["color"] = {"type": ["string", "null"]}


def retyped_field(operations: Json, models: dict[str, Json]) -> None:
    models["UserGroupV1"]["properties"]["memberCount"] = {"type": "string"}


def gone_field(operations: Json, models: dict[str, Json]) -> None:
    del models["Space"]["properties"]["slug"]


def new_inner_field(operations: Json, models: dict[str, Json]) -> None:
    inner = models["UserGroupV1"]["properties"]["permissions"]["items"]["properties"]
    inner["since"] = {"type": "string"}


def new_point_field(operations: Json, models: dict[str, Json]) -> None:
    series = models["SourceEventVolumeV1"]["properties"]["series"]["items"]["properties"]
    series["bytes"] = {"type": "number"}


def lower_limit(operations: Json, models: dict[str, Json]) -> None:
    operations["listUsers"]["rate_limit_per_minute"] = 30


def moved_list(operations: Json, models: dict[str, Json]) -> None:
    operations["listRoles"]["records"][0]["key"] = "workspaceRoles"


def smaller_page(operations: Json, models: dict[str, Json]) -> None:
    for param in operations["listUsers"]["query_params"]:
        if param["name"].endswith("count"):
            param["max"] = 500


def new_required_parameter(operations: Json, models: dict[str, Json]) -> None:
    operations["listRoles"]["query_params"].append(
        {"name": "kind", "type": "string", "required": True}
    )


CHANGES = {
    new_operation: ["new operation: listWidgets, /widgets"],
    gone_operation: ["gone operation: echo"],
    new_field: ["labels: new field color (string)"],
    retyped_field: ["groups.memberCount: typed string, here integer"],
    gone_field: ["spaces: gone field slug"],
    new_inner_field: ["groups.permissions: new field since (string)"],
    new_point_field: ["events_volume: new field bytes (number)"],
    lower_limit: [
        "simulator, listUsers: limit is 30, here default",
        "users: limit is 30, here default",
    ],
    moved_list: ["roles: no records at roles, but at workspaceRoles"],
    smaller_page: [
        "simulator, listUsers: page size is 500, here 1000",
        "users: page size 1000 is more than 500",
    ],
    new_required_parameter: [
        "simulator, listRoles: new parameter kind",
        "roles: new required parameter kind",
    ],
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_found(doctored: Any, change: Any) -> None:
    found = set(drift.differences(doctored(change)))

    assert found - set(drift.differences(drift.FACTS)) == set(CHANGES[change])


def test_the_command_prints_the_drift_and_exits_with_one(doctored: Any) -> None:
    ended = _run(str(doctored(new_field)))

    assert "labels: new field color (string)" in ended.stdout
    assert ended.returncode == 1


def test_the_command_without_drift_exits_with_zero() -> None:
    ended = _run()

    assert (ended.stdout, ended.returncode) == ("drift: none\n", 0)


def test_a_folder_without_facts_is_named(tmp_path: Path) -> None:
    ended = _run(str(tmp_path))

    assert ended.stderr == f"drift: {tmp_path} has no endpoints.json beside a folder schemas\n"
    assert ended.returncode == 1


def _run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(Path(drift.__file__)), *args],
        capture_output=True,
        text=True,
        check=False,
    )
