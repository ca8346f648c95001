-- Who listed versions of a bucket and then deleted?
--
-- Objects of a bucket with versions are gone only when each version is deleted by name:
-- who lists versions and deletes within the hour means it. DeleteObjects takes a
-- thousand keys a call, which CloudTrail does not name. Told once an hour for an actor
-- and a bucket.
--
-- Both are data events.
--
-- False positives: buckets emptied on purpose, as Terraform does before it deletes one.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 3h
-- Severity: medium
-- ATT&CK: T1485, T1490
-- Needs: cloudtrail, data
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html,
--   https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-multiple-objects.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS bucket
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '3' HOUR AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND eventName IN ('ListObjectVersions', 'ListBucketVersions', 'DeleteObjects', 'DeleteObject')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), listed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, bucket,
           max(CASE WHEN eventName LIKE 'List%' THEN eventTime END)
             OVER (PARTITION BY actor, recipientAccountId, bucket ORDER BY eventTime
                   RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS list_time
    FROM calls
), deleted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, bucket,
           lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, bucket ORDER BY eventTime, eventID) AS before
    FROM listed
    WHERE eventName LIKE 'Delete%' AND list_time IS NOT NULL
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1485' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       bucket AS object,
       coalesce(actor, 'Somebody') || ' listed the versions of objects in ' || coalesce(bucket, 'a bucket')
         || ' and deleted with ' || eventName || ' within an hour.' AS why,
       eventID
FROM deleted
WHERE (before IS NULL OR before < eventTime - INTERVAL '1' HOUR)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
