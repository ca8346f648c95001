-- Who shared a layer of code, or gave a function a foreign one?
--
-- A layer that everybody or another account may use leaks its code. A layer of another
-- account in a function runs that account's code with the function's role: a way to stay
-- that leaves the function's own code as it was.
--
-- False positives: layers that vendors publish, such as those of monitoring, and AWS's
--   own; look at the account in why.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1648, T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html,
--   https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           eventName LIKE 'AddLayer%' AS layer,
           coalesce(json_extract_scalar(requestParameters, '$.layerName'), json_extract_scalar(requestParameters, '$.functionName')) AS object,
           json_extract_scalar(requestParameters, '$.principal') = '*' AND json_extract_scalar(requestParameters, '$.organizationId') IS NULL AS everybody,
           coalesce(regexp_extract(replace(json_extract_scalar(requestParameters, '$.principal'), recipientAccountId, 'own'), '[0-9]{12}'), regexp_extract(replace(json_format(json_extract(requestParameters, '$.layers')), recipientAccountId, 'own'), 'arn:[^":]*:lambda:[^":]*:([0-9]{12}):', 1)) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%'
      AND (eventName LIKE 'AddLayerVersionPermission%' OR eventName LIKE 'UpdateFunctionConfiguration%')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND layer THEN 'medium' ELSE 'low' END AS severity,
       'T1648' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' set up' ELSE ' tried and failed to set up' END
         || CASE WHEN layer THEN ' the layer ' || coalesce(object, 'of no name') || ' for ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END
              ELSE ' the function ' || coalesce(object, 'of no name') || ' with a layer of account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
