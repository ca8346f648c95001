-- Which person called from a network of rented servers for the first time?
--
-- People sit at offices and at home; who rents a server, or goes through a VPN, to call
-- in their name may be somebody else. It is told when a person is seen on such a network
-- for the first time in 30 days. People are users, and roles' sessions that carry a
-- person's name. It is medium where the account's logs go back for $days days before, low
-- else. AWS's own networks are left out, as are private endpoints.
--
-- False positives: people with VPNs or remote desktops, and keys of users that programs
--   use.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1078.004, T1090.003
-- Needs: cloudtrail, geoip
-- References: https://attack.mitre.org/techniques/T1078/004/
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           as_org(sourceIPAddress) AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND (userIdentity.type IN ('Root', 'IAMUser', 'IdentityCenterUser') OR userIdentity.sessionContext.sourceIdentity IS NOT NULL
           OR userIdentity.arn LIKE 'arn:%:assumed-role/AWSReservedSSO%' OR userIdentity.arn LIKE 'arn:%:assumed-role/%@%')
      AND vpcEndpointId IS NULL AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL AND regexp_like(lower(thing), 'hosting|hoster|servers|(^|[^a-z])vps|data ?cent(er|re)|digitalocean|ovh|hetzner|linode|vultr|choopa|constant company|m247|contabo|leaseweb|datacamp|scaleway|online s\.a\.s|alibaba|tencent|huawei cloud|aeza|hostinger|ionos|kamatera|quadranet|colocrossing|frantech|buyvm|psychz|zenlayer|servermania|hostwinds|g-core|gcore|stark industries|proton|nordvpn|mullvad|tzulo|cogent.*vpn')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END || ' ' || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'something') || ' from ' || coalesce(sourceIPAddress, 'an address') || ' of ' || thing || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
