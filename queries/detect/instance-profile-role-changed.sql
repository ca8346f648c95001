-- Who put another role into an instance profile?
--
-- A role taken out of an instance profile and another put in by the same actor within an
-- hour: the instances that have the profile get the other role's rights, though nothing
-- about them was changed. A role with the name of an administrator's is high.
--
-- False positives: roles that infrastructure code renames.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, json_extract_scalar(requestParameters, '$.instanceProfileName') AS profile, json_extract_scalar(requestParameters, '$.roleName') AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('AddRoleToInstanceProfile', 'RemoveRoleFromInstanceProfile')
      AND errorCode IS NULL AND userIdentity.invokedBy IS NULL
), pairs AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, profile, role,
           lag(eventName) OVER w AS deed, lag(role) OVER w AS old, lag(eventTime) OVER w AS before
    FROM calls
    WINDOW w AS (PARTITION BY actor, recipientAccountId, profile ORDER BY eventTime, CASE WHEN eventName LIKE 'Remove%' THEN 0 ELSE 1 END, eventID)
)
SELECT eventTime AS time,
       CASE WHEN regexp_like(lower(role), 'admin|root|full|power|owner|super|organizationaccountaccess') THEN 'high' ELSE 'medium' END AS severity,
       'T1098.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       profile AS object,
       coalesce(actor, 'Somebody') || ' put the role ' || role || ' into the instance profile ' || coalesce(profile, 'of no name') || ' in place of '
         || old || '.' AS why,
       eventID
FROM pairs
WHERE eventName = 'AddRoleToInstanceProfile' AND deed = 'RemoveRoleFromInstanceProfile' AND old <> role AND before >= eventTime - INTERVAL '1' HOUR
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
