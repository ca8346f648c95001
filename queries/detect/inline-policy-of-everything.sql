-- Who gave somebody all rights by an inline policy?
--
-- An inline policy of a user, role or group that allows all actions, or all of IAM, on
-- all resources. It does what AdministratorAccess does, and no list of attached policies
-- shows it.
--
-- Statements that deny are left out, and conditions are not judged. What failed is low.
--
-- False positives: old infrastructure code that writes policies of its own.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.groupName') AS groupName,
           json_extract_scalar(requestParameters, '$.roleName') AS roleName,
           json_extract_scalar(requestParameters, '$.policyName') AS policyName,
           -- Conditions have braces of their own, and what is denied is not given.
           regexp_replace(regexp_replace(json_extract_scalar(requestParameters, '$.policyDocument'), '"Condition"\s*:\s*\{(\s*"[^"]*"\s*:\s*\{[^{}]*\}\s*,?)*\s*\}', '"Condition":0'),
                      '\{[^{}]*"Effect"\s*:\s*"Deny"[^{}]*\}', '') AS allowed
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('PutUserPolicy', 'PutGroupPolicy', 'PutRolePolicy')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN eventName = 'PutRolePolicy' THEN 'medium' ELSE 'high' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, groupName, roleName) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave ' ELSE ' tried and failed to give ' END
         || CASE eventName WHEN 'PutUserPolicy' THEN 'the user ' WHEN 'PutGroupPolicy' THEN 'the group ' ELSE 'the role ' END
         || coalesce(userName, groupName, roleName, 'of no name')
         || ' all rights by the inline policy ' || coalesce(policyName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE (regexp_like(allowed, '"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"[^{}]*"Resource"\s*:\s*(\[[^\]]*)?"\*"')
    OR regexp_like(allowed, '"Resource"\s*:\s*(\[[^\]]*)?"\*"[^{}]*"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"'))
ORDER BY time, eventID
