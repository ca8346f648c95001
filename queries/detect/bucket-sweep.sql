-- Who looked at the settings of many buckets within minutes?
--
-- Who may read a bucket, where it is and what it holds, of one bucket after the other:
-- what somebody asks who wants to know which are worth taking, or open. It is told at
-- $buckets buckets within ten minutes.
--
-- False positives: scanners of one's own and infrastructure code; the console asks so
--   for its list of buckets, which is low.
-- Parameters:
--   $buckets  integer   = 25            that many buckets within ten minutes
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1619, T1580
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS thing,
           coalesce(CAST(sessionCredentialFromConsole AS varchar), 'false') = 'true' OR regexp_like(userAgent, 'Mozilla/|S3Console|console\.amazonaws|^AWS Internal') AS console
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND (eventName LIKE 'GetBucket%' OR eventName IN ('HeadBucket', 'ListObjects', 'ListObjectsV2', 'ListObjectVersions'))
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '10' MINUTE
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN console THEN 'low' ELSE 'medium' END AS severity,
       'T1619' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' looked at ' || CAST(things AS varchar) || ' buckets within ten minutes, the last ' || thing || ' by ' || eventName || CASE WHEN console THEN ', in the console' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $buckets AND coalesce(things_before, 0) < $buckets
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
