-- What may the members of each group do?
--
-- group_name      name of the group
-- members         how many users are in it
-- role            what they may do
-- resource_type   on what: the whole workspace, sources, ...
-- resources       on how many of these

SELECT
    groups.name AS group_name,
    groups.membercount AS members,
    permission.value ->> 'roleName' AS role,
    resource.value ->> 'type' AS resource_type,
    count(*) AS resources,
    groups.id AS group_id
FROM groups,
    json_each(groups.permissions) AS permission,
    json_each(permission.value -> 'resources') AS resource
GROUP BY groups.id, groups.name, groups.membercount, role, resource_type
ORDER BY group_name, role, resource_type, group_id
