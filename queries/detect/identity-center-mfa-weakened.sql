-- Who weakened MFA of Identity Center?
--
-- MFA switched off for all, or a user's device removed by another. People's passwords
-- then open all accounts that they have. The setting is in an event whose parameters AWS
-- does not document: it is taken to be off where it says DISABLED or ALLOWED.
--
-- False positives: lost phones; settings that were changed and did not become weaker are
--   low.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1556.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/userguide/how-to-configure-mfa.html,
--   https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, requestParameters,
           json_extract_scalar(requestParameters, '$.userId') AS userId,
           json_extract_scalar(requestParameters, '$.identityStoreId') AS identityStoreId,
           json_extract_scalar(requestParameters, '$.directoryId') AS directoryId,
           json_extract_scalar(requestParameters, '$.instanceArn') AS instanceArn
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'sso.amazonaws.%' OR eventSource LIKE 'sso-directory.amazonaws.%')
      AND (eventName = 'DeleteMfaDeviceForUser' OR eventName = 'PutMfaDeviceManagementForDirectory'
           OR eventName = 'UpdateSsoConfiguration' AND regexp_like(lower(requestParameters), 'mfa'))
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN eventName IN ('UpdateSsoConfiguration', 'PutMfaDeviceManagementForDirectory')
              THEN CASE WHEN regexp_like(requestParameters, '"(DISABLED|ALLOWED)"') THEN 'high' ELSE 'low' END
            ELSE 'medium' END AS severity,
       'T1556.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userId, identityStoreId, directoryId, instanceArn) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName LIKE 'DeleteMfa%' THEN CASE WHEN errorCode IS NULL THEN ' removed ' ELSE ' tried and failed to remove ' END
         || 'the MFA device of the user ' || coalesce(userId, 'of no name')
                    ELSE CASE WHEN errorCode IS NULL THEN ' changed ' ELSE ' tried and failed to change ' END || 'how Identity Center asks for MFA'
                      || CASE WHEN regexp_like(requestParameters, '"(DISABLED|ALLOWED)"') THEN ': people can sign in without it' ELSE '' END END
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
