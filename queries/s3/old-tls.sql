-- Who comes without TLS 1.2 or later?
--
-- Requests over plain HTTP, or over a version of TLS that is broken, by client. They
-- are what a bucket policy with aws:SecureTransport or s3:TlsVersion will shut out,
-- and what anybody on the way can read. Website endpoints of S3 have no TLS at all:
-- they are told apart.
--
-- The oldest lines end before the TLS version, and lines that S3 writes of its own
-- doings, or of each key of a batch, are no requests: none of them says that there
-- was no TLS, and none is here.
--
-- Parameters:
--   $bucket  text      = '%'           in buckets whose name is like this
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- ATT&CK: T1040, T1557
-- Needs: s3logs
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html,
--   https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-s3-access-logs-to-identify-requests.html
SELECT bucket_name,
       CASE WHEN tlsversion IS NOT NULL THEN tlsversion
            WHEN operation LIKE 'WEBSITE.%' THEN 'HTTP (website)'
            ELSE 'HTTP' END AS protocol,
       coalesce(requester, 'anonymous') AS requester, useragent,
       count(*) AS requests,
       count(DISTINCT remoteip) AS addresses,
       count(CASE WHEN httpstatus BETWEEN 200 AND 299 THEN 1 END) AS allowed,
       min(time) AS first_time, max(time) AS last_time
FROM s3logs
WHERE bucket_name LIKE $bucket
  AND time >= $since AND time < $until
  AND request_uri IS NOT NULL
  AND (upper(tlsversion) NOT IN ('TLSV1.2', 'TLSV1.3')
       OR tlsversion IS NULL AND ciphersuite IS NULL AND hostid IS NOT NULL)
GROUP BY bucket_name,
         CASE WHEN tlsversion IS NOT NULL THEN tlsversion
              WHEN operation LIKE 'WEBSITE.%' THEN 'HTTP (website)'
              ELSE 'HTTP' END,
         coalesce(requester, 'anonymous'), useragent
ORDER BY requests DESC, bucket_name, protocol, requester, useragent
