-- Who from outside calls into our accounts?
--
-- Callers of accounts that the log has no events of: partners, vendors, and strangers.
-- Our own are those that recorded something; one that is not logged here is an outsider
-- to this. The owners of VPC endpoints are told too.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
WITH own AS (
    SELECT DISTINCT recipientAccountId AS account FROM cloudtrail WHERE recipientAccountId IS NOT NULL
), calls AS (
    SELECT userIdentity.accountId AS outsider, 'caller' AS as_what, recipientAccountId, sourceIPAddress, eventSource, eventName, errorCode, eventTime
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
    UNION ALL
    SELECT vpcEndpointAccountId, 'owner of the VPC endpoint', recipientAccountId, sourceIPAddress, eventSource, eventName, errorCode, eventTime
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
)
SELECT outsider, as_what, recipientAccountId AS account, eventSource, eventName,
       count(*) AS calls, count(errorCode) AS failed, count(DISTINCT sourceIPAddress) AS addresses, max(sourceIPAddress) AS an_address,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM calls
WHERE outsider IS NOT NULL AND outsider NOT IN (SELECT account FROM own)
GROUP BY outsider, as_what, recipientAccountId, eventSource, eventName
ORDER BY calls DESC, outsider, as_what, account, eventSource, eventName
LIMIT $limit
