-- Which VPC endpoints are in use, whose, and for what?
--
-- A line for each endpoint and service. An endpoint of an account that is not one's own
-- means that somebody calls from a network of theirs.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT vpcEndpointId, vpcEndpointAccountId, eventSource, count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN errorCode = 'VpceAccessDenied' THEN 1 END) AS denied_by_endpoint,
       count(DISTINCT actor(userIdentity)) AS actors, count(DISTINCT sourceIPAddress) AS addresses,
       count(DISTINCT recipientAccountId) AS accounts,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE vpcEndpointId IS NOT NULL
  AND eventTime >= $since AND eventTime < $until
GROUP BY vpcEndpointId, vpcEndpointAccountId, eventSource
ORDER BY calls DESC, vpcEndpointId, eventSource
