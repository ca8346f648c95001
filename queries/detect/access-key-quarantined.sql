-- Which access key did AWS find in public?
--
-- AWS looks for access keys in public repositories and bounds what the user of one that
-- it finds may do, by the policy AWSCompromisedKeyQuarantine. The key is known to the
-- world: switch it off, and look at what it did. The policy leaves much allowed.
--
-- The quarantine taken away is told too, as high: the key should be gone before.
--
-- False positives: none that matter.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1552.001, T1098
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/security-iam-awsmanpol.html,
--   https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.groupName') AS groupName,
           json_extract_scalar(requestParameters, '$.roleName') AS roleName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND (eventName IN ('AttachUserPolicy', 'DetachUserPolicy', 'AttachGroupPolicy', 'DetachGroupPolicy', 'AttachRolePolicy', 'DetachRolePolicy')
             AND json_extract_scalar(requestParameters, '$.policyArn') LIKE '%:iam::aws:policy/AWSCompromisedKeyQuarantine%'
           OR eventName IN ('PutUserPolicy', 'DeleteUserPolicy') AND json_extract_scalar(requestParameters, '$.policyName') LIKE 'AWSExposedCredentialPolicy%')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN eventName LIKE 'De%' THEN 'high' ELSE 'critical' END AS severity,
       CASE WHEN eventName LIKE 'De%' THEN 'T1098' ELSE 'T1552.001' END AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, groupName, roleName) AS object,
       CASE WHEN eventName LIKE 'De%' THEN coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' took ' ELSE ' tried and failed to take ' END || 'the quarantine off '
            ELSE 'An access key was found in public, and a quarantine ' || CASE WHEN errorCode IS NULL THEN 'is on ' ELSE 'failed for ' END END
         || coalesce(userName, groupName, roleName, 'somebody') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
