-- Who took away a device for MFA?
--
-- A user's second factor deactivated: their password alone signs in from then on. Root's
-- is critical, another's medium, one's own low, which people do with a new phone. What
-- failed is low.
--
-- False positives: lost and new phones.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1556.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_disable.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.serialNumber') AS serialNumber
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'DeactivateMFADevice'
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN userIdentity.type = 'Root' AND userName IS NULL
              OR serialNumber LIKE '%:mfa/root-account-mfa-device' THEN 'critical'
            WHEN coalesce(userName <> userIdentity.userName, userName IS NOT NULL) THEN 'medium'
            ELSE 'low' END AS severity,
       'T1556.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, serialNumber) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' deactivated ' ELSE ' tried and failed to deactivate ' END
         || 'the MFA device ' || coalesce(serialNumber, 'of no name')
         || coalesce(' of the user ' || userName, '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
