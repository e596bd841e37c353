"""The table of the GET operations that the simulator serves.

Operation names, paths, parameters, limits and features are those of the API reference (SDK
73.2.0). Path parameters carry the names under which a client knows the ids, so
`/spaces/{spaceId}/audiences/{id}` reads `{audienceId}` here. How a path becomes rows is in
`resolvers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator import resolvers as r
from simulator.governance import FUNCTION_TYPES
from simulator.resolvers import Query, below, single, top
from simulator.words import Json

# dot: pagination.count/.cursor; flat: count/cursor; offset: dot, the cursor is a number; two: one
# object for each list of the answer; first: dot is accepted, and no page follows the first (the
# answer has no pagination object, so it is assumed that `count` cuts the list).
Paging = Literal["none", "dot", "flat", "offset", "two", "first"]


@dataclass(frozen=True)
class Param:
    """A query parameter: `values` are the allowed ones, `many` is a dot-indexed list."""

    name: str
    required: bool = False
    values: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Endpoint:
    """One operation; `key` is the key below `data`, None if `data` itself is the record."""

    name: str
    path: str
    key: str | None
    rows: Callable[[Query], Any]
    feature: str | None = None
    limit: int | None = None
    paging: Paging = "dot"
    params: tuple[Param, ...] = ()
    max_count: int = 1000
    default_count: int = 200
    page_size: int = 200  # what a sensible client asks for, at most `max_count`
    count_required: bool = False
    pagination_optional: bool = False
    list_optional: bool = False  # assumed: left out when it is empty
    has_previous: bool = True
    beside: Callable[[Query, Sequence[Any]], Json] | None = None


AUDIT, AAM, PROTOCOLS = "Audit Trail", "Advanced Access Management", "Protocols"
FUNCTIONS, SUBSCRIPTIONS, UNIFY = "Functions", "Destination Subscriptions", "Unify / Engage"
SPACES, AUDIENCE, TRAIT = "Spaces", "Audience", "Computed Trait"
FILTERS, PLUGINS, WAREHOUSE_SYNC = "Space Filters", "Live Plugins", "Selective and scheduled sync"

_GRANULARITY = Param("granularity", True, ("DAY", "HOUR", "MINUTE"))
_WINDOW = (Param("startTime", True), Param("endTime", True), Param("groupBy", many=True))
_LABELS = tuple(Param(f"filter.{n}", many=True) for n in ("eventName", "eventType", "appVersion"))
_REASON = (Param("filter.discardReason", many=True),)
_SCOPES = ("subscriptionId", "activationId", "audienceId", "spaceId")
_INGRESS = (Param("sourceId", True), _GRANULARITY, *_WINDOW, *_LABELS)
_EGRESS = (
    *_INGRESS,
    *_REASON,
    Param("destinationConfigId", True),
    *(Param(f"filter.{n}", many=True) for n in _SCOPES),
)
_PERIOD = (Param("period", True),)
_SEARCH = (Param("search.type", values=("DEFINITION", "KEY", "NAME")), Param("search.query"))
_SAMPLES = (Param("includeSampleValues", values=("true", "false")), Param("samplesCount"))
_BY_NAME = (
    Param("sortBy", values=("lastSeenAt", "name")),
    Param("sortDir", values=("asc", "desc")),
    Param("search"),
)
_STATUS = Param(
    "status",
    values=(
        "FAILED",
        "FINISHED",
        "INITIALIZED",
        "INVALID",
        "NOT_SUPPORTED",
        "PARTIAL_SUCCESS",
        "RUNNING",
    ),
)
_PLANS = ("ENGAGE", "LIVE", "PROPERTY_LIBRARY", "RULE_LIBRARY", "TEMPLATE")
_KINDS = (
    "DELETE_INTERNAL",
    "DELETE_ONLY",
    "SUPPRESS_ONLY",
    "SUPPRESS_WITH_DELETE",
    "SUPPRESS_WITH_DELETE_INTERNAL",
    "UNSUPPRESS",
)
_REGULATION_TYPES = Param("regulationTypes", values=_KINDS, many=True)
_SOURCE_REGULATION_TYPES = Param(
    "regulationTypes", values=(*_KINDS, "DELETE_ARCHIVE_ONLY"), many=True
)

E = Endpoint
ENDPOINTS = (
    E("getWorkspace", "/", "workspace", r.workspace, paging="none"),
    E("listAuditEvents", "/audit-events", "events", r.audit_events, AUDIT,
      pagination_optional=True, page_size=1000, params=tuple(map(Param, ("startTime",
      "endTime", "resourceId", "resourceType")))),
    E("getDestinationsCatalog", "/catalog/destinations", "destinationsCatalog",
      top("destination_catalog"), count_required=True),
    E("getSourcesCatalog", "/catalog/sources", "sourcesCatalog", top("source_catalog")),
    E("getWarehousesCatalog", "/catalog/warehouses", "warehousesCatalog",
      top("warehouse_catalog")),
    E("listCredentials", "/credentials", "credentials", top("credentials")),
    E("listCredentialConsumers", "/credentials/{credentialId}/consumers", "sources",
      r.credential_consumers, paging="two"),
    E("getEgressFailedMetricsFromDeliveryOverview", "/delivery-overview/failed-delivery",
      "dataset", r.overview("failed-delivery"), params=_EGRESS, beside=r.overview_total),
    E("getIngressFailedMetricsFromDeliveryOverview", "/delivery-overview/failed-on-ingest",
      "dataset", r.overview("failed-on-ingest"), params=_INGRESS + _REASON,
      beside=r.overview_total),
    E("getFilteredAtDestinationMetricsFromDeliveryOverview",
      "/delivery-overview/filtered-at-destination", "dataset",
      r.overview("filtered-at-destination"), params=_EGRESS, beside=r.overview_total),
    E("getFilteredAtSourceMetricsFromDeliveryOverview", "/delivery-overview/filtered-at-source",
      "dataset", r.overview("filtered-at-source"), params=_INGRESS + _REASON,
      beside=r.overview_total),
    E("getEgressSuccessMetricsFromDeliveryOverview", "/delivery-overview/successful-delivery",
      "dataset", r.overview("successful-delivery"), params=_EGRESS, beside=r.overview_total),
    E("getIngressSuccessMetricsFromDeliveryOverview", "/delivery-overview/successfully-received",
      "dataset", r.overview("successfully-received"), params=_INGRESS, beside=r.overview_total),
    E("listFiltersFromDestination", "/destination/{destinationId}/filters", "filters",
      below("destination_filters")),
    E("listDestinations", "/destinations", "destinations", top("destinations"),
      count_required=True),
    E("listDeliveryMetricsSummaryFromDestination",
      "/destinations/{destinationId}/delivery-metrics", "deliveryMetricsSummary",
      r.delivery_metrics, paging="none", params=(Param("sourceId", True), Param("startTime"),
      Param("endTime"), Param("granularity", values=_GRANULARITY.values))),
    E("listSubscriptionsFromDestination", "/destinations/{destinationId}/subscriptions",
      "subscriptions", below("subscriptions"), SUBSCRIPTIONS, pagination_optional=True),
    E("getEventsVolumeFromWorkspace", "/events/volume", "result", r.events_volume, limit=60,
      pagination_optional=True, beside=r.events_volume_query, params=(_GRANULARITY, *_WINDOW,
      *(Param(n, many=True) for n in ("sourceId", "eventName", "eventType", "appVersion")))),
    E("listFiltersForSpace", "/filters", "filters", r.space_filters, FILTERS, paging="offset",
      max_count=10, default_count=10, pagination_optional=True, list_optional=True,
      params=(Param("integrationId", True),)),
    E("listFunctions", "/functions", "functions", r.functions, FUNCTIONS,
      params=(Param("resourceType", True, FUNCTION_TYPES),)),
    E("listFunctionVersions", "/functions/{functionId}/versions", "versions",
      r.function_versions, FUNCTIONS),
    E("listUserGroups", "/groups", "userGroups", top("groups"), AAM),
    E("listInvitesFromUserGroup", "/groups/{userGroupId}/invites", "emails",
      below("group_invites"), AAM),
    E("listUsersFromUserGroup", "/groups/{userGroupId}/users", "users", r.group_users, AAM),
    E("listInsertFunctionInstances", "/insert-function-instances", "instances",
      below("function_instances"), FUNCTIONS, params=(Param("functionId", True),)),
    E("listInvites", "/invites", "invites", top("invites")),
    E("listLabels", "/labels", "labels", top("labels"), AAM, paging="none"),
    E("listWorkspaceRegulations", "/regulations", "regulations", r.regulations, params=(_STATUS,
      _REGULATION_TYPES)),
    E("listRegulationsFromSource", "/regulations/sources/{sourceId}", "regulations",
      r.source_regulations, paging="first", params=(_STATUS, _SOURCE_REGULATION_TYPES)),
    E("listReverseEtlModels", "/reverse-etl-models", "models", top("models")),
    E("listReverseETLSyncStatusesFromModelAndSubscriptionId",
      "/reverse-etl-models/{modelId}/subscriptionId/{subscriptionId}/syncs", "syncStatuses",
      below("sync_statuses", strict=True), paging="flat", max_count=100, default_count=10),
    E("listRoles", "/roles", "roles", top("roles")),
    E("listSources", "/sources", "sources", top("sources")),
    E("getSource", "/sources/{sourceId}", None, r.source, paging="none"),
    E("listConnectedDestinationsFromSource", "/sources/{sourceId}/connected-destinations",
      "destinations", r.connected_destinations, count_required=True),
    E("listConnectedWarehousesFromSource", "/sources/{sourceId}/connected-warehouses",
      "warehouses", r.connected_warehouses, count_required=True),
    E("getLatestFromLivePlugins", "/sources/{sourceId}/live-plugins/latest", "livePlugin",
      single("live_plugins"), PLUGINS, paging="none"),
    E("listSchemaSettingsInSource", "/sources/{sourceId}/settings", None,
      single("schema_settings"), paging="none"),
    E("listSpaces", "/spaces", "spaces", top("spaces"), SPACES),
    E("listAudiences", "/spaces/{spaceId}/audiences", "audiences", r.audiences, AUDIENCE, 60,
      max_count=200, params=(*_SEARCH, Param("include", values=("schedules",)))),
    E("listActivationsFromAudience", "/spaces/{spaceId}/audiences/{audienceId}/activations",
      "activations", below("activations"), UNIFY, 60, pagination_optional=True),
    E("listDestinationsFromAudience",
      "/spaces/{spaceId}/audiences/{audienceId}/destination-connections", "connections",
      below("audience_connections"), AUDIENCE, 50, pagination_optional=True),
    E("listAudienceConsumersFromSpaceAndAudience",
      "/spaces/{spaceId}/audiences/{audienceId}/audience-references", "audiences",
      below("audience_references"), AUDIENCE, 25, params=(*_SEARCH, Param("sort.field",
      values=("CREATED_AT", "NAME", "UPDATED_AT")), Param("sort.direction", values=("ASC",
      "DESC")))),
    E("listAudienceSchedulesFromSpaceAndAudience",
      "/spaces/{spaceId}/audiences/{audienceId}/schedules", "audienceSchedules",
      below("audience_schedules"), AUDIENCE, paging="none"),
    E("listComputedTraits", "/spaces/{spaceId}/computed-traits", "computedTraits",
      below("computed_traits"), TRAIT, 25),
    E("listPropertiesFromEntity", "/spaces/{spaceId}/entities/{entitySlug}/properties",
      "entityProperties", below("entity_properties", strict=True), UNIFY, 25, params=_SAMPLES,
      has_previous=False, page_size=1000),
    E("listEntityPaths", "/spaces/{spaceId}/entity-paths", "entityPaths", below("entity_paths"),
      UNIFY, 25, params=(Param("search"),)),
    E("listEvents", "/spaces/{spaceId}/events", "events", below("space_events"), UNIFY, 25,
      params=_BY_NAME, page_size=1000),
    E("listPropertiesFromEvent", "/spaces/{spaceId}/events/{eventName}/properties",
      "eventProperties", below("event_properties", strict=True), UNIFY, 25,
      params=_BY_NAME + _SAMPLES, page_size=1000),
    E("listProfilesWarehouseInSpace", "/spaces/{spaceId}/profiles-warehouses",
      "profilesWarehouses", below("profiles_warehouses"), UNIFY, pagination_optional=True),
    E("listSelectiveSyncsFromWarehouseAndSpace",
      "/spaces/{spaceId}/profiles-warehouses/{warehouseId}/selective-syncs", "items",
      below("profiles_sync_items", strict=True), UNIFY, beside=r.profiles_sync),
    E("listTraits", "/spaces/{spaceId}/traits", "traits", r.traits, UNIFY, 25, has_previous=False,
      params=(Param("sortBy", values=("lastSeenAt", "trait")), *_BY_NAME[1:], Param("collection",
      values=("users", "accounts")), *_SAMPLES), page_size=1000),
    E("listSuppressions", "/suppressions", "suppressed", top("suppressions")),
    E("listTrackingPlans", "/tracking-plans", "trackingPlans", r.tracking_plans, PROTOCOLS,
      params=(Param("type", values=_PLANS),)),
    E("listRulesFromTrackingPlan", "/tracking-plans/{trackingPlanId}/rules", "rules",
      below("rules"), PROTOCOLS, 200),
    E("listSourcesFromTrackingPlan", "/tracking-plans/{trackingPlanId}/sources", "sources",
      r.plan_sources, PROTOCOLS),
    E("listTransformations", "/transformations", "transformations", top("transformations"),
      PROTOCOLS),
    E("getDailyWorkspaceAPICallsUsage", "/usage/api-calls/daily", "dailyWorkspaceAPICallsUsage",
      r.usage("api_calls"), params=_PERIOD, page_size=1000),
    E("getDailyPerSourceAPICallsUsage", "/usage/api-calls/sources/daily",
      "dailyPerSourceAPICallsUsage", r.usage("api_calls_per_source"), params=_PERIOD,
      page_size=1000),
    E("getDailyWorkspaceMTUUsage", "/usage/mtu/daily", "dailyWorkspaceMTUUsage", r.usage("mtu"),
      params=_PERIOD, page_size=1000),
    E("getDailyPerSourceMTUUsage", "/usage/mtu/sources/daily", "dailyPerSourceMTUUsage",
      r.usage("mtu_per_source"), params=_PERIOD, page_size=1000),
    E("listUsers", "/users", "users", top("users"), page_size=1000),
    E("listUserGroupsFromUser", "/users/{userId}/groups", "groups", r.user_groups),
    E("listWarehouses", "/warehouses", "warehouses", top("warehouses")),
    E("getAdvancedSyncScheduleFromWarehouse", "/warehouses/{warehouseId}/advanced-sync-schedule",
      None, single("sync_schedules"), WAREHOUSE_SYNC, 2, paging="none"),
    E("listConnectedSourcesFromWarehouse", "/warehouses/{warehouseId}/connected-sources",
      "sources", r.warehouse_sources),
    E("listSelectiveSyncsFromWarehouseAndSource",
      "/warehouses/{warehouseId}/connected-sources/{sourceId}/selective-syncs", "items",
      below("selective_syncs"), WAREHOUSE_SYNC, 2),
    E("getConnectionStateFromWarehouse", "/warehouses/{warehouseId}/connection-state", None,
      single("connection_states"), limit=200, paging="none"),
    E("listSyncsFromWarehouse", "/warehouses/{warehouseId}/syncs", "reports", r.warehouse_syncs,
      limit=2),
)  # fmt: skip
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
