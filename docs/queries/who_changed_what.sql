-- Who changed what in the last 30 days?
--
-- happened       when (UTC)
-- who            name of the user, else the e-mail address, else the id of whoever acted
-- what           the kind of change
-- resource_type, resource   what was changed

SELECT
    event.timestamp AS happened,
    coalesce(nullif(person.name, ''), nullif(event.actoremail, ''), event.actor) AS who,
    event.type AS what,
    event.resourcetype AS resource_type,
    coalesce(nullif(event.resourcename, ''), event.resourceid) AS resource
FROM audit_events AS event
LEFT JOIN users AS person ON lower(person.email) = lower(event.actoremail)
WHERE event.timestamp >= (SELECT max(timestamp) FROM audit_events) - INTERVAL '30 days'
ORDER BY event.timestamp DESC, event.id
