-- Which sources collect data that reaches no enabled destination and no enabled warehouse?
--
-- source         name of the source
-- enabled        whether the source itself is enabled
-- api_calls      its API calls of the newest month: what is collected in vain
-- disabled       connected destinations and warehouses, all of them disabled

WITH connections AS (
    SELECT sourceid, enabled FROM source_connected_destinations
    UNION ALL
    SELECT sourceid, enabled FROM source_connected_warehouses
),

reach AS (
    SELECT sourceid, count(*) AS connected, sum(CASE WHEN enabled THEN 1 ELSE 0 END) AS live
    FROM connections
    GROUP BY sourceid
),

calls AS (
    SELECT sourceid, max(apicalls) AS api_calls
    FROM usage_api_calls_per_source_daily
    WHERE period = (SELECT max(period) FROM usage_api_calls_per_source_daily)
    GROUP BY sourceid
)

SELECT
    coalesce(nullif(sources.name, ''), sources.slug) AS source,
    sources.enabled,
    coalesce(calls.api_calls, 0) AS api_calls,
    coalesce(reach.connected, 0) AS disabled,
    sources.id AS source_id
FROM sources
LEFT JOIN reach ON reach.sourceid = sources.id
LEFT JOIN calls ON calls.sourceid = sources.id
WHERE coalesce(reach.live, 0) = 0
ORDER BY api_calls DESC, source, source_id
