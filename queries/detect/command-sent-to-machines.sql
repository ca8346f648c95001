-- Who ran a command on machines for the first time?
--
-- Systems Manager runs scripts as root on each machine that it manages, by a call. It is
-- told when an actor does so in an account for the first time in 30 days, medium where
-- the account's logs go back for $days days before. CloudTrail masks the script; the
-- machines and the document are in why.
--
-- False positives: people who join, and new jobs that patch machines.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1651, T1021.007
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html,
--   https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           eventName AS thing,
           coalesce(json_extract_scalar(requestParameters, '$.documentName'), json_extract_scalar(requestParameters, '$.name')) AS document,
           coalesce(nullif(regexp_replace(json_format(json_extract(requestParameters, '$.instanceIds')), '[^a-z0-9,-]', ''), ''), json_extract_scalar(requestParameters, '$.instanceId'), json_format(json_extract(requestParameters, '$.targets'))) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'ssm.amazonaws.%' AND eventName IN ('SendCommand', 'CreateAssociation', 'StartAutomationExecution')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1651' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' ran' ELSE ' tried and failed to run' END || ' ' || coalesce(document, 'a document') || ' on ' || coalesce(object, 'machines') || ' by ' || eventName || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
