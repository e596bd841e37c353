-- How many monthly tracked users (MTU) has each source so far, against the same day of last month?
--
-- MTU are users with an id plus anonymous users who were never identified. A user seen by two sources
-- counts in both, so the sum over sources is more than the workspace's MTU.
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
        period,
        identified + neveridentified AS mtu
    FROM usage_mtu_per_source_daily
),

newest AS (
    SELECT max(timestamp) AS timestamp, max(period) AS period FROM snapshots
),

whole AS (
    SELECT sourceid, period, max(mtu) AS mtu FROM snapshots GROUP BY sourceid, period
)

SELECT
    coalesce(sources.name, sources.slug, running.sourceid) AS source,
    running.mtu,
    before.mtu AS mtu_same_day,
    round(100.0 * running.mtu / nullif(before.mtu, 0) - 100, 1) AS change,
    whole.mtu AS mtu_last_month,
    running.sourceid AS source_id
FROM newest
INNER JOIN whole AS running ON running.period = newest.period
LEFT JOIN snapshots AS before
    ON before.sourceid = running.sourceid
    AND before.timestamp = newest.timestamp - INTERVAL '1 month'
LEFT JOIN whole
    ON whole.sourceid = running.sourceid AND whole.period = newest.period - INTERVAL '1 month'
LEFT JOIN sources ON sources.id = running.sourceid
ORDER BY running.mtu DESC, source, source_id
