-- Who made a console sign-in out of an access key for the first time?
--
-- GetSigninToken turns credentials of a role or a federated user into a sign-in to the
-- console, without a password and MFA. Who has stolen credentials does so to work in the
-- console. Told is the first in 30 days of an actor; they or their account have to be
-- known for $days days. Identity Center, which does so for everybody, is left out.
--
-- False positives: portals and tools that open the console for people.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1550.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
WITH tokens AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'GetSigninToken'
      AND coalesce(userIdentity.arn, '') NOT LIKE 'arn:%:assumed-role/AWSReservedSSO%'
      AND userIdentity.invokedBy IS NULL
), known AS (
    SELECT recipientAccountId AS account, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, lag(eventTime) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS before
    FROM tokens
    WHERE actor IS NOT NULL
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID
    FROM seen
    JOIN known ON known.account = seen.recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       actor AS object,
       actor || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END
         || ' a console sign-in out of credentials for the first time in 30 days'
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE actor IS NOT NULL
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
