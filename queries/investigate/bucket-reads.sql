-- Who read data from a bucket?
--
-- Everybody who got objects, by address: how many calls and objects, how many bytes as
-- far as the log tells, and what failed. Trails log data events only where somebody asks
-- for them, and the access log of S3 has more: see s3/who-read-key.
--
-- Parameters:
--   $bucket  text                      the name, or a pattern with %
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
--   $limit   integer   = 500           so many rows at most
-- Needs: cloudtrail, data
SELECT json_extract_scalar(requestParameters, '$.bucketName') AS bucket, actor(userIdentity) AS actor, sourceIPAddress, userIdentity.accessKeyId AS accessKeyId,
       count(*) AS calls, count(errorCode) AS failed,
       count(DISTINCT json_extract_scalar(requestParameters, '$.key')) AS objects,
       coalesce(sum(TRY_CAST(json_extract_scalar(additionalEventData, '$.bytesTransferredOut') AS double)), 0e0) AS bytes,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE eventSource LIKE 's3.amazonaws.%' AND eventName IN ('GetObject', 'GetObjectTorrent', 'SelectObjectContent')
  AND json_extract_scalar(requestParameters, '$.bucketName') LIKE $bucket
  AND eventTime >= $since AND eventTime < $until
GROUP BY json_extract_scalar(requestParameters, '$.bucketName'), actor(userIdentity), sourceIPAddress, userIdentity.accessKeyId
ORDER BY bytes DESC, calls DESC, bucket, actor, sourceIPAddress, accessKeyId
LIMIT $limit
