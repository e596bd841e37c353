"""Plans, permissions and tokens: what may not be read is skipped, told, or ends the sync."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator import Fault
from simulator.streams import STREAMS
from simulator.truth import SUMMARY
from unit_tests.connector import Connector, Output, same
from unit_tests.faults.judge import truth

Connect = Callable[..., Connector]


def unavailable(output: Output) -> list[str]:
    """The streams that a warning calls unavailable."""
    lines = [text.split() for text in output.warnings() if "is not available" in text]
    return sorted(words[1] for words in lines)


@pytest.mark.parametrize("tier", ["free", "team", "business"])
def test_plan_tier(connect: Connect, tier: str) -> None:
    connector = connect(size="small", tier=tier)
    names = [name for name in STREAMS if name != SUMMARY]  # whose window ends now

    output = connector.read(names)

    assert output.code == 0, output.errors
    for name in names:
        assert output.status(name) == "COMPLETE"
        same(output.records[name], truth(connector, name))
    refused = [name for name in names if not connector.sim.allows(name)]
    assert unavailable(output) == sorted(refused)
    assert len(refused) == {"free": 60, "team": 26, "business": 0}[tier]


def test_plan_without_a_feature(small: Connector) -> None:
    small.sim.access.deny = ["listAuditEvents"]

    output = small.read(["audit_events", "users"])

    assert output.code == 0
    assert output.statuses["audit_events"][-1] == "COMPLETE"
    same(output.records["users"], truth(small, "users"))
    (line,) = output.warnings()
    assert "audit_events" in line
    assert "Audit Trail (Business plan)" in line  # as the manifest says
    assert "the token has no permission for this resource" in line  # as Segment says
    assert "Deselect it" in line


@pytest.mark.parametrize("status", [401, 403, 404])
def test_refusal_status(small: Connector, status: int) -> None:
    small.sim.faults.add(Fault("status", "listUserGroups", status=status, times=None))

    output = small.read(["groups", "users"])

    assert output.code == 0
    assert unavailable(output) == ["groups"]
    same(output.records["users"], truth(small, "users"))


def test_unavailable_streams_fail(small: Connector) -> None:
    small.sim.access.deny = ["listUserGroups", "listAuditEvents"]

    output = small.read(["groups", "audit_events", "users"], unavailable_streams="fail")

    assert output.code == 1
    assert output.status("groups") == output.status("audit_events") == "INCOMPLETE"
    failures = output.failures()
    assert failures.keys() == {"groups", "audit_events"}
    assert failures["groups"][0] == failures["audit_events"][0] == "config_error"
    assert "Stream groups is not available: it needs advanced access" in failures["groups"][1]
    assert output.status("users") == "COMPLETE"
    same(output.records["users"], truth(small, "users"))


def test_refused_on_one_parent(small: Connector) -> None:
    refused = small.sim.workspace.sources[0]["id"], small.sim.workspace.sources[3]["id"]
    small.sim.access.deny = [f"^/sources/({'|'.join(refused)})$"]

    output = small.read(["source_details"])

    assert output.code == 0
    assert {r["id"] for r in output.records["source_details"]}.isdisjoint(refused)
    same(output.records["source_details"], truth(small, "source_details"))
    assert len(output.records["source_details"]) == 4
    (line,) = output.warnings()
    assert "source_details: 2 " in line


def test_refused_on_one_parent_fail(small: Connector) -> None:
    small.sim.access.deny = [f"^/sources/{small.sim.workspace.sources[0]['id']}$"]

    output = small.read(["source_details", "users"], unavailable_streams="fail")

    assert output.code == 1
    assert output.failures()["source_details"][0] == "config_error"
    assert output.status("users") == "COMPLETE"
    same(output.records["users"], truth(small, "users"))


def test_refused_on_every_parent(small: Connector) -> None:
    small.sim.access.deny = ["getSource"]

    output = small.read(["source_details", "users"])

    assert output.code == 0
    assert output.asked()["getSource"] == 6  # each parent was tried
    (line,) = output.warnings()
    assert "Stream source_details is not available: it needs Team or Business plan" in line
    same(output.records["users"], truth(small, "users"))


def test_refused_child_with_a_limit_of_its_own(small: Connector) -> None:
    small.sim.access.deny = ["listSyncsFromWarehouse"]

    output = small.read(["warehouse_syncs", "users"])

    assert output.code == 0
    assert output.asked()["listSyncsFromWarehouse"] <= 2  # those of the first minute, not all three
    assert unavailable(output) == ["warehouse_syncs"]


def test_refused_time_series_with_fail(small: Connector) -> None:
    small.sim.access.deny = ["getDailyWorkspaceMTUUsage"]

    output = small.read(
        ["usage_mtu_workspace_daily", "users"], unavailable_streams="fail", num_workers=2
    )

    assert output.code == 1
    assert output.status("users") == "COMPLETE"
    failed = [e for e in output.errors if e.get("stream_descriptor")]
    assert len(failed) == 1  # not one for each month
    assert output.asked()["getDailyWorkspaceMTUUsage"] <= 2  # workers


def test_unknown_streams(small: Connector) -> None:
    output = small.read(["sourcez", "users"])

    assert output.code == 0
    assert output.status("sourcez") == "INCOMPLETE"
    same(output.records["users"], truth(small, "users"))
    assert "streams that do not exist: sourcez." in output.warnings()[0]


def test_nothing_but_unknown_streams(small: Connector) -> None:
    output = small.read(["sourcez"])

    assert output.code == 1
    [error] = output.errors
    assert error["failure_type"] == "config_error"
    assert "streams that do not exist: sourcez." in error["message"]
    assert output.requests == []


def test_refused_parent_stream(small: Connector) -> None:
    small.sim.access.deny = ["listUserGroups"]

    output = small.read(["group_users", "users"])

    assert output.code == 0
    assert "group_users" in unavailable(output)
    assert output.records["group_users"] == []


def test_revoked_between_pages(small: Connector) -> None:
    small.sim.faults.add(Fault("status", "listUsers", status=403, page=2, times=None))

    output = small.read(["users", "sources"])

    assert output.code == 1
    kind, text = output.failures()["users"]
    assert kind == "config_error"
    assert "the token was revoked or its permissions changed" in text
    assert output.status("users") == "INCOMPLETE"
    same(output.records["sources"], truth(small, "sources"))


def test_revoked_between_months(small: Connector) -> None:
    name, operation = "usage_api_calls_workspace_daily", "getDailyWorkspaceAPICallsUsage"
    state = small.read([name]).state()
    assert state[0]["stream"]["stream_state"]["timestamp"].startswith("2026-03")
    state[0]["stream"]["stream_state"]["timestamp"] = "2026-01-20"
    small.sim.faults.add(Fault("status", operation, status=403, after=2, times=None))

    output = small.read([name, "users"], state=state, num_workers=2, page_size=1000)

    assert output.code == 1
    kind, text = output.failures()[name]
    assert kind == "config_error"
    assert "the token was revoked or its permissions changed" in text
    assert output.status("users") == "COMPLETE"
    for states in output.states[name]:
        assert states["timestamp"] < "2026-03"  # the refused month is read next time
    small.sim.faults.clear()
    again = small.read([name], state=output.state() or state)
    seen = {r["timestamp"] for r in output.records[name] + again.records[name]}
    assert seen >= {r["timestamp"] for r in truth(small, name) if r["timestamp"] > "2026-01-20"}


@pytest.mark.parametrize("status", [401, 403])
def test_token_revoked_between_streams(connect: Connect, status: int) -> None:
    connector = connect(size="small", config={"num_workers": 2},
                        revoke_after=4, dead_status=status)  # fmt: skip
    names = ["users", "sources", "warehouses", "groups", "transformations", "catalog_sources"]

    output = connector.read(names)

    assert output.code == 1
    assert "The API token stopped working" in output.failures()[names[-1]][1]
    for name in names:  # a stream that was not read is not complete and empty
        assert output.status(name) == "INCOMPLETE" or output.records[name]


def test_revoked_token_is_not_tried_for_each_parent(connect: Connect) -> None:
    connector = connect(size="small", revoke_after=4)

    output = connector.read(["events_volume", "source_details"])

    assert output.code == 1
    assert sum(request.status == 401 for request in output.requests) < 20  # of some 50
    assert output.asked()["getWorkspace"] == 1


def test_unknown_and_refused_streams_alone_are_no_success(small: Connector) -> None:
    small.sim.access.deny = ["listUsers"]

    output = small.read(["users", "no_such_stream"])

    assert output.code == 1
    assert output.errors[-1]["message"].startswith("None of the selected streams can be read")


@pytest.mark.parametrize("status", [401, 403])
def test_revoked_token(connect: Connect, status: int) -> None:
    connector = connect(size="small", config={"page_size": 5}, revoke_after=2, dead_status=status)

    output = connector.read(["users"])

    assert output.code == 1
    assert len(output.records["users"]) == 10
    kind, text = output.failures()["users"]
    assert kind == "config_error"
    assert "revoked or changed" in text


def test_all_selected_streams_unavailable(small: Connector) -> None:
    small.sim.access.deny = ["/."]  # all but the workspace

    output = small.read(["users", "source_details", "audit_events"])

    assert output.code == 1
    (error,) = [e for e in output.errors if not e.get("stream_descriptor")]
    assert error["failure_type"] == "config_error"
    assert error["message"].startswith("None of the selected streams can be read")


def test_all_parents_refused_and_nothing_else_selected(small: Connector) -> None:
    small.sim.access.deny = ["getSource"]

    output = small.read(["source_details"])

    assert output.code == 1
    (error,) = output.errors
    assert error["message"].startswith("None of the selected streams can be read")
    assert "source_details" in error["message"]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("command", ["read", "check"])
def test_dead_token(connect: Connect, command: str, status: int) -> None:
    token = "sgp_deadtokendeadtokendead"
    connector = connect(size="small", config={"api_token": token}, dead_status=status)

    output = connector.read(list(STREAMS)) if command == "read" else connector.check()

    if command == "read":
        assert output.code == 1
        (error,) = output.errors
        kind, text = error["failure_type"], error["message"]
        assert output.asked()["getWorkspace"] <= 2  # once by the stream, once to decide
    else:
        kind, text = output.connection()
    assert kind in ("config_error", "FAILED")
    assert f"Segment refused the API token ({status}: Unauthorized)" in text
    assert "this connection uses US" in text
    assert len(output.requests) <= 22  # far less than one for each stream


def test_refusal_by_401_of_a_living_token(connect: Connect) -> None:
    connector = connect(size="small", deny=["listUserGroups", "listAuditEvents"],
                        refusal_status=401)  # fmt: skip

    output = connector.read(["groups", "audit_events", "users"])

    assert output.code == 0
    assert unavailable(output) == ["audit_events", "groups"]
    assert output.asked()["getWorkspace"] == 1  # decided once
    same(output.records["users"], truth(connector, "users"))


def test_check_lists_what_cannot_be_read(connect: Connect) -> None:
    connector = connect(size="small", tier="team")

    output = connector.check()

    assert output.connection()[0] == "SUCCEEDED"
    (line,) = output.warnings()
    for name in STREAMS:
        assert connector.sim.allows(name) == (name not in line.replace(",", " ").split()), name
    assert len(output.requests) <= 16


def test_outage_of_a_feature_does_not_fail_the_check(small: Connector) -> None:
    fault = Fault("status", "listFunctions", status=503, times=None)
    small.sim.faults.add(fault)

    output = small.check()

    assert output.connection()[0] == "SUCCEEDED"
    (line,) = output.warnings()
    assert line.startswith(
        "Functions: could not be tried. Segment answered functions with HTTP 503"
    )
    assert fault.hits == 2


def test_deleted_parent(small: Connector) -> None:
    gone = small.sim.workspace.sources[1]["id"]
    small.sim.faults.add(Fault("status", f"^/sources/{gone}$", status=404, times=None))

    output = small.read(["source_details"])

    assert output.code == 0
    same(output.records["source_details"],
         [r for r in truth(small, "source_details") if r["id"] != gone])  # fmt: skip
    (line,) = output.warnings()
    assert "source_details: 1 " in line
    assert "deleted" in line


@pytest.mark.parametrize("mode", ["skip", "fail"])
def test_rejected_request_422(small: Connector, mode: str) -> None:
    body = (
        '{"errors": [{"type": "input-validation", "message": "first words", "field": "a"}, '
        '{"type": "input-validation", "message": "second words"}, '
        '{"type": "third-type", "field": "pagination"}]}'
    )
    small.sim.faults.add(Fault("status", "listUsers", status=422, body=body, times=None))

    output = small.read(["users", "sources"], unavailable_streams=mode)

    assert output.code == 1
    kind, text = output.failures()["users"]
    assert kind == "system_error"
    assert "users (HTTP 422: first words; second words; third-type pagination)" in text
    assert output.asked()["listUsers"] == 1
    same(output.records["sources"], truth(small, "sources"))
