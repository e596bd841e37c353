"""Functions, tracking plans, regulations and suppressions."""

from datetime import date, timedelta

from simulator.clock import iso, midnight
from simulator.objects import Objects
from simulator.samples import ABSENT, Samples
from simulator.values import ZERO_TIME, Json, new_id

FUNCTION_TYPES = ("DESTINATION", "INSERT_DESTINATION", "INSERT_SOURCE", "INSERT_TRANSFORMATION",
                  "SOURCE")  # fmt: skip


def fill(ws: Objects, make: Samples, today: date) -> None:
    """Add the governance objects; regulations are dated back from `today`."""
    for n in range(ws.size.functions):
        _add_function(ws, make, n, new_id(make.rng, "fn"))
    if ws.functions:  # the API's model does not require an id
        ws.functions.append({"resourceType": "DESTINATION", "displayName": "Draft"})
    for n in range(ws.size.tracking_plans):
        _add_tracking_plan(ws, make, n, new_id(make.rng, "tp"))
    ws.regulations += [_regulation(make, today, n) for n in range(2 * ws.size.sources)]
    for n, source in enumerate(ws.sources):
        ws.children["source_regulations"][source["id"],] = [
            _regulation(make, today, k) | {"regulationType": "DELETE_ARCHIVE_ONLY"} for k in range(n % 4)
        ]
    for n in range(ws.size.users):
        subjects = [f"{ws.names.column}-{n}-{k}" for k in range(1 + n % 3)]
        kind = ("USER_ID", "ANONYMOUS_ID")[n % 2]
        ws.suppressions.append({"subjectType": kind, "subjectIds": subjects})


def _add_function(ws: Objects, make: Samples, n: int, function_id: str) -> None:
    kind, name = FUNCTION_TYPES[n % len(FUNCTION_TYPES)], ws.names.thing("function", n)
    fields = {"id": function_id, "resourceType": kind, "displayName": name}
    ws.functions.append(make.record("ListFunctionItemV1", n, **fields))
    ws.children["function_versions"][function_id,] = make.records("Version", 1 + n % 3)
    if kind.startswith("INSERT_"):
        instances = make.records("InsertFunctionInstanceAlpha", n % 3, classId=function_id)
        ws.children["function_instances"][function_id,] = instances


def _add_tracking_plan(ws: Objects, make: Samples, n: int, plan_id: str) -> None:
    """A plan with rules of all types."""
    name, schema_id = ws.names.thing("tracking plan", n), new_id(make.rng, "rs")
    kind = ("LIVE", "ENGAGE", "LIVE")[n % 3]
    plan = make.record("TrackingPlanV1", n, id=plan_id, name=name, type=kind)
    ws.tracking_plans.append(plan | {"resourceSchemaId": schema_id})  # not in the model
    unnamed = [(ABSENT, kind) for kind in ("COMMON", "IDENTIFY", "GROUP")]
    named = [event for event in ws.names.events() if event[1] in ("TRACK", "PAGE", "SCREEN")]
    schema = {"properties": {ws.names.column: {"type": ["number", "null"]}}, "required": []}
    ws.children["rules"][plan_id,] = [
        make.record("RuleV1", k, type=kind, key=key, version=1 + k, jsonSchema=schema,
                    deprecatedAt=ZERO_TIME if k % 5 != 4 else "2025-06-01T00:00:00.000Z")
        for k, (key, kind) in enumerate([*unnamed, *named[: 9 - 2 * (n % 4)]])
    ]  # fmt: skip
    ws.plan_sources[plan_id] = [s["id"] for s in ws.sources[n :: ws.size.tracking_plans + 1]]


def _regulation(make: Samples, today: date, n: int) -> Json:
    created = midnight(today) - timedelta(days=5 * (n % 20), hours=n % 24)
    finished = iso(created + timedelta(hours=2)) if n % 5 != 1 else ABSENT
    times = {"createdAt": iso(created), "finishedAt": finished}
    subjects = [f"customer-{1000 + n}"]
    return make.record("RegulationListEntryV1", n, subjects=subjects, **times)
