-- How many API calls did each source make on each day?
--
-- The API counts up from the first of the month. A day is the difference to the snapshot before it in
-- the same month; if a snapshot is missing, the next row has the calls of all days in between.
--
-- day         the day (UTC); the newest one is still growing
-- source      name of the source, or its id if it has been removed
-- api_calls   calls of that day

SELECT
    cast(usage.timestamp AS date) AS day,
    coalesce(nullif(sources.name, ''), sources.slug, usage.sourceid) AS source,
    usage.apicalls - coalesce(
        lag(usage.apicalls) OVER (PARTITION BY usage.sourceid, usage.period ORDER BY usage.timestamp), 0
    ) AS api_calls,
    usage.sourceid AS source_id
FROM usage_api_calls_per_source_daily AS usage
LEFT JOIN sources ON sources.id = usage.sourceid
ORDER BY day, source, source_id
