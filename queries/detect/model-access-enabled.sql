-- Who asked for access to models?
--
-- Agreements, use cases and entitlements of Bedrock make costly models callable. Where
-- nobody works with models, somebody means to use them up.
--
-- False positives: people who begin with models, once for each.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098, T1496.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.modelId'), json_extract_scalar(requestParameters, '$.modelSourceIdentifier')) AS object
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'bedrock.amazonaws.%'
      AND eventName IN ('PutUseCaseForModelAccess', 'CreateFoundationModelAgreement', 'PutFoundationModelEntitlement', 'CreateMarketplaceModelEndpoint', 'CreateProvisionedModelThroughput')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END
         || ' bedrock:' || eventName || coalesce(' for ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
