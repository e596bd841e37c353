-- What may the members of each group do?
--
-- group_name      name of the group, or its id
-- members         how many users are in it
-- role            what they may do
-- resource_type   on what: the whole workspace, sources, ...
-- resources       on how many of these

WITH listed AS (
    -- An absent list is NULL in DuckDB and a JSON null in Postgres.
    SELECT
        id,
        coalesce(nullif(name, ''), id) AS name,
        membercount,
        cast(nullif(cast(permissions AS text), 'null') AS json) AS permissions
    FROM groups
),

granted AS (
    SELECT
        listed.id,
        listed.name,
        listed.membercount,
        listed.permissions -> place ->> 'roleName' AS role,
        cast(listed.permissions -> place ->> 'resources' AS json) AS resources
    FROM listed
    CROSS JOIN LATERAL generate_series(
        0, cast(json_array_length(listed.permissions) AS integer) - 1
    ) AS places (place)
)

SELECT
    granted.name AS group_name,
    granted.membercount AS members,
    granted.role,
    granted.resources -> place ->> 'type' AS resource_type,
    count(*) AS resources,
    granted.id AS group_id
FROM granted
CROSS JOIN LATERAL generate_series(
    0, cast(json_array_length(granted.resources) AS integer) - 1
) AS places (place)
GROUP BY granted.id, granted.name, granted.membercount, granted.role, resource_type
ORDER BY group_name, role, resource_type, group_id
