"""What each stream of the connector reads, as data: operation, parents, shape of a record.

`PARTITIONS` tells with which parameters an operation is asked, once for each parent; `STREAMS` adds
the parameters that are put on the records and what is done to a row. `truth` evaluates both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.clock import ceil_day, iso
from simulator.governance import FUNCTION_TYPES
from simulator.usage import MTU, months
from simulator.words import Json

Read = Callable[[str], list[Json]]  # a stream's name -> its records
Params = dict[str, str]
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """The time that a sync covers: from the configured start to now."""

    start: datetime
    now: datetime

    def kept(self, days: int) -> datetime:
        """The first midnight at or after the start that an API still takes that keeps `days`."""
        return max(self.start, ceil_day(self.now - days * DAY))


@dataclass(frozen=True)
class Partition:
    """The parent streams, and the parameters for each of their records."""

    parents: tuple[str, ...]
    params: Callable[[Read, Span], Iterable[Params]]


def _of(stream: str, **names: str) -> Partition:
    """One request for each distinct combination of fields of a parent: parameter=field.

    A parent without one of them cannot be asked for.
    """

    def params(read: Read, _span: Span) -> Iterable[Params]:
        found = [{name: row[key] for name, key in names.items()} for row in read(stream)]
        return _distinct(params for params in found if all(params.values()))

    return Partition((stream,), params)


def _distinct(rows: Iterable[Params]) -> list[Params]:
    return list({tuple(row.items()): row for row in rows}.values())


def _bounds(start: datetime, end: datetime) -> Params:
    return {"startTime": iso(start), "endTime": iso(end), "granularity": "DAY"}


def _windows(parent: Partition, days: int) -> Partition:
    """One request for each parent over the time that the API keeps."""

    def params(read: Read, span: Span) -> Iterable[Params]:
        start = span.kept(days)
        bounds = _bounds(start, span.now)
        return [p | bounds for p in parent.params(read, span) if start < span.now]

    return Partition(parent.parents, params)


def _each_day(parent: Partition, days: int) -> Partition:
    """One request for each parent and day that the API keeps."""

    def params(read: Read, span: Span) -> Iterable[Params]:
        for found in parent.params(read, span):
            day = ceil_day(span.kept(days))
            while day < span.now:
                yield found | _bounds(day, day + DAY) | {"date": day.date().isoformat()}
                day += DAY

    return Partition(parent.parents, params)


def _years(span: Span) -> Iterable[tuple[datetime, datetime]]:
    """Windows of at most a year from the first midnight: the most that is asked for at a time."""
    start = span.start.replace(hour=0, minute=0, second=0, microsecond=0)
    while start < span.now:
        end = start.replace(year=start.year + 1)
        yield start, min(end, span.now)
        start = end


def _audit_window(_read: Read, span: Span) -> Iterable[Params]:
    """One window over the 90 days that the API keeps.

    It begins a millisecond early, since the API's bounds may be exclusive.
    """
    start = max(span.start, span.now - 90 * DAY) - timedelta(milliseconds=1)
    return [{"startTime": iso(start), "endTime": iso(span.now)}] if start < span.now else []


def _reverse_etl(read: Read, _span: Span) -> Iterable[Params]:
    rows = [s for s in read("destination_subscriptions") if s.get("modelId")]
    return [{"modelId": s["modelId"], "subscriptionId": s["id"]} for s in rows]


def _insert_functions(read: Read, _span: Span) -> Iterable[Params]:
    return [
        {"functionId": f["id"]}
        for f in read("functions")
        if f["id"] and f["resourceType"].startswith("INSERT_")
    ]


def _pairs(read: Read, _span: Span) -> Iterable[Params]:
    return [
        {"sourceId": d["sourceId"], "destinationId": d["id"], "destinationConfigId": d["id"]}
        for d in read("source_connected_destinations")
    ]


_SOURCE = _of("sources", sourceId="id")
_PAIR = Partition(("source_connected_destinations",), _pairs)
_VOLUME = {"groupBy.0": "eventName", "groupBy.1": "eventType", "groupBy.2": "source"}
PARTITIONS = {
    "once": Partition((), lambda _read, _span: [{}]),
    "audit": Partition((), _audit_window),
    "function_type": Partition((), lambda _r, _s: [{"resourceType": t} for t in FUNCTION_TYPES]),
    "period": Partition(
        (), lambda _r, s: [{"period": m.isoformat()} for m in months(s.start.date(), s.now.date())]
    ),
    "source": _SOURCE,
    "source_volume": Partition(
        ("sources",),
        lambda read, span: [
            {"sourceId": s["id"], "sourceId.0": s["id"], **_VOLUME, **_bounds(start, end)}
            for s in read("sources")
            for start, end in _years(span)
        ],
    ),
    "source_window": _windows(_SOURCE, 30),
    "pair_window": _windows(_PAIR, 30),
    "pair_summary": _windows(_PAIR, 14),
    "pair_day": _each_day(_PAIR, 14),
    "destination": _of("destinations", destinationId="id"),
    "group": _of("groups", userGroupId="id"),
    "user": _of("users", userId="id"),
    "credential": _of("credentials", credentialId="id"),
    "function": _of("functions", functionId="id"),
    "insert_function": Partition(("functions",), _insert_functions),
    "plan": _of("tracking_plans", trackingPlanId="id"),
    "warehouse": _of("warehouses", warehouseId="id"),
    "warehouse_source": _of(
        "warehouse_connected_sources", warehouseId="warehouseId", sourceId="id"
    ),
    "reverse_etl": Partition(("destination_subscriptions",), _reverse_etl),
    "space": _of("spaces", spaceId="id"),
    "space_filter": _of("spaces", spaceId="id", integrationId="id"),
    "collection": Partition(
        ("spaces",),
        lambda read, _s: [
            {"spaceId": s["id"], "collection": c, "sortBy": "trait"}
            for s in read("spaces")
            for c in ("users", "accounts")
        ],
    ),
    "audience": _of("space_audiences", spaceId="spaceId", audienceId="id"),
    "reference": _of(
        "space_audiences", spaceId="spaceId", audienceId="id", referencedAudienceId="id"
    ),
    "event": _of("space_events", spaceId="spaceId", eventName="name"),
    "entity": _of("space_entity_paths", spaceId="spaceId", entitySlug="entitySlug"),
    "profiles_warehouse": _of("profiles_warehouses", spaceId="spaceId", warehouseId="id"),
}

COUNTS = {"addedCount", "updatedCount", "deletedCount", "extractCount", "deliverSuccessCount",
          "deliverFailureCount", "apiCalls", *MTU}  # fmt: skip


def integers(row: Json) -> list[Json]:
    """Turn counts that the API writes as strings into integers, in nested objects too."""

    def convert(name: str, value: object) -> object:
        if isinstance(value, dict):
            return {k: convert(k, v) for k, v in value.items()}
        return int(value) if name in COUNTS and isinstance(value, str) else value

    return [{name: convert(name, value) for name, value in row.items()}]


def points(row: Json) -> list[Json]:
    """One record for each point of a series."""
    dropped = ("series", "total", "totalRetryCount")
    labels = {k: v for k, v in row.items() if k not in dropped}
    return [labels | point for point in row["series"]]


def subjects(row: Json) -> list[Json]:
    """One record for each suppressed subject."""
    return [{"subjectType": row["subjectType"], "subjectId": s} for s in row["subjectIds"]]


def details(row: Json) -> list[Json]:
    """A source with its tracking plan."""
    return [row["source"] | {"trackingPlanId": row["trackingPlanId"]}]


def email(row: str) -> list[Json]:
    """A bare e-mail as an object."""
    return [{"email": row}]


@dataclass(frozen=True)
class Stream:
    """A stream of the connector."""

    name: str
    operation: str
    partition: str = "once"
    added: tuple[str, ...] = ()
    shape: Callable[..., list[Json]] | None = None
    prefix: str | None = None  # of the paging parameters, where the operation has two
    beside: tuple[str, ...] = ()  # fields of the answer that stand beside the list
    may_lack: tuple[str, ...] = ()  # fields of the primary key that the API may leave out
    since: str = ""  # the time of a record, where the API also answers earlier ones


S = Stream
_SPACE_AUDIENCE = ("spaceId", "audienceId")
_STREAMS = (
    S("audit_events", "listAuditEvents", "audit", since="timestamp"),
    S("catalog_destinations", "getDestinationsCatalog"),
    S("catalog_sources", "getSourcesCatalog"),
    S("catalog_warehouses", "getWarehousesCatalog"),
    S("destination_delivery_metrics_summary", "listDeliveryMetricsSummaryFromDestination",
      "pair_summary",
      ("destinationId", "startTime", "endTime", "sourceId")),
    S("destination_subscriptions", "listSubscriptionsFromDestination", "destination",
      ("destinationId",)),
    S("destinations", "listDestinations"),
    S("groups", "listUserGroups"),
    S("source_connected_destinations", "listConnectedDestinationsFromSource", "source",
      ("sourceId",)),
    S("source_connected_warehouses", "listConnectedWarehousesFromSource", "source", ("sourceId",)),
    S("sources", "listSources"),
    S("transformations", "listTransformations"),
    S("usage_api_calls_per_source_daily", "getDailyPerSourceAPICallsUsage", "period", ("period",),
      integers),
    S("usage_api_calls_workspace_daily", "getDailyWorkspaceAPICallsUsage", "period", ("period",),
      integers),
    S("usage_mtu_per_source_daily", "getDailyPerSourceMTUUsage", "period", ("period",), integers),
    S("usage_mtu_workspace_daily", "getDailyWorkspaceMTUUsage", "period", ("period",), integers),
    S("users", "listUsers"),
    S("warehouses", "listWarehouses"),
    S("workspace", "getWorkspace"),
    S("credentials", "listCredentials"),
    S("events_volume", "getEventsVolumeFromWorkspace", "source_volume", ("sourceId",), points,
      may_lack=("eventName", "eventType")),
    S("functions", "listFunctions", "function_type", may_lack=("id",)),
    S("invites", "listInvites", shape=email),
    S("labels", "listLabels"),
    S("regulations", "listWorkspaceRegulations"),
    S("reverse_etl_models", "listReverseEtlModels"),
    S("roles", "listRoles"),
    S("spaces", "listSpaces"),
    S("suppressions", "listSuppressions", shape=subjects),
    S("tracking_plans", "listTrackingPlans"),
    S("destination_filters", "listFiltersFromDestination", "destination", ("destinationId",)),
    *(S(f"delivery_overview_{name}_daily", f"get{operation}MetricsFromDeliveryOverview",
      f"{each}_window", added, points)
      for name, operation, each, added in (
          ("failed_on_ingest", "IngressFailed", "source", ("sourceId",)),
          ("filtered_at_source", "FilteredAtSource", "source", ("sourceId",)),
          ("successfully_received", "IngressSuccess", "source", ("sourceId",)),
          ("failed_delivery", "EgressFailed", "pair", ("sourceId", "destinationId")),
          ("filtered_at_destination", "FilteredAtDestination", "pair", ("sourceId",
            "destinationId")),
          ("successful_delivery", "EgressSuccess", "pair", ("sourceId", "destinationId")))),
    S("destination_delivery_metrics_daily", "listDeliveryMetricsSummaryFromDestination", "pair_day",
      ("destinationId", "sourceId", "date")),
    S("function_versions", "listFunctionVersions", "function", ("functionId",)),
    S("insert_function_instances", "listInsertFunctionInstances", "insert_function",
      ("functionId",)),
    S("group_users", "listUsersFromUserGroup", "group", ("userGroupId",)),
    S("group_invites", "listInvitesFromUserGroup", "group", ("userGroupId",), email),
    S("user_groups", "listUserGroupsFromUser", "user", ("userId",)),
    S("source_regulations", "listRegulationsFromSource", "source", ("sourceId",)),
    S("source_schema_settings", "listSchemaSettingsInSource", "source", ("sourceId",)),
    S("source_details", "getSource", "source", shape=details),
    S("source_live_plugins", "getLatestFromLivePlugins", "source", ("sourceId",)),
    S("tracking_plan_rules", "listRulesFromTrackingPlan", "plan", ("trackingPlanId",),
      may_lack=("key",)),
    S("tracking_plan_sources", "listSourcesFromTrackingPlan", "plan", ("trackingPlanId",)),
    S("credential_sources", "listCredentialConsumers", "credential", ("credentialId",),
      prefix="sources"),
    S("credential_warehouses", "listCredentialConsumers", "credential", ("credentialId",),
      prefix="warehouses"),
    S("warehouse_connected_sources", "listConnectedSourcesFromWarehouse", "warehouse",
      ("warehouseId",)),
    S("warehouse_syncs", "listSyncsFromWarehouse", "warehouse", ("warehouseId",), since="start"),
    S("warehouse_selective_syncs", "listSelectiveSyncsFromWarehouseAndSource", "warehouse_source",
      ("warehouseId", "sourceId")),
    S("warehouse_advanced_sync_schedules", "getAdvancedSyncScheduleFromWarehouse", "warehouse",
      ("warehouseId",)),
    S("warehouse_connection_states", "getConnectionStateFromWarehouse", "warehouse",
      ("warehouseId",)),
    S("reverse_etl_sync_statuses", "listReverseETLSyncStatusesFromModelAndSubscriptionId",
      "reverse_etl",
      ("modelId", "subscriptionId"), integers),
    S("space_filters", "listFiltersForSpace", "space_filter", ("spaceId",)),
    S("space_audiences", "listAudiences", "space", ("spaceId",)),
    S("audience_schedules", "listAudienceSchedulesFromSpaceAndAudience", "audience",
      _SPACE_AUDIENCE),
    S("audience_activations", "listActivationsFromAudience", "audience", _SPACE_AUDIENCE),
    S("audience_destination_connections", "listDestinationsFromAudience", "audience",
      _SPACE_AUDIENCE),
    S("audience_references", "listAudienceConsumersFromSpaceAndAudience", "reference",
      ("spaceId", "referencedAudienceId")),
    S("computed_traits", "listComputedTraits", "space", ("spaceId",)),
    S("space_events", "listEvents", "space", ("spaceId",)),
    S("space_event_properties", "listPropertiesFromEvent", "event", ("spaceId", "eventName")),
    S("space_traits", "listTraits", "collection", ("spaceId", "collection")),
    S("space_entity_paths", "listEntityPaths", "space", ("spaceId",)),
    S("space_entity_properties", "listPropertiesFromEntity", "entity", ("spaceId", "entitySlug")),
    S("profiles_warehouses", "listProfilesWarehouseInSpace", "space", ("spaceId",)),
    S("profiles_warehouse_selective_syncs", "listSelectiveSyncsFromWarehouseAndSpace",
      "profiles_warehouse",
      ("spaceId", "warehouseId"), beside=("enableEventTables",)),
)  # fmt: skip
STREAMS = {stream.name: stream for stream in _STREAMS}
