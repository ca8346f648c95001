-- Who moves the most bytes?
--
-- The requesters who were sent most, with what they wrote, from how many addresses
-- and in how many buckets. A session of a role counts with its role. What a copy
-- moves stays inside of S3 and is in neither figure.
--
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
--   $limit   integer   = 20            so many requesters at most
-- ATT&CK: T1530
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH requests AS (
    SELECT CASE WHEN requester IS NULL THEN 'anonymous'
                WHEN requester LIKE 'arn:%:assumed-role/%' THEN split_part(requester, '/', 1) || '/' || split_part(requester, '/', 2)
                ELSE requester END AS requester,
           bucket_name, remoteip, time, bytessent,
           CASE WHEN operation IN ('REST.PUT.OBJECT', 'REST.PUT.PART', 'REST.POST.OBJECT')
                 AND httpstatus BETWEEN 200 AND 299 THEN objectsize END AS bytesreceived
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time >= $since AND time < $until
      AND request_uri IS NOT NULL
)
SELECT requester,
       coalesce(sum(bytessent), 0) AS bytes_sent,
       coalesce(sum(bytesreceived), 0) AS bytes_received,
       count(*) AS requests,
       count(DISTINCT remoteip) AS addresses,
       count(DISTINCT bucket_name) AS buckets,
       min(time) AS first_time, max(time) AS last_time
FROM requests
GROUP BY requester
ORDER BY bytes_sent DESC, bytes_received DESC, requester
LIMIT $limit
