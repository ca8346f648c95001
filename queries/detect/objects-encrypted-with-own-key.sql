-- Who encrypts objects with a key that AWS does not keep?
--
-- Objects written with a customer's key (SSE-C) can be read by nobody without that key,
-- which AWS forgets. Whoever overwrites a bucket with copies encrypted like that can
-- ask a ransom. Told is an actor who does it $objects times in a bucket within an hour
-- and did not in the days before.
--
-- Uploads and copies are data events.
--
-- False positives: applications that begin to use SSE-C.
-- Parameters:
--   $objects  integer   = 10            at least so many within an hour
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 8d
-- Severity: high
-- ATT&CK: T1486
-- Needs: cloudtrail, data
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '8' DAY AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND eventName IN ('PutObject', 'CopyObject', 'CreateMultipartUpload', 'UploadPart', 'UploadPartCopy', 'CompleteMultipartUpload')
      AND (strpos(requestParameters, 'x-amz-server-side-encryption-customer-algorithm') > 0
           OR json_extract_scalar(additionalEventData, '$.SSEApplied') = 'SSE_C')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object,
           count(*) OVER (PARTITION BY actor, recipientAccountId, object ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS n,
           count(*) OVER (PARTITION BY actor, recipientAccountId, object ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS n_day,
           count(*) OVER (PARTITION BY actor, recipientAccountId, object ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS n_week
    FROM calls
), crossed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object, n, n_day, n_week,
           lag(n) OVER (PARTITION BY actor, recipientAccountId, object ORDER BY eventTime, eventID) AS n_before
    FROM counted
)
SELECT eventTime AS time,
       'high' AS severity,
       'T1486' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' encrypted ' || CAST(n AS varchar) || ' objects with a key of their own' || coalesce(' in ' || object, '')
         || ' within an hour, and none in the days before.' AS why,
       eventID
FROM crossed
WHERE n >= $objects AND coalesce(n_before, 0) < $objects
  AND n_week = n_day -- none in the days before
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
