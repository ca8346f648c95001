-- What is there since a day that was not there before?
--
-- Actors, addresses, services, regions, user agents and calls that an account's log has
-- from the day on and not before, each with when first and how often. It is worth as
-- much as the log before the day is long: what is done once a month is new after three
-- weeks.
--
-- Parameters:
--   $day      timestamp          what is new from this time on
--   $account  text      = '%'    of accounts like this
--   $kind     text      = '%'    actor, address, service, region, user agent or call
--   $private  boolean   = false  with private addresses, which change with every machine
--   $limit    integer   = 1000   so many rows at most
-- Needs: cloudtrail
WITH events AS (
    SELECT recipientAccountId, sourceIPAddress, eventSource, eventName, awsRegion, userAgent, actor(userIdentity) AS actor,
           count(*) AS calls, count(errorCode) AS failed, min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE coalesce(recipientAccountId, '') LIKE $account
    GROUP BY recipientAccountId, sourceIPAddress, eventSource, eventName, awsRegion, userAgent, actor(userIdentity)
), values_ AS (
    SELECT 'actor' AS kind, recipientAccountId AS account, actor AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events GROUP BY recipientAccountId, actor HAVING min(first_time) >= $day
    UNION ALL
    SELECT 'address' AS kind, recipientAccountId AS account, sourceIPAddress AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events WHERE $private OR NOT coalesce(is_private(sourceIPAddress), false)
    GROUP BY recipientAccountId, sourceIPAddress HAVING min(first_time) >= $day
    UNION ALL
    SELECT 'service' AS kind, recipientAccountId AS account, eventSource AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events GROUP BY recipientAccountId, eventSource HAVING min(first_time) >= $day
    UNION ALL
    SELECT 'region' AS kind, recipientAccountId AS account, awsRegion AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events GROUP BY recipientAccountId, awsRegion HAVING min(first_time) >= $day
    UNION ALL
    SELECT 'user agent' AS kind, recipientAccountId AS account, userAgent AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events GROUP BY recipientAccountId, userAgent HAVING min(first_time) >= $day
    UNION ALL
    SELECT 'call' AS kind, recipientAccountId AS account, split_part(eventSource, '.', 1) || ':' || eventName AS value,
           sum(calls) AS calls, sum(failed) AS failed, min(first_time) AS first_time, max(last_time) AS last_time
    FROM events GROUP BY recipientAccountId, split_part(eventSource, '.', 1) || ':' || eventName HAVING min(first_time) >= $day
)
SELECT kind, account, value, calls, failed, first_time, last_time
FROM values_
WHERE value IS NOT NULL AND kind LIKE $kind
ORDER BY kind, first_time, account, value
LIMIT $limit
