-- Who opened a session on a machine for the first time?
--
-- Session Manager gives a shell on a machine, or a tunnel through it, without a port that
-- is open and without a key. Each pair of an actor and a machine is told once in 30 days:
-- as low, but tunnels, through which more than a shell can be reached, as medium where
-- the account's logs go back for $days days before.
--
-- False positives: people on call, who reach machines they have not been on.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1021.007, T1651
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartSession.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.target'), json_extract_scalar(requestParameters, '$.sessionId')) AS thing,
           json_extract_scalar(requestParameters, '$.documentName') AS document
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'ssm.amazonaws.%' AND eventName IN ('StartSession', 'ResumeSession')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND document LIKE '%PortForwarding%' AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1021.007' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END || CASE WHEN document LIKE '%PortForwarding%' THEN ' a tunnel through ' ELSE ' a session on ' END || thing || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
