-- Who gave a function a URL that everybody can call?
--
-- A function URL with the authorisation type NONE, or the statement in the function's
-- policy that it needs. Intruders make one to run their code from outside; people make
-- one for web hooks. It is medium where it was made or changed to NONE; the statement and
-- what failed are low.
--
-- False positives: web hooks and sites that check who calls by themselves.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1648, T1190
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.functionName') AS object,
           coalesce(json_extract_scalar(requestParameters, '$.authType'), json_extract_scalar(requestParameters, '$.functionUrlAuthType')) AS authorisation
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'lambda.amazonaws.%'
      AND (eventName LIKE 'CreateFunctionUrlConfig%' OR eventName LIKE 'UpdateFunctionUrlConfig%' OR eventName LIKE 'AddPermission%')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName NOT LIKE 'AddPermission%' THEN 'medium' ELSE 'low' END AS severity,
       'T1648' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the URL of the function ' || coalesce(object, 'of no name') || ' to everybody' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE authorisation = 'NONE'
ORDER BY time, eventID
