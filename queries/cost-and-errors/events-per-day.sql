-- How many events come a day, of which category and account?
--
-- A line for each day (UTC), account and category, with those that change something and
-- the service that most come from. A day that is missing between others is told by ctsql
-- coverage.
--
-- Parameters:
--   $account  text      = '%'           of accounts like this
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
WITH services AS (
    SELECT date_trunc('day', eventTime) AS day, recipientAccountId, coalesce(eventCategory, 'Management') AS category, eventSource,
           count(*) AS events, count(errorCode) AS failed,
           count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes
    FROM cloudtrail
    WHERE coalesce(recipientAccountId, '') LIKE $account
      AND eventTime >= $since AND eventTime < $until
    GROUP BY date_trunc('day', eventTime), recipientAccountId, coalesce(eventCategory, 'Management'), eventSource
)
SELECT day, recipientAccountId AS account, category, sum(events) AS events, sum(changes) AS changes, sum(failed) AS failed,
       max_by(eventSource, events) AS most_from
FROM services
GROUP BY day, recipientAccountId, category
ORDER BY day, account, category
