-- Who downloads how much, hour by hour?
--
-- For each hour, requester and address: how many objects of a bucket were read, how
-- many bytes that was, and how often the bucket was listed. A thief who lists and
-- then takes what there is stands out by objects; jobs that read the same few again
-- and again have many requests and few objects.
--
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $objects integer   = 10            at least so many different objects in an hour
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1530, T1619
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH requests AS (
    SELECT date_trunc('hour', time) AS hour, bucket_name, coalesce(requester, 'anonymous') AS requester, remoteip,
           CASE WHEN operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT') THEN key END AS key,
           CASE WHEN operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT') THEN bytessent END AS bytes,
           CASE WHEN operation IN ('REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS') THEN 1 END AS listing
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time >= $since AND time < $until
      AND httpstatus IN (200, 206)
      AND operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT', 'REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS')
)
SELECT hour, bucket_name, requester, remoteip,
       count(DISTINCT key) AS objects,
       count(key) AS downloads,
       coalesce(sum(bytes), 0) AS bytes,
       count(listing) AS listings
FROM requests
GROUP BY hour, bucket_name, requester, remoteip
HAVING count(DISTINCT key) >= $objects
ORDER BY objects DESC, hour, bucket_name, requester, remoteip
