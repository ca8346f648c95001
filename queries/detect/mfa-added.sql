-- Who enabled a device for MFA with a key, or for somebody else?
--
-- A second factor for another user, or for oneself in a session that had none: who has
-- stolen a key or a password adds a device of their own, so that policies that ask for
-- MFA let them in, and stays in when the password is changed.
--
-- False positives: new people whose devices somebody registers for them (medium); people
--   who do it by the command line before they have MFA (low).
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1556.006, T1098.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_cliapi.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.serialNumber') AS serialNumber
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'EnableMFADevice'
      AND (coalesce(json_extract_scalar(requestParameters, '$.userName') <> userIdentity.userName, json_extract_scalar(requestParameters, '$.userName') IS NOT NULL)
           OR userIdentity.accessKeyId LIKE 'AKIA%')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND coalesce(userName <> userIdentity.userName, userName IS NOT NULL) THEN 'medium' ELSE 'low' END AS severity,
       'T1556.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, serialNumber) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' enabled ' ELSE ' tried and failed to enable ' END
         || 'the MFA device ' || coalesce(serialNumber, 'of no name')
         || coalesce(' for the user ' || userName, '')
         || CASE WHEN coalesce(userName <> userIdentity.userName, userName IS NOT NULL) THEN '' ELSE ' with an access key and no MFA' END
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
