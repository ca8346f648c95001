-- Which user calls with a program that they never used before?
--
-- A user's long-lived access key that is used by another program (the first word of the
-- user agent: aws-cli, Boto3, Terraform) than in the 30 days before: a key of a machine
-- does not change its program by itself. The user has to be known for $days days. Low:
-- look at it beside what else is told of the user.
--
-- False positives: programs that are exchanged, and people who try one.
-- Parameters:
--   $days   integer   = 14            where the logs show the user for so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: low
-- ATT&CK: T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, lower(regexp_extract(userAgent, '^\[?([A-Za-z][A-Za-z0-9_.-]*)', 1)) AS program
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND userIdentity.type = 'IAMUser' AND userIdentity.accessKeyId LIKE 'AKIA%' AND userIdentity.invokedBy IS NULL
      AND sourceIPAddress NOT LIKE '%.amazonaws.%'
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, program,
           min(eventTime) OVER (PARTITION BY actor) AS known,
           lag(eventTime) OVER (PARTITION BY actor, program ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE program IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       program AS object,
       actor || ' called with ' || program || ', which they had not in 30 days, from ' || coalesce(sourceIPAddress, 'an unknown address')
         || '.' AS why,
       eventID
FROM seen
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
