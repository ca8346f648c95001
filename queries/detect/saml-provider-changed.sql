-- Who made or changed a SAML provider?
--
-- Who gives an account a SAML provider of their own, or puts their certificate into the
-- metadata of one that is there, can sign in as everybody whom the provider's roles let
-- in: no user or key has to be made. A provider that is deleted locks people out, and is
-- low.
--
-- False positives: certificates of providers that are renewed, once in some years.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1484.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSAMLProvider.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.sAMLProviderArn') AS sAMLProviderArn,
           json_extract_scalar(responseElements, '$.sAMLProviderArn') AS madeSAMLProviderArn,
           json_extract_scalar(requestParameters, '$.name') AS name
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('CreateSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR eventName LIKE 'Delete%' THEN 'low' ELSE 'high' END AS severity,
       'T1484.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(sAMLProviderArn, madeSAMLProviderArn, name) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName LIKE 'Create%' THEN CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
               WHEN eventName LIKE 'Update%' THEN CASE WHEN errorCode IS NULL THEN ' changed ' ELSE ' tried and failed to change ' END
                    ELSE CASE WHEN errorCode IS NULL THEN ' deleted ' ELSE ' tried and failed to delete ' END END
         || 'the SAML provider ' || coalesce(name, sAMLProviderArn, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
