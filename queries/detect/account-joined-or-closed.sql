-- Which account was closed, made, invited or joined an organisation?
--
-- An account that is closed stops with all that is in it; one that joins an organisation
-- is ruled by it, and a foreign organisation is a way to take an account over; new ones
-- are places where nobody looks yet. Closing and joining are high, inviting is medium, a
-- new account low.
--
-- False positives: administration of accounts, as planned; Control Tower's is left out.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1136.003, T1531, T1484
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html,
--   https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.accountId') AS accountId,
           json_extract_scalar(requestParameters, '$.target.id') AS targetId,
           json_extract_scalar(requestParameters, '$.accountName') AS accountName,
           json_extract_scalar(requestParameters, '$.handshakeId') AS handshakeId,
           json_extract_scalar(requestParameters, '$.destinationParentId') AS destinationParentId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'organizations.amazonaws.%'
      AND eventName IN ('CloseAccount', 'CreateAccount', 'CreateGovCloudAccount', 'InviteAccountToOrganization', 'AcceptHandshake', 'MoveAccount')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR eventName IN ('CreateAccount', 'CreateGovCloudAccount', 'MoveAccount') THEN 'low'
            WHEN eventName = 'InviteAccountToOrganization' THEN 'medium'
            ELSE 'high' END AS severity,
       CASE WHEN eventName LIKE 'Create%' THEN 'T1136.003' WHEN eventName = 'CloseAccount' THEN 'T1531' ELSE 'T1484' END AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(accountId, targetId, accountName, handshakeId, recipientAccountId) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE eventName
                WHEN 'CloseAccount' THEN CASE WHEN errorCode IS NULL THEN ' closed ' ELSE ' tried and failed to close ' END || 'the account '
                || coalesce(accountId, recipientAccountId, 'unknown')
                WHEN 'MoveAccount' THEN CASE WHEN errorCode IS NULL THEN ' moved ' ELSE ' tried and failed to move ' END || 'the account '
                || coalesce(accountId, 'unknown') || ' to ' || coalesce(destinationParentId, 'another unit')
                WHEN 'InviteAccountToOrganization' THEN CASE WHEN errorCode IS NULL THEN ' invited ' ELSE ' tried and failed to invite ' END
                || 'the account ' || coalesce(targetId, 'unknown') || ' to the organisation'
                WHEN 'AcceptHandshake' THEN CASE WHEN errorCode IS NULL THEN ' took ' ELSE ' tried and failed to take ' END || 'the account '
                || coalesce(recipientAccountId, 'unknown') || ' into an organisation that had invited it'
                ELSE CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END || 'the account '
                || coalesce(accountName, 'of no name') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
