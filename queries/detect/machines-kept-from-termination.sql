-- Who made machines that cannot be terminated?
--
-- Protection against termination, or against being stopped, makes it slower to clean up
-- after somebody who started machines for themselves. For large and costly types it is
-- medium, else low. AWS services that protect their own machines are left out.
--
-- False positives: machines that matter, protected by people who look after them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1578.002, T1496.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.instanceId'), json_extract_scalar(requestParameters, '$.instanceType')) AS object,
           regexp_like(requestParameters, '"disableApi(Termination|Stop)"\s*:\s*(true|\{\s*"value"\s*:\s*true)') AS protection
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('RunInstances', 'ModifyInstanceAttribute')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(object, '^(p[2-9]|g[3-9]|gr[6-9]|trn|inf|dl[0-9]|vt[0-9]|f[12]|u-|u7|x[12]|hpc)|[.](metal|(16|18|24|32|48|56|96|112)xlarge)') THEN 'medium' ELSE 'low' END AS severity,
       'T1578.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' protected' ELSE ' tried and failed to protect' END
         || ' ' || coalesce(nullif(object, ''), 'a machine') || ' from being terminated or stopped' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE protection
ORDER BY time, eventID
