-- Who came from a country that was not seen before?
--
-- The first requests from a country that, for so many days before, a bucket or a
-- requester had not been asked from, with what was asked in the day after. new_for
-- says for which of the two the country is new. A session of a role counts with its
-- role.
--
-- Only what the log knows for longer than that can be judged: a bucket or requester
-- that is itself new has no usual countries. Anonymous requesters are nobody in
-- particular, so that for them only the bucket is judged. Addresses that are in no
-- country (private ones, services of AWS) are left out.
--
-- False positives: travel, VPNs, and addresses that a database of places has wrong.
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $days    integer   = 14            not seen for so many days
--   $since   timestamp = '1970-01-01'  tell of those from this time on
--   $until   timestamp = '9999-12-31'  and before this time
-- Severity: medium
-- ATT&CK: T1078.004, T1530
-- Needs: s3logs, geoip
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
WITH requests AS (
    SELECT bucket_name, country(remoteip) AS country, remoteip, operation, time, requestid, bytessent,
           CASE WHEN requester LIKE 'arn:%:assumed-role/%' THEN split_part(requester, '/', 1) || '/' || split_part(requester, '/', 2)
                ELSE requester END AS requester
    FROM s3logs
    WHERE bucket_name LIKE $bucket
      AND time < CAST($until AS TIMESTAMP) + INTERVAL '1' DAY
      AND request_uri IS NOT NULL
), seen AS (
    SELECT bucket_name, country, requester, remoteip, operation, time, bytessent,
           min(time) OVER (PARTITION BY bucket_name) AS bucket_since,
           lag(time) OVER (PARTITION BY bucket_name, country ORDER BY time, requestid) AS bucket_before,
           min(time) OVER (PARTITION BY requester) AS requester_since,
           lag(time) OVER (PARTITION BY requester, country ORDER BY time, requestid) AS requester_before,
           count(*) OVER later AS requests,
           sum(bytessent) OVER later AS bytes
    FROM requests
    WHERE country IS NOT NULL
    WINDOW later AS (PARTITION BY bucket_name, requester, country ORDER BY time
                   RANGE BETWEEN CURRENT ROW AND INTERVAL '1' DAY FOLLOWING)
), judged AS (
    SELECT time, bucket_name, requester, country, remoteip, operation, requests, bytes,
           bucket_since <= time - INTERVAL '1' DAY * CAST($days AS BIGINT)
             AND coalesce(bucket_before < time - INTERVAL '1' DAY * CAST($days AS BIGINT), true) AS of_bucket,
           requester IS NOT NULL
             AND requester_since <= time - INTERVAL '1' DAY * CAST($days AS BIGINT)
             AND coalesce(requester_before < time - INTERVAL '1' DAY * CAST($days AS BIGINT), true) AS of_requester
    FROM seen
)
SELECT time, bucket_name, coalesce(requester, 'anonymous') AS requester, country, remoteip, operation,
       CASE WHEN of_bucket AND of_requester THEN 'bucket and requester'
            WHEN of_bucket THEN 'bucket'
            ELSE 'requester' END AS new_for,
       requests AS requests_in_a_day, coalesce(bytes, 0) AS bytes_in_a_day
FROM judged
WHERE (of_bucket OR of_requester)
  AND time >= $since AND time < $until
ORDER BY time, bucket_name, requester, country
