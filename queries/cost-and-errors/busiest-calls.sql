-- Which calls are made most?
--
-- A line for each call: how many, what share of all events, by how many actors, and how
-- many fail.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 100           so many rows at most
-- Needs: cloudtrail
WITH calls AS (
    SELECT eventSource, eventName, count(*) AS calls, count(errorCode) AS failed, count(DISTINCT actor(userIdentity)) AS actors,
           count(DISTINCT recipientAccountId) AS accounts, min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until AND eventName IS NOT NULL
    GROUP BY eventSource, eventName
)
SELECT eventSource, eventName, calls, round(100e0 * calls * power(sum(calls) OVER (), -1), 2) AS percent, failed, actors, accounts, first_time, last_time
FROM calls
ORDER BY calls DESC, eventSource, eventName
LIMIT $limit
