-- Who took a federation token for the first time?
--
-- GetFederationToken turns a user's access key into a session of up to 36 hours that
-- works on when the key is switched off, and can be turned into a console sign-in. Told
-- is the first in 30 days of a user; the account has to be known for $days days. With
-- AdministratorAccess in the request it is high.
--
-- False positives: portals that give people tokens.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: high
-- ATT&CK: T1550.001, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.name') AS name,
           json_extract_scalar(requestParameters, '$.durationSeconds') AS seconds,
           CASE WHEN strpos(requestParameters, ':policy/AdministratorAccess') > 0 THEN 1 ELSE 0 END AS admin
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'GetFederationToken' AND userIdentity.invokedBy IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name, seconds, admin,
           lag(eventTime) OVER (PARTITION BY actor, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name, seconds, admin
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN admin = 1 THEN 'high' ELSE 'medium' END AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       name AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' took' ELSE ' tried and failed to take' END || ' a federation token'
         || coalesce(' as ' || name, '')
         || coalesce(' for ' || seconds || ' seconds', '') || CASE WHEN admin = 1 THEN ' with all rights' ELSE '' END
         || ', for the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
