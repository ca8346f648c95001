-- Who made an access key for somebody else?
--
-- An access key of another user than the caller: with it one acts as that user, with
-- that user's rights, and it stays when one's own key is gone. Roles count as somebody
-- else. What root makes for itself is another detection's.
--
-- False positives: administrators and code that make keys for machines, and renew them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(responseElements, '$.accessKey.accessKeyId') AS madeAccessKeyAccessKeyId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'CreateAccessKey'
      AND coalesce(json_extract_scalar(requestParameters, '$.userName') <> userIdentity.userName, json_extract_scalar(requestParameters, '$.userName') IS NOT NULL)
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       userName AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END || 'an access key'
         || coalesce(' ' || madeAccessKeyAccessKeyId, '')
         || ' for the user ' || coalesce(userName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
