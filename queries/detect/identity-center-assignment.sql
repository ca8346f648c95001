-- Who was given a permission set in an account?
--
-- Assignments of Identity Center: a user or group may from then on act in an account
-- with a permission set. To a user, and not a group, it goes past the groups that
-- somebody reviews, and is medium; the rest is low. Compare the permission set's name.
--
-- False positives: everyday administration; services such as Control Tower are left out.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html,
--   https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.principalType') AS principalType,
           json_extract_scalar(requestParameters, '$.targetId') AS targetId,
           json_extract_scalar(requestParameters, '$.principalId') AS principalId,
           json_extract_scalar(requestParameters, '$.permissionSetArn') AS permissionSetArn
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sso.amazonaws.%' AND eventName = 'CreateAccountAssignment'
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND principalType = 'USER' THEN 'medium' ELSE 'low' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       targetId AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave ' ELSE ' tried and failed to give ' END
         || CASE WHEN principalType = 'USER' THEN 'the user ' ELSE 'the group ' END
         || coalesce(principalId, 'of no name') || ' the permission set '
         || coalesce(regexp_extract(permissionSetArn, '[^/]+$'), 'of no name') || ' in account ' || coalesce(nullif(targetId, ''), 'unknown')
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
