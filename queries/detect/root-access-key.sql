-- Who made an access key for root?
--
-- An access key of the root user works without a password and MFA, and no policy of the
-- account holds it back. AWS advises to have none, and nothing needs one.
--
-- False positives: none.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user_manage_add-key.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(responseElements, '$.accessKey.accessKeyId') AS madeAccessKeyAccessKeyId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'CreateAccessKey'
      AND userIdentity.type = 'Root' AND json_extract_scalar(requestParameters, '$.userName') IS NULL
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'critical' ELSE 'medium' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userIdentity.accountId, recipientAccountId) AS object,
       'Root of account ' || coalesce(userIdentity.accountId, recipientAccountId, 'unknown')
         || CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
         || 'an access key' || coalesce(' ' || madeAccessKeyAccessKeyId, '') || ' for itself' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
