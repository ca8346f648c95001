-- Which objects did a DeleteObjects of the trail delete?
--
-- CloudTrail tells of a DeleteObjects who called it and on which bucket, but not for
-- which keys. The access log has a line for each key, with the same request ID and
-- the same host ID (x-amz-id-2). Here both are one: a row for each key, with the
-- caller as CloudTrail knows it.
--
-- outcome is deleted, or the error for that key, or that of the whole call. A call
-- without any line in the access log is there too, with no key: the bucket's log may
-- be off, late or lost, and nothing is known of what was deleted.
--
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  calls from this time on
--   $until   timestamp = '9999-12-31'  calls before this time
-- ATT&CK: T1485
-- Needs: s3logs, cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
WITH calls AS (
    SELECT eventTime, requestID, eventID, recipientAccountId, userIdentity.arn AS arn, userIdentity.accessKeyId AS accessKeyId,
           sourceIPAddress, userAgent, errorCode,
           json_extract_scalar(requestParameters, '$["bucketName"]') AS bucket_name,
           json_extract_scalar(additionalEventData, '$["x-amz-id-2"]') AS hostid,
           -- A call from another account has a record in each of the two.
           row_number() OVER (PARTITION BY coalesce(requestID, eventID)
                              ORDER BY CASE WHEN userIdentity.arn IS NULL THEN 1 ELSE 0 END, eventTime, eventID) AS record
    FROM cloudtrail
    WHERE eventSource LIKE 's3.amazonaws.%' AND eventName = 'DeleteObjects'
      AND (eventCategory IS NULL OR eventCategory <> 'NetworkActivity')
      AND eventTime >= $since AND eventTime < $until
)
SELECT c.eventTime, coalesce(c.bucket_name, d.bucket_name) AS bucket_name, d.key, d.versionid, d.objectsize,
       CASE WHEN c.errorCode IS NOT NULL THEN c.errorCode
            WHEN d.requestid IS NULL THEN 'unknown: not in the access log'
            WHEN d.errorcode IS NOT NULL THEN d.errorcode
            WHEN d.httpstatus IN (200, 204) THEN 'deleted'
            ELSE 'unknown' END AS outcome,
       c.arn, c.accessKeyId, c.sourceIPAddress, c.userAgent, c.recipientAccountId, c.requestID
FROM calls c
LEFT JOIN s3logs d ON d.requestid = c.requestID
                  AND (d.hostid = c.hostid OR d.hostid IS NULL OR c.hostid IS NULL)
                  AND (d.bucket_name = c.bucket_name OR c.bucket_name IS NULL)
                  AND d.operation = 'BATCH.DELETE.OBJECT'
WHERE c.record = 1
  AND coalesce(c.bucket_name, d.bucket_name, '') LIKE $bucket
ORDER BY c.eventTime, c.requestID, d.key, d.versionid
