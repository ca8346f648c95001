-- Who activated an access key that had been switched off?
--
-- A key that somebody had made inactive, for it leaked or was no longer needed, works
-- again. It is what an intruder does with a key of old who may not make a new one.
--
-- False positives: keys that were switched off to see whether anybody misses them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.accessKeyId') AS accessKeyId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'UpdateAccessKey' AND json_extract_scalar(requestParameters, '$.status') = 'Active'
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (coalesce(userName <> userIdentity.userName, userName IS NOT NULL) OR userIdentity.type = 'Root') THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       accessKeyId AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' activated ' ELSE ' tried and failed to activate ' END
         || 'the access key ' || coalesce(accessKeyId, 'of no name')
         || coalesce(' of the user ' || userName, '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
