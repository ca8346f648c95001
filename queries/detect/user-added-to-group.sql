-- Who added themselves to a group, or somebody to administrators?
--
-- A user added to a group that has the name of administrators, or by themselves to
-- whatever group. The rights of the group are theirs at once.
--
-- False positives: new people. Nobody has to add themselves.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups_manage_add-remove-users.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.groupName') AS groupName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'AddUserToGroup'
      AND (regexp_like(lower(json_extract_scalar(requestParameters, '$.groupName')), 'admin|root|power|owner|super|full')
           OR json_extract_scalar(requestParameters, '$.userName') = userIdentity.userName)
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN userName = userIdentity.userName THEN 'high'
            ELSE 'medium' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       groupName AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' added ' ELSE ' tried and failed to add ' END
         || CASE WHEN userName = userIdentity.userName THEN 'themselves' ELSE 'the user ' || coalesce(userName, 'of no name') END
         || ' to the group ' || coalesce(groupName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
