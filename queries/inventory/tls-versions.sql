-- Which versions of TLS are in use, and by whom?
--
-- A line for each version, actor and user agent, the oldest version first. Records that
-- do not tell are left out.
--
-- Parameters:
--   $version  text      = '%'           versions like this, such as TLSv1.1
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT tlsDetails.tlsVersion AS tlsVersion, actor(userIdentity) AS actor, userAgent, count(*) AS calls,
       count(DISTINCT tlsDetails.cipherSuite) AS cipherSuites, max(tlsDetails.cipherSuite) AS a_cipherSuite,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE tlsDetails.tlsVersion LIKE $version
  AND eventTime >= $since AND eventTime < $until
GROUP BY tlsDetails.tlsVersion, actor(userIdentity), userAgent
ORDER BY tlsVersion, calls DESC, actor, userAgent
LIMIT $limit
