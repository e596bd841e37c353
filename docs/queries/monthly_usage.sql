-- How much does the workspace use each month, and how does that compare with the month before?
--
-- month                the usage month; the newest one is still growing
-- api_calls            API calls of the month so far
-- mtu                  monthly tracked users so far: users with an id, plus anonymous ones never identified
-- calls_per_user       API calls for each tracked user
-- api_calls_change, mtu_change   per cent against the whole month before

WITH months AS (
    -- Snapshots count up from the first of the month, so the greatest is the newest.
    SELECT
        calls.period AS month,
        max(calls.apicalls) AS api_calls,
        max(mtu.identified + mtu.neveridentified) AS mtu
    FROM usage_api_calls_workspace_daily AS calls
    LEFT JOIN usage_mtu_workspace_daily AS mtu
        ON mtu.period = calls.period AND mtu.timestamp = calls.timestamp
    GROUP BY calls.period
)

SELECT
    month,
    api_calls,
    mtu,
    round(1.0 * api_calls / nullif(mtu, 0), 2) AS calls_per_user,
    round(100.0 * api_calls / nullif(lag(api_calls) OVER past, 0) - 100, 1) AS api_calls_change,
    round(100.0 * mtu / nullif(lag(mtu) OVER past, 0) - 100, 1) AS mtu_change
FROM months
WINDOW past AS (ORDER BY month)
ORDER BY month
