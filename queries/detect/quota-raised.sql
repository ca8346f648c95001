-- Who asked for a higher quota?
--
-- More machines, more graphics chips, more mail or more tokens than the account may have
-- today: work that grows, or somebody who means to use it up. For compute, learning,
-- models and mail it is medium, else low.
--
-- False positives: teams that grow; they know of it.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1578.005, T1496.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_RequestServiceQuotaIncrease.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.serviceCode') AS object,
           json_extract_scalar(requestParameters, '$.quotaCode') AS quota,
           json_extract_scalar(requestParameters, '$.desiredValue') AS wanted
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'servicequotas.amazonaws.%' AND eventName IN ('RequestServiceQuotaIncrease', 'PutServiceQuotaIncreaseRequestIntoTemplate')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND object IN ('ec2', 'sagemaker', 'bedrock', 'ses', 'fargate', 'lightsail') THEN 'medium' ELSE 'low' END AS severity,
       'T1578.005' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' asked' ELSE ' tried and failed to ask' END
         || ' for ' || coalesce(wanted, 'more') || ' of the quota ' || coalesce(quota, 'of no name') || ' of ' || coalesce(nullif(object, ''), 'a service') || ' in ' || coalesce(awsRegion, 'a region') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
