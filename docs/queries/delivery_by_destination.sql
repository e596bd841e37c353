-- Which destinations fail to take what we send them?
--
-- The totals cover the window of the last sync. Segment does not publish the list of metric names:
-- those below are known ones, others are left out.
--
-- destination       name of the destination, or its id if it has been removed
-- integration       what kind of destination it is
-- sources           how many sources feed it
-- delivered         events that arrived
-- discarded, expired   events that did not: refused, or given up after retries
-- retried           events that needed more than one attempt
-- success           per cent that arrived; null if there was nothing to deliver

WITH summaries AS (
    -- An absent list is NULL in DuckDB and a JSON null in Postgres.
    SELECT destinationid, sourceid, cast(nullif(cast(metrics AS text), 'null') AS json) AS metrics
    FROM destination_delivery_metrics_summary
),

metrics AS (
    SELECT
        summaries.destinationid,
        summaries.sourceid,
        summaries.metrics -> place ->> 'metricName' AS name,
        cast(summaries.metrics -> place ->> 'total' AS double precision) AS total
    FROM summaries
    LEFT JOIN LATERAL generate_series(
        0, cast(json_array_length(summaries.metrics) AS integer) - 1
    ) AS places (place) ON true
),

totals AS (
    SELECT
        destinationid,
        count(DISTINCT sourceid) AS sources,
        coalesce(sum(CASE WHEN name = 'successes' THEN total END), 0) AS delivered,
        coalesce(sum(CASE WHEN name = 'discarded' THEN total END), 0) AS discarded,
        coalesce(sum(CASE WHEN name = 'expired' THEN total END), 0) AS expired,
        coalesce(sum(CASE WHEN name = 'retried' THEN total END), 0) AS retried
    FROM metrics
    GROUP BY destinationid
),

-- A destination with several sources can be listed more than once.
known AS (
    SELECT
        id,
        max(nullif(name, '')) AS name,
        max(nullif(metadata ->> 'name', '')) AS integration
    FROM destinations
    GROUP BY id
)

SELECT
    coalesce(known.name, known.integration, totals.destinationid) AS destination,
    known.integration,
    totals.sources,
    totals.delivered,
    totals.discarded,
    totals.expired,
    totals.retried,
    round(
        cast(100 * delivered / nullif(delivered + discarded + expired, 0) AS decimal(18, 3)), 1
    ) AS success,
    totals.destinationid AS destination_id
FROM totals
LEFT JOIN known ON known.id = totals.destinationid
ORDER BY success NULLS LAST, destination, destination_id
