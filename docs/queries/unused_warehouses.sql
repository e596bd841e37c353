-- Which warehouses load nothing, although somebody may pay for them?
--
-- warehouse         name of the warehouse, or of its kind
-- kind              Postgres, BigQuery, ...
-- reason            why it loads nothing
-- sources           how many sources are connected to it

WITH reach AS (
    SELECT
        connected.id,
        count(*) AS sources,
        sum(CASE WHEN sources.enabled THEN 1 ELSE 0 END) AS live
    FROM source_connected_warehouses AS connected
    INNER JOIN sources ON sources.id = connected.sourceid
    GROUP BY connected.id
)

SELECT
    coalesce(
        nullif(warehouses.settings ->> 'name', ''),
        nullif(warehouses.metadata ->> 'name', ''),
        warehouses.id
    ) AS warehouse,
    warehouses.metadata ->> 'name' AS kind,
    CASE
        WHEN NOT warehouses.enabled THEN 'disabled'
        WHEN reach.id IS NULL THEN 'no source connected'
        ELSE 'all connected sources disabled'
    END AS reason,
    coalesce(reach.sources, 0) AS sources,
    warehouses.id AS warehouse_id
FROM warehouses
LEFT JOIN reach ON reach.id = warehouses.id
WHERE NOT warehouses.enabled OR coalesce(reach.live, 0) = 0
ORDER BY reason, warehouse, warehouse_id
