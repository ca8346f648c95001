-- Who took a role in another account for the first time?
--
-- Calls of AssumeRole that leave one's accounts: a session in an account whose logs one
-- may not have, to which data can be carried. Told is the first in 30 days of an account
-- that took a role there, and of nothing in $own; the caller's account has to be known
-- for $days days. What the role's account logs is new-caller-of-role's.
--
-- False positives: new accounts of one's own, and partners.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $own    text      = ''            accounts that are trusted, with commas between
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: low
-- ATT&CK: T1550.001, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleArn') AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRole'
      AND userIdentity.invokedBy IS NULL AND userIdentity.accountId = recipientAccountId
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role,
           lag(eventTime) OVER (PARTITION BY recipientAccountId, split_part(role, ':', 5), CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
      AND role LIKE 'arn:%:role/%' AND split_part(role, ':', 5) <> recipientAccountId
      AND strpos(',' || replace($own, ' ', '') || ',', ',' || split_part(role, ':', 5) || ',') = 0
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' took' ELSE ' tried and failed to take' END || ' the role ' || role
         || ', in an account where theirs had taken none in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
