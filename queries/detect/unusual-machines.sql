-- Who started machines that cost much, or many at once?
--
-- Machines with graphics or learning chips, very large ones, or $count and more with one
-- call: what thieves of computing time start. They are medium; what failed, of which they
-- leave many before one succeeds, is low.
--
-- False positives: training, rendering and tests under load, mostly by the same actors.
-- Parameters:
--   $count  integer   = 20            at least so many machines
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1496.001, T1578.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.instanceType'), regexp_extract(requestParameters, '"instanceType"\s*:\s*"([^"]*)"', 1)) AS object,
           coalesce(TRY_CAST(json_extract_scalar(requestParameters, '$.instancesSet.items[0].maxCount') AS bigint), TRY_CAST(json_extract_scalar(requestParameters, '$.instanceCount') AS bigint)) AS machines
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('RunInstances', 'RequestSpotInstances')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1496.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' started' ELSE ' tried and failed to start' END
         || ' ' || coalesce(CAST(machines AS varchar), 'one or more') || ' of ' || coalesce(nullif(object, ''), 'a type of no name') || ' in ' || coalesce(awsRegion, 'a region') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE regexp_like(object, '^(p[2-9]|g[3-9]|gr[6-9]|trn|inf|dl[0-9]|vt[0-9]|f[12]|u-|u7|x[12]|hpc)|[.](metal|(16|18|24|32|48|56|96|112)xlarge)') OR machines >= $count
ORDER BY time, eventID
