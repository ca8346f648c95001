-- Which role is taken again after a long time?
--
-- A role that nobody had taken for $days days, at most 90, and somebody takes: roles
-- that are forgotten keep their rights. AWS's services are left out. Only roles that the
-- logs show before are told, by what the role's account logged.
--
-- False positives: roles for emergencies and for work once in a quarter.
-- Parameters:
--   $days   integer   = 45            not taken for so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 90d
-- Severity: low
-- ATT&CK: T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
WITH taken AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, json_extract_scalar(requestParameters, '$.roleArn') AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '90' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND errorCode IS NULL
      AND userIdentity.invokedBy IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, lag(eventTime) OVER (PARTITION BY role ORDER BY eventTime, eventID) AS before
    FROM taken
    WHERE split_part(role, ':', 5) = recipientAccountId
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(actor, 'Somebody') || ' took the role ' || role || ', which nobody had taken for '
         || CAST(date_diff('day', before, eventTime) AS varchar) || ' days.' AS why,
       eventID
FROM seen
WHERE before < eventTime - INTERVAL '1' DAY * CAST($days AS bigint) AND before >= eventTime - INTERVAL '90' DAY
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
