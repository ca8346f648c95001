-- Who attached a policy that allows everything?
--
-- AWS's policies AdministratorAccess and IAMFullAccess (who has it, can give themselves
-- the other) attached to a user, a role or a group. It is what an intruder does first to
-- keep a way in with all rights.
--
-- To a user or a group it is high, to a role, which infrastructure code makes too,
-- medium; what failed is low. What a service such as CloudFormation does for somebody is
-- left out.
--
-- False positives: accounts that are being set up, and roles of deployment.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.groupName') AS groupName,
           json_extract_scalar(requestParameters, '$.roleName') AS roleName,
           json_extract_scalar(requestParameters, '$.policyArn') AS policyArn
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('AttachUserPolicy', 'AttachGroupPolicy', 'AttachRolePolicy')
      AND regexp_like(json_extract_scalar(requestParameters, '$.policyArn'), ':iam::aws:policy/(AdministratorAccess|IAMFullAccess)$')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN eventName = 'AttachRolePolicy' THEN 'medium'
            ELSE 'high' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, groupName, roleName) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' attached ' ELSE ' tried and failed to attach ' END
         || coalesce(split_part(policyArn, '/', 2), 'a policy') || ' to '
         || CASE eventName WHEN 'AttachUserPolicy' THEN 'the user ' WHEN 'AttachGroupPolicy' THEN 'the group ' ELSE 'the role ' END
         || coalesce(userName, groupName, roleName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
