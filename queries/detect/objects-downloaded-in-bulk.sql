-- Who downloaded many objects that they do not usually read?
--
-- An actor who read $objects objects of a bucket within an hour and none of them in the
-- week before. Thieves read all that there is, once; jobs read on every day. It is medium
-- where the account's log of such calls goes back for a day before, else low. Calls that
-- services make for somebody are left out.
--
-- These are data events, which a trail logs only where it is told to.
--
-- False positives: new jobs, restores and people who begin with a new bucket.
-- Parameters:
--   $objects  integer   = 500           that many objects of a bucket in an hour
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 8d
-- Severity: medium
-- ATT&CK: T1530
-- Needs: cloudtrail, data
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS bucket,
           json_extract_scalar(requestParameters, '$.key') AS name
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '8' DAY AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%' AND eventName = 'GetObject' AND errorCode IS NULL
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, min(eventTime) OVER (PARTITION BY recipientAccountId) AS known,
           count(*) OVER (PARTITION BY actor, recipientAccountId, bucket ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND INTERVAL '2' HOUR PRECEDING) AS earlier,
           lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, bucket, name ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE bucket IS NOT NULL AND name IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId, bucket ORDER BY eventTime
                             RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS objects
    FROM seen
    WHERE earlier = 0 AND (before IS NULL OR before < eventTime - INTERVAL '1' HOUR)
), bursts AS (
    SELECT *, lag(objects) OVER (PARTITION BY actor, recipientAccountId, bucket ORDER BY eventTime, eventID) AS objects_before
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN known <= eventTime - INTERVAL '1' DAY THEN 'medium' ELSE 'low' END AS severity,
       'T1530' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       bucket AS object,
       actor || ' read ' || CAST(objects AS varchar) || ' objects of the bucket ' || bucket
         || ' within an hour, and none in the week before.' AS why,
       eventID
FROM bursts
WHERE objects >= $objects AND coalesce(objects_before, 0) < $objects
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
