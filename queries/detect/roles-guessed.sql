-- Who was refused many different roles within an hour?
--
-- An actor whose AssumeRole was refused for $roles roles or more within an hour that it
-- had not been refused in the hour before each: somebody who looks for a way on. AWS
-- says the same of a role that is not there and of one that is not theirs.
--
-- False positives: tools that go through all accounts with a role that some lack.
-- Parameters:
--   $roles  integer   = 5             at least so many roles
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1580, T1087.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
WITH refused AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, json_extract_scalar(requestParameters, '$.roleArn') AS role,
           lag(eventTime) OVER (PARTITION BY actor(userIdentity), json_extract_scalar(requestParameters, '$.roleArn') ORDER BY eventTime, eventID) AS before
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRole'
      AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND userIdentity.invokedBy IS NULL AND actor(userIdentity) IS NOT NULL
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role,
           count(*) OVER (PARTITION BY actor ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS roles
    FROM refused
    WHERE role IS NOT NULL AND (before IS NULL OR before < eventTime - INTERVAL '1' HOUR)
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, roles, lag(roles) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1580' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       actor || ' was refused ' || CAST(roles AS varchar) || ' roles within an hour, the last ' || role || '.' AS why,
       eventID
FROM bursts
WHERE roles >= $roles AND coalesce(before, 0) < $roles
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
