-- Who uses presigned URLs, and from how many addresses?
--
-- Requests whose signature was in the URL, not in a header. Whoever has such a URL
-- can use it, and the log names the one who signed it: many addresses under one
-- requester mean that URLs were passed on, or leaked.
--
-- False positives: the S3 console, and applications that hand out URLs to the people
--   who use them, which is what they are for.
-- Parameters:
--   $bucket     text      = '%'           in buckets whose name is like this
--   $addresses  integer   = 1             from at least so many addresses
--   $since      timestamp = '1970-01-01'  from this time on
--   $until      timestamp = '9999-12-31'  before this time
-- ATT&CK: T1530
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
SELECT bucket_name, coalesce(requester, 'anonymous') AS requester, operation,
       count(*) AS requests,
       count(CASE WHEN httpstatus BETWEEN 200 AND 299 THEN 1 END) AS allowed,
       count(DISTINCT key) AS keys,
       count(DISTINCT remoteip) AS addresses,
       count(DISTINCT useragent) AS useragents,
       coalesce(sum(bytessent), 0) AS bytes,
       min(time) AS first_time, max(time) AS last_time
FROM s3logs
WHERE bucket_name LIKE $bucket
  AND time >= $since AND time < $until
  AND authtype = 'QueryString'
GROUP BY bucket_name, coalesce(requester, 'anonymous'), operation
HAVING count(DISTINCT remoteip) >= $addresses
ORDER BY addresses DESC, requests DESC, bucket_name, requester, operation
