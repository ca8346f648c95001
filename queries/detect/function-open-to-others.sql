-- Who let everybody or another account call a function?
--
-- A statement in a function's policy that lets everybody call it, or change it, without a
-- condition on who calls; or that names an account other than one's own. Such a statement
-- is a way back in, which stays when keys are changed. Services that may call for a given
-- source are everyday work and left out. Function URLs without sign-in are in
-- detect/function-url-without-sign-in.
--
-- False positives: functions that partners or other accounts of one's own call.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1546, T1525
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html,
--   https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.functionName') AS object,
           json_extract_scalar(requestParameters, '$.action') AS action,
           json_extract_scalar(requestParameters, '$.principal') AS principal,
           regexp_extract(replace(json_extract_scalar(requestParameters, '$.principal'), recipientAccountId, 'own'), '[0-9]{12}') AS other,
           coalesce(json_extract_scalar(requestParameters, '$.principalOrgID'), json_extract_scalar(requestParameters, '$.sourceArn'), json_extract_scalar(requestParameters, '$.sourceAccount'), json_extract_scalar(requestParameters, '$.functionUrlAuthType')) AS condition
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%' AND eventName LIKE 'AddPermission%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN principal = '*' THEN 'high' ELSE 'medium' END AS severity,
       'T1546' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let' ELSE ' tried and failed to let' END
         || CASE WHEN principal = '*' THEN ' everybody' ELSE ' account ' || coalesce(other, 'unknown') END || ' call ' || coalesce(action, 'something') || ' of the function ' || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE principal = '*' AND condition IS NULL OR other IS NOT NULL
ORDER BY time, eventID
