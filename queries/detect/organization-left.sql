-- Who took an account out of its organisation?
--
-- An account that leaves, or is removed from, its organisation loses the organisation's
-- policies, its trail and its detection at once; the same for all accounts if the
-- organisation is deleted. Nobody tries it by accident: what failed is medium.
--
-- False positives: accounts that are sold or moved, as planned.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1562, T1484
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_leave-as-member.html,
--   https://docs.aws.amazon.com/organizations/latest/APIReference/API_LeaveOrganization.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.accountId') AS accountId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'organizations.amazonaws.%' AND eventName IN ('LeaveOrganization', 'RemoveAccountFromOrganization', 'DeleteOrganization')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'medium' WHEN eventName = 'DeleteOrganization' THEN 'critical' ELSE 'high' END AS severity,
       'T1562' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(accountId, recipientAccountId) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE eventName WHEN 'DeleteOrganization' THEN CASE WHEN errorCode IS NULL THEN ' deleted ' ELSE ' tried and failed to delete ' END
         || 'the organisation of account '
                    ELSE CASE WHEN errorCode IS NULL THEN ' took out of its organisation ' ELSE ' tried and failed to take out of its organisation ' END
                    || 'the account ' END
         || coalesce(accountId, recipientAccountId, 'unknown') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
