-- Who removed the boundary of somebody's rights?
--
-- The permissions boundary of a user or role taken away, or replaced by a policy that
-- bounds nothing. It is what keeps those who may make roles from making ones with more
-- rights than their own.
--
-- False positives: boundaries that are renamed or moved.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.roleName') AS roleName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND (eventName IN ('DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary')
           OR eventName IN ('PutUserPermissionsBoundary', 'PutRolePermissionsBoundary')
              AND json_extract_scalar(requestParameters, '$.permissionsBoundary') LIKE '%:iam::aws:policy/AdministratorAccess')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, roleName) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName LIKE 'Delete%' THEN CASE WHEN errorCode IS NULL THEN ' removed ' ELSE ' tried and failed to remove ' END
                    ELSE CASE WHEN errorCode IS NULL THEN ' replaced by AdministratorAccess ' ELSE ' tried and failed to replace by AdministratorAccess ' END END
         || 'the permissions boundary of ' || coalesce('the user ' || userName, 'the role ' || roleName, 'somebody') || coalesce(': '
         || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
