-- Who deleted a bucket?
--
-- A bucket that is deleted was emptied before, and its name is free for anybody to
-- take, also for those whom others go on sending data to. It is medium where the name
-- speaks of backups, logs or audit, else low. What failed, mostly because it was not
-- empty, is low.
--
-- False positives: environments that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           attempt, done, what,
           json_extract_scalar(requestParameters, '$.bucketName') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteBucket', 'delete', 'deleted', 'the bucket')
    ) AS deeds(name, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(object), 'backup|archive|log|trail|audit|vault|terraform|tfstate|prod')
            THEN 'medium' ELSE 'low' END AS severity,
       'T1485' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
