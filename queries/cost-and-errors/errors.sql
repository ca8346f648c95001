-- Which calls fail, how often and for how many?
--
-- A line for each call and error: how many calls failed with it, how many actors that
-- touches, and an example of the message. Throttling is an error here too.
--
-- Parameters:
--   $least  integer   = 1             at least so many
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT eventSource, eventName, errorCode, count(*) AS failed,
       count(DISTINCT actor(userIdentity)) AS actors, min(errorMessage) AS example,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE errorCode IS NOT NULL
  AND eventTime >= $since AND eventTime < $until
GROUP BY eventSource, eventName, errorCode
HAVING count(*) >= $least
ORDER BY failed DESC, eventSource, eventName, errorCode
