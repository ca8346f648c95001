-- What did S3 give to people without credentials?
--
-- Requests that nobody signed and that were answered: what in a bucket is open to
-- the world, and how much of it was taken. Who was refused is in s3/denied. The
-- question that a browser asks before another (OPTIONS) never is signed, and is
-- left out.
--
-- acl counts the requests that needed an ACL to be allowed, which the bucket's owner
-- can do without: a bucket policy allowed the others. Older lines do not tell.
--
-- False positives: buckets that are meant to be public, websites among them.
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1530
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
SELECT bucket_name, operation,
       count(*) AS answered,
       count(DISTINCT key) AS keys,
       coalesce(sum(bytessent), 0) AS bytes,
       count(DISTINCT remoteip) AS addresses,
       count(CASE WHEN upper(aclrequired) = 'YES' THEN 1 END) AS acl,
       min(time) AS first_time, max(time) AS last_time
FROM s3logs
WHERE bucket_name LIKE $bucket
  AND time >= $since AND time < $until
  AND (requester IS NULL OR requester = 'Anonymous') AND sigv IS NULL AND authtype IS NULL
  AND request_uri IS NOT NULL
  AND operation NOT LIKE '%.PREFLIGHT'
  AND (httpstatus BETWEEN 200 AND 299 OR httpstatus = 304)
GROUP BY bucket_name, operation
ORDER BY answered DESC, bucket_name, operation
