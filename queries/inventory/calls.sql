-- Who calls what, and how often an hour?
--
-- A line for each actor and call: how many, in how many hours there were some, how many
-- that is in such an hour on average, and in the busiest.
--
-- Parameters:
--   $actor    text      = '%'           the actor, a name alone, or a pattern with %
--   $service  text      = '%'           of services like this, such as s3 or iam
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 1000          so many rows at most
-- Needs: cloudtrail
WITH hours AS (
    SELECT actor(userIdentity) AS actor, eventSource, eventName, date_trunc('hour', eventTime) AS hour,
           count(*) AS calls, count(errorCode) AS failed, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE split_part(eventSource, '.', 1) LIKE $service
      AND eventTime >= $since AND eventTime < $until
    GROUP BY actor(userIdentity), eventSource, eventName, date_trunc('hour', eventTime)
)
SELECT actor, eventSource, eventName, sum(calls) AS calls, sum(failed) AS failed, count(*) AS hours,
       round(avg(CAST(calls AS double)), 1) AS per_hour, max(calls) AS most_in_an_hour, max_by(hour, calls) AS busiest_hour,
       max(last_time) AS last_time
FROM hours
WHERE (actor LIKE $actor OR actor LIKE '%/' || CAST($actor AS varchar))
GROUP BY actor, eventSource, eventName
ORDER BY calls DESC, actor, eventSource, eventName
LIMIT $limit
