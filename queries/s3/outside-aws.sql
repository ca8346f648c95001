-- Who reads and writes from outside of AWS?
--
-- Requests from public addresses that are not AWS's own, by requester, and among
-- them those with the credentials of an EC2 instance: an instance has no business
-- outside, so that its credentials were most likely taken from it.
--
-- Requests from a VPC's private addresses, and of services of AWS, which have no
-- address, say nothing about where they were made, and are left out.
--
-- False positives: instances that go out through a network of one's own, or with
--   addresses that one brought to AWS, which its list does not have.
-- Parameters:
--   $bucket     text      = '%'           in buckets whose name is like this
--   $instances  boolean   = false         only with credentials of instances
--   $since      timestamp = '1970-01-01'  from this time on
--   $until      timestamp = '9999-12-31'  before this time
-- ATT&CK: T1530, T1552.005
-- Needs: s3logs, ip-ranges
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH outside AS (
    SELECT bucket_name, requester, remoteip, time, httpstatus, bytessent,
           requester LIKE 'arn:%:assumed-role/%/i-%' AS instance
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time >= $since AND time < $until
      AND requester IS NOT NULL AND requester NOT LIKE 'svc:%'
      AND request_uri IS NOT NULL
      AND is_private(remoteip) = false
      AND aws_service(remoteip) IS NULL
)
SELECT bucket_name, requester, remoteip, instance,
       count(*) AS requests,
       count(CASE WHEN httpstatus BETWEEN 200 AND 299 THEN 1 END) AS allowed,
       coalesce(sum(bytessent), 0) AS bytes,
       min(time) AS first_time, max(time) AS last_time
FROM outside
WHERE instance OR NOT $instances
GROUP BY bucket_name, requester, remoteip, instance
ORDER BY instance DESC, bytes DESC, bucket_name, requester, remoteip
