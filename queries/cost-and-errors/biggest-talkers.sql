-- Who makes the most calls, and which one above all?
--
-- A line for each actor and account: calls, what share of all events that is, and the
-- call that is made most: a loop that waits for something by asking is mostly found at
-- the top.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 100           so many rows at most
-- Needs: cloudtrail
WITH calls AS (
    SELECT actor(userIdentity) AS actor, recipientAccountId, eventSource, eventName, count(*) AS calls, count(errorCode) AS failed,
           min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until AND eventName IS NOT NULL
    GROUP BY actor(userIdentity), recipientAccountId, eventSource, eventName
), actors AS (
    SELECT actor, recipientAccountId, sum(calls) AS calls, sum(failed) AS failed, count(*) AS kinds,
           max_by(split_part(eventSource, '.', 1) || ':' || eventName, calls) AS most_called, max(calls) AS of_that,
           min(first_time) AS first_time, max(last_time) AS last_time
    FROM calls
    GROUP BY actor, recipientAccountId
)
SELECT actor, recipientAccountId AS account, calls, round(100e0 * calls * power(sum(calls) OVER (), -1), 2) AS percent, failed, kinds,
       most_called, of_that, first_time, last_time
FROM actors
ORDER BY calls DESC, actor, account
LIMIT $limit
