-- Who read these objects?
--
-- Everybody who got contents of objects whose key is like the pattern, from each
-- address: downloads, whole or in part, visits of a website, and copies that were
-- taken from them. Looking at an object's metadata (HEAD), and being told that a
-- copy one has is still good (304), are not reading.
--
-- The key is as the log has it: URL-encoded, with + or %20 for a space. The pattern is
-- compared with that and with the decoded key, which finds both. A copy sends no
-- bytes to whoever makes it. S3 delivers access logs on a best effort: who is not
-- here may have read it all the same.
--
-- Parameters:
--   $key     text      = '%'           objects whose key is like this
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1530
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
SELECT bucket_name, key, coalesce(requester, 'anonymous') AS requester, remoteip,
       count(*) AS reads,
       coalesce(sum(bytessent), 0) AS bytes,
       min(time) AS first_time, max(time) AS last_time,
       max(useragent) AS useragent
FROM s3logs
WHERE bucket_name LIKE $bucket
  AND (key LIKE $key OR try(url_decode(replace(key, '+', '%20'))) LIKE $key)
  AND time >= $since AND time < $until
  AND (operation IN ('REST.GET.OBJECT', 'WEBSITE.GET.OBJECT', 'REST.COPY.OBJECT_GET', 'REST.COPY.PART_GET',
                     'SOAP.GetObject', 'SOAP.GetObjectExtended')
       OR operation LIKE '%SELECT%')
  AND httpstatus IN (200, 206)
GROUP BY bucket_name, key, coalesce(requester, 'anonymous'), remoteip
ORDER BY bucket_name, key, first_time, requester, remoteip
