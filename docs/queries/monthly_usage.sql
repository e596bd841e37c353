-- How much does the workspace use each month, and how does that compare with the month before?
--
-- Snapshots count up within a month (API calls) or a billing period (MTU), so the greatest is the
-- total. A day can be listed in two billing periods: MTU are those of the period that begins in the
-- month.
--
-- month                the usage month; the newest one is still growing
-- api_calls            API calls of the month so far
-- mtu                  monthly tracked users so far: users with an id, plus anonymous ones never identified
-- calls_per_user       API calls for each tracked user
-- api_calls_change, mtu_change   per cent against the whole month before

WITH calls AS (
    SELECT period AS month, max(apicalls) AS api_calls
    FROM usage_api_calls_workspace_daily
    GROUP BY period
),

tracked AS (
    SELECT
        cast(
            date_trunc('month', timestamp '1970-01-01' + periodstart * INTERVAL '1 second') AS date
        ) AS month,
        max(identified + neveridentified) AS mtu
    FROM usage_mtu_workspace_daily
    GROUP BY month
)

SELECT
    calls.month,
    calls.api_calls,
    tracked.mtu,
    round(1.0 * calls.api_calls / nullif(tracked.mtu, 0), 2) AS calls_per_user,
    round(100.0 * calls.api_calls / nullif(lag(calls.api_calls) OVER past, 0) - 100, 1)
        AS api_calls_change,
    round(100.0 * tracked.mtu / nullif(lag(tracked.mtu) OVER past, 0) - 100, 1) AS mtu_change
FROM calls
LEFT JOIN tracked ON tracked.month = calls.month
WINDOW past AS (ORDER BY calls.month)
ORDER BY calls.month
