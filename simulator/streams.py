"""The table of the simulator: what each stream of the connector reads, and from which operation.

A line is a stream. It does not repeat what `Operation` takes from the facts of the API, nor what
`Stream` derives: parents and added fields come from the ids in the path, rows from the stored list
that is named like the key of the response. A second stream of an operation shares its object.
"""

from simulator import history, traffic
from simulator import partitions as p
from simulator import resolvers as r
from simulator.operations import Operation as O  # noqa: N817
from simulator.operations import Stream as S  # noqa: N817
from simulator.usage import MTU, usage
from simulator.values import Json

_PHASES = ("addedCount", "updatedCount", "deletedCount", "extractCount", "deliverSuccessCount", "deliverFailureCount")
_COUNTS = {*_PHASES, "apiCalls", *MTU}
_METRICS = O("listDeliveryMetricsSummaryFromDestination", traffic.delivery_metrics)
_CONSUMERS = O("listCredentialConsumers", r.credential_consumers)
_PAIR = ("sourceId", "destinationId")
_PERIOD = ("period",)


def _integers(row: Json) -> list[Json]:
    """Counts that the API sends as strings become integers, in nested objects too."""

    def convert(name: str, value: object) -> object:
        if isinstance(value, dict):
            return {k: convert(k, v) for k, v in value.items()}
        return int(value) if name in _COUNTS and isinstance(value, str) else value

    return [{name: convert(name, value) for name, value in row.items()}]


def _points(row: Json) -> list[Json]:
    """One record for each point of a series."""
    labels = {k: v for k, v in row.items() if k not in ("series", "total", "totalRetryCount")}
    return [labels | point for point in row["series"]]


def _overview(name: str, operation: str, parent: p.Partition, adds: tuple[str, ...]) -> S:
    """One of the six delivery overviews."""
    rows = traffic.overview(name.replace("_", "-"))
    api = O(f"get{operation}MetricsFromDeliveryOverview", rows, beside=traffic.overview_total)
    return S(f"delivery_overview_{name}_daily", api, p.windows(parent, 30), adds, _points)


_TABLE = (
    S("audit_events", O("listAuditEvents", history.audit_events, page_size=1000), p.AUDIT_WINDOW, since="timestamp"),
    S("catalog_destinations", O("getDestinationsCatalog", "destination_catalog")),
    S("catalog_sources", O("getSourcesCatalog", "source_catalog")),
    S("catalog_warehouses", O("getWarehousesCatalog", "warehouse_catalog")),
    S("destination_delivery_metrics_summary", _METRICS, p.windows(p.EACH_CONNECTION, 14),
      (*_PAIR, "startTime", "endTime")),
    S("destination_subscriptions", O("listSubscriptionsFromDestination")),
    S("destinations", O("listDestinations")),
    S("groups", O("listUserGroups", "groups")),
    S("source_connected_destinations", O("listConnectedDestinationsFromSource",
      r.related("connected_destinations", "destinations", "sourceId"))),
    S("source_connected_warehouses", O("listConnectedWarehousesFromSource",
      r.related("warehouse_sources", "warehouses", "sourceId", back=True))),
    S("sources", O("listSources")),
    S("transformations", O("listTransformations")),
    S("usage_api_calls_per_source_daily", O("getDailyPerSourceAPICallsUsage", usage("apiCalls", by_source=True),
      page_size=1000), p.MONTHS, _PERIOD, _integers),
    S("usage_api_calls_workspace_daily", O("getDailyWorkspaceAPICallsUsage", usage("apiCalls", by_source=False),
      page_size=1000), p.MONTHS, _PERIOD, _integers),
    S("usage_mtu_per_source_daily", O("getDailyPerSourceMTUUsage", usage(*MTU, by_source=True), page_size=1000),
      p.MONTHS, _PERIOD, _integers),
    S("usage_mtu_workspace_daily", O("getDailyWorkspaceMTUUsage", usage(*MTU, by_source=False), page_size=1000),
      p.MONTHS, _PERIOD, _integers),
    S("users", O("listUsers", page_size=1000)),
    S("warehouses", O("listWarehouses")),
    S("workspace", O("getWorkspace")),
    S("credentials", O("listCredentials")),
    S("events_volume", O("getEventsVolumeFromWorkspace", traffic.events_volume, beside=traffic.events_volume_query),
      p.EVENTS_VOLUME, ("sourceId",), _points, may_lack=("eventName", "eventType")),
    S("functions", O("listFunctions", r.functions), p.EACH_FUNCTION_TYPE, may_lack=("id",)),
    S("invites", O("listInvites"), shape=lambda row: [{"email": row}]),
    S("labels", O("listLabels")),
    S("regulations", O("listWorkspaceRegulations", r.regulations)),
    S("reverse_etl_models", O("listReverseEtlModels")),
    S("roles", O("listRoles")),
    S("spaces", O("listSpaces")),
    S("suppressions", O("listSuppressions", "suppressions"), shape=lambda row: [
      {"subjectType": row["subjectType"], "subjectId": subject} for subject in row["subjectIds"]]),
    S("tracking_plans", O("listTrackingPlans", "tracking_plans")),
    S("destination_filters", O("listFiltersFromDestination", "destination_filters")),
    _overview("failed_on_ingest", "IngressFailed", p.EACH_SOURCE, ("sourceId",)),
    _overview("filtered_at_source", "FilteredAtSource", p.EACH_SOURCE, ("sourceId",)),
    _overview("successfully_received", "IngressSuccess", p.EACH_SOURCE, ("sourceId",)),
    _overview("failed_delivery", "EgressFailed", p.EACH_CONNECTION, _PAIR),
    _overview("filtered_at_destination", "FilteredAtDestination", p.EACH_CONNECTION, _PAIR),
    _overview("successful_delivery", "EgressSuccess", p.EACH_CONNECTION, _PAIR),
    S("destination_delivery_metrics_daily", _METRICS, p.windows(p.EACH_CONNECTION, 14, p.a_day), (*_PAIR, "date")),
    S("function_versions", O("listFunctionVersions", r.function_versions)),
    S("insert_function_instances", O("listInsertFunctionInstances",
      r.below("function_instances", "functions", "functionId")), p.EACH_INSERT_FUNCTION, ("functionId",)),
    S("group_users", O("listUsersFromUserGroup", r.related("members", "users", "userGroupId", "id", "name", "email"))),
    S("group_invites", O("listInvitesFromUserGroup", "group_invites"), shape=lambda row: [{"email": row}]),
    S("user_groups", O("listUserGroupsFromUser", r.related("members", "groups", "userId", "id", "name", back=True))),
    S("source_regulations", O("listRegulationsFromSource", r.regulations)),
    S("source_schema_settings", O("listSchemaSettingsInSource", "schema_settings")),
    S("source_details", O("getSource", r.source), adds=(),
      shape=lambda row: [row["source"] | {"trackingPlanId": row["trackingPlanId"]}]),
    S("source_live_plugins", O("getLatestFromLivePlugins", "live_plugins")),
    S("tracking_plan_rules", O("listRulesFromTrackingPlan"), may_lack=("key",)),
    S("tracking_plan_sources", O("listSourcesFromTrackingPlan",
      r.related("plan_sources", "sources", "trackingPlanId"))),
    S("credential_sources", _CONSUMERS, list_key="sources"),
    S("credential_warehouses", _CONSUMERS, list_key="warehouses"),
    S("warehouse_connected_sources", O("listConnectedSourcesFromWarehouse",
      r.related("warehouse_sources", "sources", "warehouseId"))),
    S("warehouse_syncs", O("listSyncsFromWarehouse", history.warehouse_syncs), since="start"),
    S("warehouse_selective_syncs", O("listSelectiveSyncsFromWarehouseAndSource", "selective_syncs")),
    S("warehouse_advanced_sync_schedules", O("getAdvancedSyncScheduleFromWarehouse", "sync_schedules")),
    S("warehouse_connection_states", O("getConnectionStateFromWarehouse", "connection_states")),
    S("reverse_etl_sync_statuses", O("listReverseETLSyncStatusesFromModelAndSubscriptionId", "sync_statuses"),
      shape=_integers),
    S("space_filters", O("listFiltersForSpace", r.below("space_filters", "spaces", "integrationId")), p.EACH_SPACE,
      ("spaceId",)),
    S("space_audiences", O("listAudiences")),
    S("audience_schedules", O("listAudienceSchedulesFromSpaceAndAudience", "audience_schedules")),
    S("audience_activations", O("listActivationsFromAudience")),
    S("audience_destination_connections", O("listDestinationsFromAudience", "audience_connections")),
    S("audience_references", O("listAudienceConsumersFromSpaceAndAudience", "audience_references"), p.EACH_REFERENCE,
      ("spaceId", "referencedAudienceId")),
    S("computed_traits", O("listComputedTraits", "computed_traits")),
    S("space_events", O("listEvents", "space_events", page_size=1000)),
    S("space_event_properties", O("listPropertiesFromEvent", "event_properties", page_size=1000)),
    S("space_traits", O("listTraits", r.below("traits", "spaces", "spaceId", "collection"), page_size=1000),
      p.EACH_COLLECTION, ("spaceId", "collection")),
    S("space_entity_paths", O("listEntityPaths", "entity_paths")),
    S("space_entity_properties", O("listPropertiesFromEntity", "entity_properties", page_size=1000)),
    S("profiles_warehouses", O("listProfilesWarehouseInSpace", "profiles_warehouses")),
    S("profiles_warehouse_selective_syncs", O("listSelectiveSyncsFromWarehouseAndSpace", "profiles_sync_items",
      beside=r.profiles_sync), beside=("enableEventTables",)),
)  # fmt: skip
STREAMS = {stream.name: stream for stream in _TABLE}
OPERATIONS = {stream.operation: stream.api for stream in _TABLE}
