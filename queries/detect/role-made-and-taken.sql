-- Who made a role and took it at once?
--
-- A role that somebody made, or whose trust they changed, and took themselves within an
-- hour. Roles are made for others to take; for oneself it is a way to rights that one
-- does not have, or to a name that nobody knows.
--
-- False positives: people who try out a role that they made.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1098.003, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, CASE WHEN eventName LIKE 'AssumeRole%' THEN 1 ELSE 0 END AS taken,
           coalesce(json_extract_scalar(requestParameters, '$.roleName'), regexp_extract(json_extract_scalar(requestParameters, '$.roleArn'), '[^/]+$')) AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND (eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('CreateRole', 'UpdateAssumeRolePolicy')
           OR eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRole'
              AND split_part(json_extract_scalar(requestParameters, '$.roleArn'), ':', 5) = userIdentity.accountId)
      AND errorCode IS NULL AND userIdentity.invokedBy IS NULL
), steps AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, taken,
           lag(taken) OVER w AS before_taken, lag(eventName) OVER w AS deed, lag(eventTime) OVER w AS made
    FROM calls
    WHERE role IS NOT NULL AND actor IS NOT NULL
    WINDOW w AS (PARTITION BY actor, recipientAccountId, role ORDER BY eventTime, taken, eventID)
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1098.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       actor || ' took the role ' || role || ', ' || CAST(date_diff('minute', made, eventTime) AS varchar) || ' minutes after they '
         || CASE WHEN deed = 'CreateRole' THEN 'made it' ELSE 'changed who may take it' END || '.' AS why,
       eventID
FROM steps
WHERE taken = 1 AND before_taken = 0 AND made >= eventTime - INTERVAL '1' HOUR
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
