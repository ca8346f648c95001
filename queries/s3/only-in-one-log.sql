-- What does one log have that the other lacks?
--
-- Requests to a bucket that only the access log has, or only CloudTrail, by operation,
-- with the reason as far as one is known. Both logs are compared by request ID, for
-- buckets that the access log knows, and in the time that both cover: from the later
-- beginning of the two to the earlier end. So before trusting either log for a
-- bucket one learns what it cannot have.
--
-- Lines for the keys of a batch are no requests of their own; nor are records of
-- network activity. Records without a request ID can be compared with nothing, and
-- are told as such. A reason that begins with "unexplained" is what remains: lines
-- that S3 lost or has not delivered yet, records that a trail's selectors leave out,
-- or logs that were not all loaded.
--
-- Parameters:
--   $bucket  text      = '%'           of buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Needs: s3logs, cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/logging-with-S3.html,
--   https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
WITH lines AS (
    SELECT bucket_name, requestid, operation, key, time, httpstatus, errorcode,
           operation LIKE 'S3.%' AS by_s3
    FROM s3logs
    WHERE bucket_name LIKE $bucket AND operation <> 'BATCH.DELETE.OBJECT'
), trail AS (
    SELECT requestID AS requestid, eventName, eventTime, eventType, eventCategory, readOnly,
           json_extract_scalar(requestParameters, '$["bucketName"]') AS bucket_name
    FROM cloudtrail
    WHERE eventSource LIKE 's3.amazonaws.%'
      AND (eventCategory IS NULL OR eventCategory IN ('Management', 'Data'))
), coverage AS (
    SELECT l.bucket_name,
           greatest(min(l.time), min(t.begins), $since) AS begins,
           least(max(l.time), max(t.ends), $until) AS ends
    FROM lines l
    CROSS JOIN (SELECT min(eventTime) AS begins, max(eventTime) AS ends FROM cloudtrail) t
    GROUP BY l.bucket_name
    HAVING min(t.begins) IS NOT NULL
), logged AS (
    -- Old records do not say what they are: they may be either.
    SELECT bucket_name, min(eventTime) AS begins, max(eventTime) AS ends,
           count(CASE WHEN coalesce(readOnly, true) THEN 1 END) AS reads,
           count(CASE WHEN NOT coalesce(readOnly, false) THEN 1 END) AS writes
    FROM trail
    WHERE coalesce(eventCategory, 'Data') = 'Data'
    GROUP BY bucket_name
), only_access AS (
    SELECT l.bucket_name, 'access log' AS only_in, l.operation, l.time, l.requestid,
           CASE WHEN l.by_s3 THEN 'done by S3 itself: CloudTrail does not record it'
                WHEN l.operation LIKE '%.PREFLIGHT' THEN 'preflight of a browser: no call of the API'
                WHEN l.errorcode IN ('InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken', 'InvalidToken',
                                     'TokenRefreshRequired', 'RequestTimeTooSkewed', 'AuthorizationHeaderMalformed')
                THEN 'credentials were not valid: CloudTrail does not record it'
                WHEN l.operation LIKE 'REST.COPY.%_GET' THEN 'source of a copy: recorded as the copy'
                WHEN l.key IS NULL AND l.operation NOT IN ('REST.GET.BUCKET', 'REST.GET.BUCKETVERSIONS', 'REST.GET.UPLOADS',
                                                           'REST.HEAD.BUCKET', 'REST.POST.MULTI_OBJECT_DELETE')
                THEN 'unexplained: late, lost or not loaded'
                WHEN g.begins IS NULL THEN 'no data events of this bucket are in the trail'
                WHEN g.reads = 0 AND (l.operation LIKE '%.GET.%' OR l.operation LIKE '%.HEAD.%')
                THEN 'no data events that read this bucket are in the trail'
                WHEN g.writes = 0 AND NOT (l.operation LIKE '%.GET.%' OR l.operation LIKE '%.HEAD.%')
                THEN 'no data events that write to this bucket are in the trail'
                WHEN l.time < g.begins OR l.time > g.ends THEN 'data events of this bucket are in the trail at other times only'
                ELSE 'unexplained: late, lost or not loaded' END AS reason
    FROM lines l
    JOIN coverage c ON c.bucket_name = l.bucket_name
    LEFT JOIN logged g ON g.bucket_name = l.bucket_name
    WHERE l.time BETWEEN c.begins AND c.ends AND l.time < $until
      AND NOT EXISTS (SELECT 1 FROM trail t WHERE t.requestid = l.requestid)
), only_trail AS (
    SELECT t.bucket_name, 'CloudTrail' AS only_in, t.eventName AS operation, t.eventTime AS time, t.requestid,
           CASE WHEN t.requestid IS NULL THEN 'no request ID: nothing to compare'
                WHEN t.eventType = 'AwsServiceEvent' THEN 'done by a service: no request'
                ELSE 'unexplained: late, lost or not loaded' END AS reason
    FROM trail t
    JOIN coverage c ON c.bucket_name = t.bucket_name
    WHERE t.eventTime BETWEEN c.begins AND c.ends AND t.eventTime < $until
      AND NOT EXISTS (SELECT 1 FROM lines l WHERE l.requestid = t.requestid)
)
SELECT bucket_name, only_in, operation, reason,
       count(DISTINCT requestid) + count(CASE WHEN requestid IS NULL THEN 1 END) AS requests,
       min(time) AS first_time, max(time) AS last_time, min(requestid) AS a_requestid
FROM (SELECT * FROM only_access UNION ALL SELECT * FROM only_trail) AS missing
GROUP BY bucket_name, only_in, operation, reason
ORDER BY bucket_name, only_in, requests DESC, operation, reason
