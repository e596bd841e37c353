-- Which destinations are enabled but receive nothing, because no subscription is enabled?
--
-- Only destinations made of actions have subscriptions; the others are left out.
--
-- destination     name of the destination, or of its integration
-- integration     what kind of destination it is
-- sources         the sources that are connected to it
-- subscriptions   how many subscriptions it has, all of them disabled

WITH candidates AS (
    -- A destination with several sources can be listed more than once.
    SELECT
        id,
        max(nullif(name, '')) AS name,
        max(nullif(metadata ->> 'name', '')) AS integration
    FROM destinations
    WHERE enabled AND (metadata -> 'actions' -> 0) IS NOT NULL
    GROUP BY id
)

SELECT
    coalesce(candidates.name, candidates.integration, candidates.id) AS destination,
    candidates.integration,
    (
        SELECT string_agg(coalesce(nullif(sources.name, ''), sources.slug), ', ' ORDER BY sources.id)
        FROM source_connected_destinations AS connected
        INNER JOIN sources ON sources.id = connected.sourceid
        WHERE connected.id = candidates.id
    ) AS sources,
    count(subscription.id) AS subscriptions,
    candidates.id AS destination_id
FROM candidates
LEFT JOIN destination_subscriptions AS subscription ON subscription.destinationid = candidates.id
GROUP BY candidates.id, candidates.name, candidates.integration
HAVING count(CASE WHEN subscription.enabled THEN 1 END) = 0
ORDER BY destination, destination_id
