-- Who deleted these objects, and how?
--
-- Every deletion that was done of an object whose key is like the pattern: by a
-- request about it (request), with others in one DeleteObjects (batch), or by S3
-- itself, as a lifecycle rule of the bucket says (lifecycle). In a bucket with
-- versions a deletion without a version ID only hides the object behind a delete
-- marker: then versionid is that of the marker, or empty.
--
-- The lines of a batch name no client: its user agent is that of the request they
-- came with, where the log has that. The key is as the log has it: URL-encoded, with
-- + or %20 for a space. The pattern is compared with that and with the decoded key,
-- which finds both.
--
-- Parameters:
--   $key     text      = '%'           objects whose key is like this
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1485
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH clients AS (
    SELECT bucket_name, requestid, hostid, max(useragent) AS useragent
    FROM s3logs
    WHERE operation = 'REST.POST.MULTI_OBJECT_DELETE'
    GROUP BY bucket_name, requestid, hostid
)
SELECT d.time, d.bucket_name, d.key, d.versionid,
       CASE WHEN d.operation LIKE 'S3.%' THEN 'lifecycle'
            WHEN d.operation LIKE 'BATCH.%' THEN 'batch'
            ELSE 'request' END AS how,
       coalesce(d.requester, 'anonymous') AS requester, d.remoteip,
       coalesce(d.useragent, c.useragent) AS useragent, d.objectsize, d.requestid
FROM s3logs d
LEFT JOIN clients c ON c.requestid = d.requestid AND c.hostid IS NOT DISTINCT FROM d.hostid
                   AND c.bucket_name = d.bucket_name AND d.operation = 'BATCH.DELETE.OBJECT'
WHERE d.bucket_name LIKE $bucket
  AND (d.key LIKE $key OR try(url_decode(replace(d.key, '+', '%20'))) LIKE $key)
  AND d.time >= $since AND d.time < $until
  AND d.operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT', 'SOAP.DeleteObject',
                      'S3.EXPIRE.OBJECT', 'S3.CREATE.DELETEMARKER')
  AND (d.httpstatus IN (200, 204) OR d.httpstatus IS NULL AND d.operation LIKE 'S3.%')
  AND d.errorcode IS NULL
ORDER BY d.time, d.bucket_name, d.requestid, d.key, d.versionid
