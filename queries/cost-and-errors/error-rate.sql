-- How many calls of a service fail, day by day?
--
-- A line for each day (UTC) and service with at least $least calls: calls, failures, and
-- what share that is. A day that stands out is a day on which something broke, or on
-- which somebody tried things.
--
-- Parameters:
--   $service  text      = '%'           of services like this, such as s3 or iam
--   $least    integer   = 10            days with at least so many calls
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT date_trunc('day', eventTime) AS day, eventSource, count(*) AS calls, count(errorCode) AS failed,
       round(100e0 * avg(CASE WHEN errorCode IS NULL THEN 0e0 ELSE 1e0 END), 1) AS percent,
       count(DISTINCT errorCode) AS errors, max(errorCode) AS an_error
FROM cloudtrail
WHERE split_part(eventSource, '.', 1) LIKE $service
  AND eventTime >= $since AND eventTime < $until
GROUP BY date_trunc('day', eventTime), eventSource
HAVING count(*) >= $least
ORDER BY day, percent DESC, eventSource
