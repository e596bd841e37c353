-- The connections of sources with destinations and warehouses, enabled ones first.

SELECT
    'source ' || source.id AS origin,
    coalesce(nullif(source.name, ''), source.slug) AS origin_name,
    reached.kind || reached.id AS target,
    coalesce(nullif(reached.name, ''), nullif(reached.integration, ''), reached.id) AS target_name,
    reached.kind = 'destination ' AS is_destination,
    source.enabled AND reached.enabled AS live
FROM (
    SELECT
        'destination ' AS kind, id, sourceid, enabled, name, metadata ->> 'name' AS integration
    FROM source_connected_destinations
    UNION ALL
    SELECT 'warehouse ', id, sourceid, enabled, settings ->> 'name', metadata ->> 'name'
    FROM source_connected_warehouses
) AS reached
INNER JOIN sources AS source ON source.id = reached.sourceid
ORDER BY live DESC, origin, target
