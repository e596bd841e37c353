-- How many monthly tracked users (MTU) has each source so far, against the same day of last month?
--
-- MTU are users with an id plus anonymous users who were never identified, counted up within a billing
-- period: "month" below. A user seen by two sources counts in both, so the sum over sources is more
-- than the workspace's MTU.
--
-- source                name of the source, or its id if it has been removed
-- mtu                   MTU of the running month so far
-- mtu_same_day          MTU of last month up to the same day of the month
-- change                per cent; null if there was nothing to compare with
-- mtu_last_month        MTU of the whole last month

WITH snapshots AS (
    SELECT
        sourceid,
        timestamp,
        periodstart,
        identified + neveridentified AS mtu
    FROM usage_mtu_per_source_daily
),

-- A day can be listed in two billing periods, so periods are told apart by their start.
running AS (
    SELECT
        periodstart,
        max(timestamp) AS newest,
        lag(periodstart) OVER (ORDER BY periodstart) AS last_periodstart
    FROM snapshots
    GROUP BY periodstart
    ORDER BY periodstart DESC
    LIMIT 1
),

totals AS (
    SELECT
        snapshots.sourceid,
        max(CASE WHEN snapshots.periodstart = running.periodstart THEN mtu END) AS mtu,
        max(
            CASE
                WHEN
                    snapshots.periodstart = running.last_periodstart
                    AND snapshots.timestamp <= running.newest - INTERVAL '1 month'
                    THEN mtu
            END
        ) AS mtu_same_day,
        max(CASE WHEN snapshots.periodstart = running.last_periodstart THEN mtu END) AS mtu_last_month
    FROM snapshots
    CROSS JOIN running
    GROUP BY snapshots.sourceid
)

SELECT
    coalesce(nullif(sources.name, ''), sources.slug, totals.sourceid) AS source,
    totals.mtu,
    totals.mtu_same_day,
    round(100.0 * totals.mtu / nullif(totals.mtu_same_day, 0) - 100, 1) AS change,
    totals.mtu_last_month,
    totals.sourceid AS source_id
FROM totals
LEFT JOIN sources ON sources.id = totals.sourceid
WHERE totals.mtu IS NOT NULL
ORDER BY totals.mtu DESC, source, source_id
