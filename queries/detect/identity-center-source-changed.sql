-- Who changed where Identity Center's people come from?
--
-- The source of identities of Identity Center: an external provider configured, switched
-- on or off, its certificate imported, or the directory exchanged. Who brings a provider
-- of their own can sign in as everybody, in all accounts of the organisation.
--
-- False positives: a provider that is set up, or whose certificate is renewed.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1484.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/userguide/manage-your-identity-source-idp.html,
--   https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.directoryId') AS directoryId,
           json_extract_scalar(requestParameters, '$.identityStoreId') AS identityStoreId,
           json_extract_scalar(requestParameters, '$.instanceArn') AS instanceArn
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'sso.amazonaws.%' OR eventSource LIKE 'sso-directory.amazonaws.%' OR eventSource LIKE 'identitystore.amazonaws.%')
      AND regexp_like(eventName, '^((Create|Update|Delete|Enable|Disable|Configure)ExternalIdP(Configuration)?ForDirectory|(Import|Delete)ExternalIdPCertificate|AssociateDirectory|DisassociateDirectory)$')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'medium'
            WHEN regexp_like(eventName, 'Certificate|Delete') THEN 'high'
            ELSE 'critical' END AS severity,
       'T1484.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(directoryId, identityStoreId, instanceArn) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called ' ELSE ' tried and failed to call ' END
         || coalesce(split_part(eventSource, '.', 1) || ':', '') || eventName || ', which changes the source of Identity Center''s people'
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
