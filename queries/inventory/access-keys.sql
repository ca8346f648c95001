-- Which long-lived access keys are in use, how old and how busy?
--
-- A line for each key (AKIA…): whose, when it was made if the log has that, the days
-- that it is known for, and how many days before the log's end it was used last.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
WITH made AS (
    SELECT json_extract_scalar(responseElements, '$.accessKey.accessKeyId') AS key, min(eventTime) AS made_at
    FROM cloudtrail
    WHERE eventSource LIKE 'iam.amazonaws.%' AND eventName = 'CreateAccessKey' AND errorCode IS NULL
    GROUP BY json_extract_scalar(responseElements, '$.accessKey.accessKeyId')
), uses AS (
    SELECT userIdentity.accessKeyId AS key, max(actor(userIdentity)) AS actor, count(*) AS calls, count(errorCode) AS failed,
           count(DISTINCT eventSource) AS services, count(DISTINCT sourceIPAddress) AS addresses,
           min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE userIdentity.accessKeyId LIKE 'AKIA%'
      AND eventTime >= $since AND eventTime < $until
    GROUP BY userIdentity.accessKeyId
)
SELECT u.key AS accessKeyId, u.actor, m.made_at, date_diff('day', coalesce(m.made_at, u.first_time), e.ends) AS days_known,
       date_diff('day', u.last_time, e.ends) AS days_idle, u.calls, u.failed, u.services, u.addresses, u.first_time, u.last_time
FROM uses u
CROSS JOIN (SELECT max(eventTime) AS ends FROM cloudtrail) e
LEFT JOIN made m ON m.key = u.key
ORDER BY u.last_time DESC, accessKeyId
