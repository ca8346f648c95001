-- Who harmed the bucket in which a trail keeps its logs?
--
-- Logs can be lost without a touch on the trail: the bucket or its log files deleted, a
-- lifecycle that expires them within 90 days, versioning suspended, the policy by which
-- CloudTrail may write changed, the block on public access or the notice of new files
-- taken away.
--
-- A bucket is a trail's if its name says so, if CreateTrail or UpdateTrail named it, or
-- if CloudTrail itself wrote to it or asked for its ACL within 30 days before.
-- Deletions of log files are data events.
--
-- False positives: set-ups of trails; data that CloudTrail checks for other reasons. A
--   policy is put low.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 31d
-- Severity: critical
-- ATT&CK: T1562.008, T1485, T1485.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html,
--   https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
WITH trails AS (
    SELECT DISTINCT coalesce(json_extract_scalar(requestParameters, '$.bucketName'),
                             json_extract_scalar(requestParameters, '$.s3BucketName')) AS bucket,
           date_trunc('day', eventTime) AS day
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
      AND (eventSource LIKE 'cloudtrail.amazonaws.%' AND eventName IN ('CreateTrail', 'UpdateTrail')
           OR eventSource LIKE 's3.amazonaws.%' AND eventName IN ('GetBucketAcl', 'PutObject')
              AND userIdentity.invokedBy LIKE 'cloudtrail.amazonaws.%'
              AND (eventName = 'GetBucketAcl' OR strpos(requestParameters, 'AWSLogs/') > 0))
), calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.bucketName') AS bucket
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteBucket', 'critical', 'delete', 'deleted', 'the bucket'),
        ('DeleteObject', 'critical', 'delete', 'deleted', 'log files of'),
        ('DeleteObjects', 'high', 'delete', 'deleted', 'files of'),
        ('PutBucketLifecycle', 'high', 'let', 'let', 'expire soon the logs in'),
        ('PutBucketVersioning', 'high', 'suspend', 'suspended', 'versioning of'),
        ('DeleteBucketPublicAccessBlock', 'high', 'remove', 'removed', 'the block on public access of'),
        ('PutBucketPublicAccessBlock', 'high', 'weaken', 'weakened', 'the block on public access of'),
        ('DeleteBucketPolicy', 'medium', 'delete', 'deleted', 'the policy of'),
        ('PutBucketPolicy', 'low', 'change', 'changed', 'the policy of'),
        ('PutBucketAcl', 'low', 'change', 'changed', 'the ACL of'),
        ('PutBucketNotification', 'low', 'change', 'changed', 'the notifications of'),
        ('PutBucketReplication', 'low', 'change', 'changed', 'the copying of'),
        ('DeleteBucketReplication', 'low', 'end', 'ended', 'the copying of'),
        ('DeleteBucketEncryption', 'low', 'end', 'ended', 'the encryption of')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND (eventName <> 'DeleteObject' OR json_extract_scalar(requestParameters, '$.key') LIKE '%AWSLogs/%/CloudTrail%')
      -- Its keys are not logged, so that the bucket has to be for nothing else.
      AND (eventName <> 'DeleteObjects'
           OR regexp_like(json_extract_scalar(requestParameters, '$.bucketName'), 'cloud-?trail'))
      AND (eventName <> 'PutBucketLifecycle'
           OR TRY_CAST(regexp_extract(requestParameters, '"Expiration"\s*:\s*\{[^{}]*"Days"\s*:\s*"?([0-9]+)', 1) AS bigint) <= 90)
      AND (eventName <> 'PutBucketVersioning' OR strpos(requestParameters, '"Suspended"') > 0)
      AND (eventName <> 'PutBucketPublicAccessBlock' OR regexp_like(requestParameters, ':\s*"?false'))
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
       bucket AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || ' ' || bucket || ', where a trail keeps its logs' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE regexp_like(bucket, 'cloudtrail|cloud-trail|(^|[-.])trails?([-.]|$)|aws-controltower-logs')
   OR EXISTS (SELECT 1 FROM trails
              WHERE trails.bucket = calls.bucket AND day <= eventTime AND day >= eventTime - INTERVAL '30' DAY)
ORDER BY time, eventID
