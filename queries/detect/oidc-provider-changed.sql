-- Who made or changed an OIDC provider?
--
-- An OIDC provider that an account trusts gives out roles to whom its tokens name. One
-- that is made, a client that is added, or a thumbprint that is changed opens a way in
-- without users and keys. EKS clusters have one each: those are low, and so is what
-- takes something away, or failed.
--
-- False positives: set-up of builds at GitHub, GitLab and the like.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1484.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.url') AS url,
           json_extract_scalar(requestParameters, '$.openIDConnectProviderArn') AS openIDConnectProviderArn
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND eventName IN ('CreateOpenIDConnectProvider', 'DeleteOpenIDConnectProvider', 'UpdateOpenIDConnectProviderThumbprint',
                        'AddClientIDToOpenIDConnectProvider', 'RemoveClientIDFromOpenIDConnectProvider')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR eventName LIKE 'Delete%' OR eventName LIKE 'Remove%'
              OR coalesce(url, openIDConnectProviderArn) LIKE '%oidc.eks.%' THEN 'low' ELSE 'medium' END AS severity,
       'T1484.002' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(url, openIDConnectProviderArn) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName LIKE 'Create%' THEN CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
               WHEN eventName LIKE 'Delete%' THEN CASE WHEN errorCode IS NULL THEN ' deleted ' ELSE ' tried and failed to delete ' END
                    WHEN eventName LIKE 'Update%' THEN CASE WHEN errorCode IS NULL THEN ' changed the thumbprint of ' ELSE ' tried and failed to change the thumbprint of ' END
                    WHEN eventName LIKE 'Add%' THEN CASE WHEN errorCode IS NULL THEN ' added a client to ' ELSE ' tried and failed to add a client to ' END ELSE CASE WHEN errorCode IS NULL THEN ' removed a client of ' ELSE ' tried and failed to remove a client of ' END END
         || 'the OIDC provider ' || coalesce(coalesce(url, openIDConnectProviderArn), 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
