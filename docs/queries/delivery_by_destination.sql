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

WITH metrics AS (
    SELECT
        summary.destinationid,
        summary.sourceid,
        metric.value ->> 'metricName' AS name,
        cast(metric.value ->> 'total' AS double) AS total
    FROM destination_delivery_metrics_summary AS summary
    LEFT JOIN json_each(summary.metrics) AS metric ON true
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
    SELECT id, max(name) AS name, max(metadata ->> 'name') AS integration
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
    round(100.0 * delivered / nullif(delivered + discarded + expired, 0), 1) AS success,
    totals.destinationid AS destination_id
FROM totals
LEFT JOIN known ON known.id = totals.destinationid
ORDER BY success NULLS LAST, destination, destination_id
