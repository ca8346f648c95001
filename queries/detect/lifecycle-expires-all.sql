-- Which bucket was told to expire all its objects within days?
--
-- A lifecycle rule deletes without anybody calling a deletion: for all objects of a
-- bucket within $days days it is a way to destroy data or logs in number. It is high
-- where the rule holds for the whole bucket and low for a prefix, which is mostly
-- scratch space.
--
-- False positives: buckets of scratch data, caches and build artefacts.
-- Parameters:
--   $days   integer   = 3             expiry after at most so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1485.001, T1070
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS bucket,
           nullif(regexp_replace(coalesce(regexp_extract(requestParameters, '"[pP]refix"\s*:\s*"([^"]*)"', 1), ''), '^[*/]$', ''), '') AS prefix,
           coalesce(regexp_extract(requestParameters, '"Expiration"\s*:\s*\{[^{}]*"Days"\s*:\s*"?([0-9]+)', 1),
                    regexp_extract(requestParameters, '"NoncurrentVersionExpiration"\s*:\s*\{[^{}]*"NoncurrentDays"\s*:\s*"?([0-9]+)', 1)) AS days
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND eventName IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
      AND strpos(requestParameters, '"Enabled"') > 0
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND prefix IS NULL THEN 'high' ELSE 'low' END AS severity,
       'T1485.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       bucket || coalesce('/' || prefix, '') AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' let' ELSE ' tried and failed to let' END
         || coalesce(' what begins with ' || prefix, ' all objects') || ' of the bucket ' || coalesce(bucket, 'of no name')
         || ' expire after ' || days || ' days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE TRY_CAST(days AS bigint) <= $days
ORDER BY time, eventID
