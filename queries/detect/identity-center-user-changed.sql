-- Who made a user of Identity Center, or changed one?
--
-- Users made in Identity Center's own directory, passwords set, and members added to its
-- groups, by hand. Groups carry the assignments, so that a new member may act in
-- accounts at once. A password set by another is medium. What a provider of identities
-- synchronises has an eventSource of its own and is left out.
--
-- False positives: directories that are kept by hand, or by infrastructure code.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1136.003, T1098
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html,
--   https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_CreateUser.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.groupId') AS groupId,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.userId') AS userId,
           json_extract_scalar(responseElements, '$.userId') AS madeUserId,
           json_extract_scalar(responseElements, '$.user.userId') AS madeUserUserId,
           json_extract_scalar(requestParameters, '$.identityStoreId') AS identityStoreId,
           json_extract_scalar(requestParameters, '$.memberId.userId') AS memberIdUserId,
           json_extract_scalar(requestParameters, '$.memberId') AS memberId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'sso-directory.amazonaws.%' OR eventSource LIKE 'identitystore.amazonaws.%')
      AND eventName IN ('CreateUser', 'UpdatePassword', 'SetPassword', 'EnableUser', 'AddMemberToGroup', 'CreateGroupMembership')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName IN ('UpdatePassword', 'SetPassword') THEN 'medium' ELSE 'low' END AS severity,
       CASE WHEN eventName = 'CreateUser' THEN 'T1136.003' ELSE 'T1098' END AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(groupId, userName, userId, madeUserId, madeUserUserId, identityStoreId) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName = 'CreateUser' THEN CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END || 'the user '
         || coalesce(userName, madeUserId, madeUserUserId, 'of no name')
                    WHEN eventName IN ('UpdatePassword', 'SetPassword') THEN CASE WHEN errorCode IS NULL THEN ' set ' ELSE ' tried and failed to set ' END
                    || 'the password of the user ' || coalesce(userId, 'of no name')
                    WHEN eventName = 'EnableUser' THEN CASE WHEN errorCode IS NULL THEN ' enabled ' ELSE ' tried and failed to enable ' END
                    || 'the user ' || coalesce(userId, 'of no name')
                    ELSE CASE WHEN errorCode IS NULL THEN ' added ' ELSE ' tried and failed to add ' END || 'the user '
                    || coalesce(memberIdUserId, memberId, userId, 'of no name')
                      || ' to the group ' || coalesce(groupId, 'of no name') END
         || ' in Identity Center' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
