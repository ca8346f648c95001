-- Who harmed the key with which a trail encrypts its logs?
--
-- A trail whose KMS key is disabled, waits for its deletion or no longer lets
-- CloudTrail use it delivers nothing, and what is in the bucket cannot be read. The
-- trail itself looks as if it ran.
--
-- A key is a trail's if CreateTrail or UpdateTrail named it, or if CloudTrail used it
-- for a trail within 30 days before; a policy is told of where it does not speak of
-- CloudTrail.
--
-- False positives: trails that move to another key.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 31d
-- Severity: critical
-- ATT&CK: T1562.008, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html,
--   https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
WITH trails AS (
    SELECT DISTINCT regexp_extract(coalesce(json_extract_scalar(requestParameters, '$.keyId'),
                                            json_extract_scalar(requestParameters, '$.kmsKeyId')), '[^/]+$') AS key,
           date_trunc('day', eventTime) AS day
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
      AND (eventSource LIKE 'cloudtrail.amazonaws.%' AND eventName IN ('CreateTrail', 'UpdateTrail')
           OR eventSource LIKE 'kms.amazonaws.%' AND eventName = 'GenerateDataKey'
              AND strpos(requestParameters, 'aws:cloudtrail:arn') > 0)
), calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           regexp_extract(json_extract_scalar(requestParameters, '$.keyId'), '[^/]+$') AS key
    FROM cloudtrail
    JOIN (VALUES
        ('DisableKey', 'critical', 'disable', 'disabled', 'the key'),
        ('ScheduleKeyDeletion', 'critical', 'schedule', 'scheduled', 'the deletion of the key'),
        ('DeleteImportedKeyMaterial', 'critical', 'delete', 'deleted', 'the material of the key'),
        ('PutKeyPolicy', 'high', 'shut', 'shut', 'CloudTrail out of the key')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'kms.amazonaws.%'
      AND (eventName <> 'PutKeyPolicy' OR strpos(requestParameters, 'cloudtrail.amazonaws.') = 0)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity = 'low' THEN severity ELSE 'medium' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || ' ' || key || ', with which a trail encrypts its logs' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE EXISTS (SELECT 1 FROM trails
              WHERE trails.key = calls.key AND day <= eventTime AND day >= eventTime - INTERVAL '30' DAY)
ORDER BY time, eventID
