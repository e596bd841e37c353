-- What is enabled in the workspace.

SELECT
    (SELECT count(*) FROM sources WHERE enabled) AS sources,
    (SELECT count(DISTINCT id) FROM destinations WHERE enabled) AS destinations,
    (SELECT count(*) FROM warehouses WHERE enabled) AS warehouses
