-- Who deletes buckets in number?
--
-- An actor deleted $buckets buckets within an hour, and none in the days before.
--
-- False positives: environments that are taken down by hand.
-- Parameters:
--   $buckets  integer   = 5             at least so many within an hour
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 8d
-- Severity: high
-- ATT&CK: T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '8' DAY AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%' AND eventName = 'DeleteBucket'
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS n,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS n_day,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS n_week
    FROM calls
), crossed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object, n, n_day, n_week,
           lag(n) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS n_before
    FROM counted
)
SELECT eventTime AS time,
       'high' AS severity,
       'T1485' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' deleted ' || CAST(n AS varchar) || ' buckets'
         || ' within an hour, and none in the days before' || coalesce(' (the last: ' || object || ')', '') || '.' AS why,
       eventID
FROM crossed
WHERE n >= $buckets AND coalesce(n_before, 0) < $buckets
  AND n_week = n_day -- none in the days before
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
