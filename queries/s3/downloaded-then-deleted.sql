-- Who downloaded objects and then deleted them?
--
-- Objects that one requester read from an address, and deleted from there
-- afterwards, within some hours, by bucket: what somebody does who wants ransom for
-- them. Deleting a version and hiding the object behind a delete marker count alike.
--
-- False positives: jobs that move or consume objects, such as queues made of files.
--   They do so every day, from addresses that are known.
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $hours   integer   = 24            deleted within so many hours
--   $objects integer   = 10            at least so many different objects
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Severity: high
-- ATT&CK: T1530, T1485
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH reads AS (
    SELECT bucket_name, key, requester, remoteip, time, bytessent
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time >= $since AND time < $until
      AND operation = 'REST.GET.OBJECT' AND httpstatus IN (200, 206)
), deletions AS (
    SELECT bucket_name, key, requester, remoteip, time
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time >= $since AND time < $until
      AND operation IN ('REST.DELETE.OBJECT', 'BATCH.DELETE.OBJECT')
      AND httpstatus IN (200, 204) AND errorcode IS NULL
), objects AS (
    SELECT r.bucket_name, r.key, r.requester, r.remoteip,
           max(r.bytessent) AS bytes, min(r.time) AS first_read, max(d.time) AS last_deleted
    FROM reads r
    JOIN deletions d ON d.bucket_name = r.bucket_name AND d.key = r.key
                    AND d.requester = r.requester AND d.remoteip = r.remoteip
    WHERE d.time >= r.time AND d.time <= r.time + INTERVAL '1' HOUR * CAST($hours AS BIGINT)
    GROUP BY r.bucket_name, r.key, r.requester, r.remoteip
)
SELECT bucket_name, requester, remoteip,
       count(*) AS objects,
       coalesce(sum(bytes), 0) AS bytes,
       min(first_read) AS first_read, max(last_deleted) AS last_deleted
FROM objects
GROUP BY bucket_name, requester, remoteip
HAVING count(*) >= $objects
ORDER BY objects DESC, bucket_name, requester, remoteip
