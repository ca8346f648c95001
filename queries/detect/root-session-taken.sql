-- Who took a session of root in another account?
--
-- AssumeRoot gives an organisation's administrators a session as root of a member
-- account, for one of five tasks. All but the audit of credentials take something away
-- or open it: root's password, the policy of a bucket or of a queue.
--
-- False positives: root's credentials that are being removed in all accounts, which is
--   good practice.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1078.004, T1548.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-track-privileged-tasks.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.taskPolicyArn.arn') AS taskPolicyArnArn,
           json_extract_scalar(requestParameters, '$.targetPrincipal') AS targetPrincipal
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRoot'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'medium'
            WHEN taskPolicyArnArn LIKE '%/IAMAuditRootUserCredentials' THEN 'low'
            ELSE 'high' END AS severity,
       'T1078.004' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       targetPrincipal AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' took ' ELSE ' tried and failed to take ' END
         || 'a session as root of ' || coalesce(targetPrincipal, 'an account')
         || coalesce(' for the task ' || regexp_extract(taskPolicyArnArn, '[^/]+$'), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
