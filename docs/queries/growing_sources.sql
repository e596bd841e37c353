-- Which sources grew?
--
-- source            name of the source, or its id if it has been removed
-- calls_a_day       average API calls a day over the last 28 complete days
-- calls_a_day_before   the same over the 28 days before those
-- change            per cent; null if there was nothing before
-- share             per cent of all API calls of the last 28 days

WITH days AS (
    SELECT
        sourceid,
        cast(timestamp AS date) AS day,
        -- Snapshots count up from the first of the month; a day is the difference.
        apicalls - coalesce(
            lag(apicalls) OVER (PARTITION BY sourceid, period ORDER BY timestamp), 0
        ) AS api_calls
    FROM usage_api_calls_per_source_daily
),

running AS (
    SELECT max(day) AS today FROM days
),

spans AS (
    SELECT
        days.sourceid,
        sum(CASE WHEN day >= today - 28 THEN api_calls ELSE 0 END) / 28.0 AS calls_a_day,
        sum(CASE WHEN day < today - 28 THEN api_calls ELSE 0 END) / 28.0 AS calls_a_day_before
    FROM days, running
    WHERE day >= today - 56 AND day < today
    GROUP BY days.sourceid
)

SELECT
    coalesce(nullif(sources.name, ''), sources.slug, spans.sourceid) AS source,
    round(calls_a_day) AS calls_a_day,
    round(calls_a_day_before) AS calls_a_day_before,
    round(100.0 * calls_a_day / nullif(calls_a_day_before, 0) - 100, 1) AS change,
    round(100.0 * calls_a_day / nullif(sum(calls_a_day) OVER (), 0), 1) AS share,
    spans.sourceid AS source_id
FROM spans
LEFT JOIN sources ON sources.id = spans.sourceid
ORDER BY change DESC NULLS LAST, source, source_id
