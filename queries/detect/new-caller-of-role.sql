-- Which other account took a role for the first time?
--
-- An account other than the role's own called AssumeRole and had not done so in the 30
-- days before: a way in that is new, or that somebody found. The event of the role's
-- account is judged. AWS's services are not told of. A role's account has to be known for
-- $days days, else all that is in the first logs would be new.
--
-- Refused calls are told too, where the role's account logged them: they are probing.
--
-- False positives: roles that are used less than once a month, new partners and accounts.
-- Parameters:
--   $days   integer   = 7             where the account's logs go back so many days
--   $since  timestamp = '1970-01-01'  tell of those from this time on
--   $until  timestamp = '9999-12-31'  and before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1199, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
WITH taken AS (
    SELECT eventTime, actor(userIdentity) AS actor, userIdentity.accountId AS caller, sourceIPAddress, recipientAccountId, awsRegion,
           eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleArn') AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRole'
), seen AS (
    SELECT eventTime, actor, caller, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role,
           min(eventTime) OVER (PARTITION BY recipientAccountId) AS known,
           lag(eventTime) OVER (PARTITION BY role, caller, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END
                                ORDER BY eventTime, eventID) AS before
    FROM taken
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1199' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       'Account ' || caller || CASE WHEN errorCode IS NULL THEN ' took' ELSE ' tried and failed to take' END
         || ' the role ' || role || ' for the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen
WHERE caller <> recipientAccountId
  AND split_part(role, ':', 5) = recipientAccountId
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
