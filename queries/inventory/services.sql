-- Which services are in use, and by how many?
--
-- A line for each service and account, with who uses it most.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
WITH actors AS (
    SELECT eventSource, recipientAccountId, actor(userIdentity) AS actor, count(*) AS calls, count(errorCode) AS failed,
           count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
           min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until AND eventSource IS NOT NULL
    GROUP BY eventSource, recipientAccountId, actor(userIdentity)
)
SELECT eventSource, recipientAccountId AS account, sum(calls) AS calls, sum(failed) AS failed, sum(changes) AS changes,
       count(*) AS actors, max_by(actor, calls) AS most_by, min(first_time) AS first_time, max(last_time) AS last_time
FROM actors
GROUP BY eventSource, recipientAccountId
ORDER BY calls DESC, eventSource, account
