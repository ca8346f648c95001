-- Who changed the start-up script of a machine?
--
-- A machine that is stopped, given another script and started again runs that script as
-- root, with the machine's role. CloudTrail does not log the script itself.
--
-- False positives: infrastructure code that changes scripts in place, rather than
--   making machines anew.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1037, T1578
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.instanceId') AS object,
           json_format(json_extract(requestParameters, '$.userData')) AS script,
           json_extract_scalar(requestParameters, '$.attribute') AS attribute
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'ModifyInstanceAttribute'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'low' END AS severity,
       'T1037' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' changed' ELSE ' tried and failed to change' END
         || ' the start-up script of the machine ' || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE script IS NOT NULL AND script <> 'null' OR attribute = 'userData'
ORDER BY time, eventID
