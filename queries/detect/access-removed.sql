-- Who took access away from many within an hour?
--
-- Users, roles, keys, passwords and policies of $targets users and roles or more that
-- one actor deleted or detached within an hour, none of them in the hour before: to lock
-- people out before or after doing damage. Who takes down what infrastructure code made
-- looks the same: see who it is.
--
-- False positives: infrastructure that is taken down, people who leave, tests that tidy
--   up.
-- Parameters:
--   $targets  integer   = 10            at least so many
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1531
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.userName'), json_extract_scalar(requestParameters, '$.roleName'), json_extract_scalar(requestParameters, '$.groupName'), json_extract_scalar(requestParameters, '$.sAMLProviderArn')) AS target
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND eventName IN ('DeleteUser', 'DeleteRole', 'DeleteAccessKey', 'DeleteLoginProfile', 'DetachUserPolicy', 'DetachRolePolicy', 'DetachGroupPolicy',
                        'DeleteUserPolicy', 'DeleteRolePolicy', 'RemoveUserFromGroup', 'DeactivateMFADevice', 'DeleteSAMLProvider')
      AND errorCode IS NULL AND userIdentity.invokedBy IS NULL
), firsts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, target, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, target ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE target IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, target,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS targets
    FROM firsts
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, target, targets, lag(targets) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1531' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       target AS object,
       actor || ' took access away from ' || CAST(targets AS varchar) || ' users and roles within an hour, the last ' || target || '.' AS why,
       eventID
FROM bursts
WHERE targets >= $targets AND coalesce(before, 0) < $targets
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
