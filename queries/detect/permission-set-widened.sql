-- Who gave a permission set more rights?
--
-- A policy attached to a permission set of Identity Center, an inline policy put in it,
-- or its boundary removed: all who have the set have more rights, in all accounts where
-- it is assigned, once it is provisioned. AdministratorAccess, and an inline policy that
-- allows everything, are high.
--
-- False positives: everyday administration of permission sets.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_AttachManagedPolicyToPermissionSet.html,
--   https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_PutInlinePolicyToPermissionSet.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.managedPolicyArn') AS managedPolicyArn,
           json_extract_scalar(requestParameters, '$.inlinePolicy') AS inlinePolicy,
           json_extract_scalar(requestParameters, '$.permissionSetArn') AS permissionSetArn,
           json_extract_scalar(requestParameters, '$.customerManagedPolicyReference.name') AS customerManagedPolicyReferenceName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sso.amazonaws.%'
      AND eventName IN ('AttachManagedPolicyToPermissionSet', 'AttachCustomerManagedPolicyReferenceToPermissionSet', 'PutInlinePolicyToPermissionSet',
                        'DeletePermissionsBoundaryFromPermissionSet')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN regexp_like(managedPolicyArn, ':iam::aws:policy/(AdministratorAccess|IAMFullAccess)$')
              OR regexp_like(inlinePolicy, '"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"') THEN 'high'
            WHEN eventName LIKE 'DeletePermissionsBoundary%' THEN 'medium'
            ELSE 'low' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       permissionSetArn AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName LIKE 'DeletePermissionsBoundary%' THEN CASE WHEN errorCode IS NULL THEN ' removed the boundary of ' ELSE ' tried and failed to remove the boundary of ' END
                    ELSE CASE WHEN errorCode IS NULL THEN ' gave ' ELSE ' tried and failed to give ' END
                      || coalesce(managedPolicyArn, 'the policy ' || customerManagedPolicyReferenceName, 'an inline policy') || ' to ' END
         || 'the permission set ' || coalesce(regexp_extract(permissionSetArn, '[^/]+$'), 'of no name') || coalesce(': ' || errorCode, '')
         || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
