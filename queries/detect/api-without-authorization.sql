-- Who made a method of an API that asks nobody who they are?
--
-- A method or route of API Gateway whose authorisation is NONE and that needs no key,
-- other than OPTIONS, which browsers must be able to call. A method that was there and
-- whose authorisation is taken away counts as well.
--
-- False positives: APIs that are meant for all, and sign-in pages; imports of whole
--   definitions are not seen.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1190
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.restApiId'), json_extract_scalar(requestParameters, '$.apiId')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.httpMethod'), json_extract_scalar(requestParameters, '$.routeKey')) AS method,
           requestParameters
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'apigateway.amazonaws.%' AND eventName IN ('PutMethod', 'UpdateMethod', 'CreateRoute', 'UpdateRoute')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'low' ELSE 'low' END AS severity,
       'T1190' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' ' || coalesce(method, 'a method') || ' of the API ' || coalesce(object, 'of no name') || ' to everybody' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE (regexp_like(requestParameters, '"authorizationType"\s*:\s*"NONE"')
        OR regexp_like(requestParameters, '"path"\s*:\s*"/authorizationType"[^{}]*"NONE"'))
  AND NOT regexp_like(requestParameters, '"apiKeyRequired"\s*:\s*true')
  AND coalesce(method, '') NOT LIKE 'OPTIONS%'
ORDER BY time, eventID
