-- Who was refused, and did they get in elsewhere in the same bucket?
--
-- Requests that S3 answered with 401 or 403, by bucket, requester and address, and
-- beside them how many requests of the same three went through. Many refusals of
-- different operations are somebody who tries what a key is good for; refusals
-- before and success after are somebody who found it.
--
-- False positives: jobs whose policy has changed, and scanners, which ask every bucket
--   without credentials.
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $least   integer   = 1             at least so many refusals
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1619, T1530
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
SELECT bucket_name, coalesce(requester, 'anonymous') AS requester, remoteip,
       count(CASE WHEN httpstatus IN (401, 403) THEN 1 END) AS denied,
       count(DISTINCT CASE WHEN httpstatus IN (401, 403) THEN operation END) AS operations,
       count(DISTINCT CASE WHEN httpstatus IN (401, 403) THEN key END) AS keys,
       count(CASE WHEN httpstatus BETWEEN 200 AND 299 THEN 1 END) AS allowed,
       min(CASE WHEN httpstatus IN (401, 403) THEN time END) AS first_time,
       max(CASE WHEN httpstatus IN (401, 403) THEN time END) AS last_time,
       max(CASE WHEN httpstatus IN (401, 403) THEN errorcode END) AS errorcode
FROM s3logs
WHERE bucket_name LIKE $bucket
  AND time >= $since AND time < $until
GROUP BY bucket_name, coalesce(requester, 'anonymous'), remoteip
HAVING count(CASE WHEN httpstatus IN (401, 403) THEN 1 END) >= greatest(CAST($least AS BIGINT), 1)
ORDER BY denied DESC, bucket_name, requester, remoteip
