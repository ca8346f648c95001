-- Who let a provider of identities give out a role?
--
-- A trust policy that names a SAML or OIDC provider. With OIDC it is high if nothing
-- says whose tokens count (a condition of sub, or one that is all *): then all that the
-- provider has, of GitHub all repositories of the world, may take the role.
--
-- Cognito's is high if it names users who did not sign in. All else is low: a way in to
-- know of. What failed is low.
--
-- False positives: providers that only one's own people have, such as a company's Okta.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003, T1484.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleName') AS role,
           coalesce(json_extract_scalar(requestParameters, '$.policyDocument'), json_extract_scalar(requestParameters, '$.assumeRolePolicyDocument')) AS policy
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('UpdateAssumeRolePolicy', 'CreateRole')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
), named AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role,
           regexp_extract(policy, '"Federated"\s*:\s*(\[\s*)?"([^"]*)"', 2) AS provider,
           coalesce(strpos(policy, ':oidc-provider/') > 0
                    AND (strpos(policy, ':sub"') = 0 OR regexp_like(policy, ':sub"\s*:\s*(\[[^\]]*)?"(repo:)?\*'))
                    OR strpos(policy, 'unauthenticated') > 0, false) AS open
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND open THEN 'high' ELSE 'low' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let ' ELSE ' tried and failed to let ' END || provider
         || ' give out the role ' || coalesce(role, 'of no name')
         || CASE WHEN open THEN ' to all who have one of its tokens' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM named
WHERE provider IS NOT NULL
ORDER BY time, eventID
