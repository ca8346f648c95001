-- Who was in two places that nobody can travel between in that time?
--
-- Two calls of one person in a row, from addresses so far apart that they would have
-- travelled faster than $speed: two people have the credential. People are root, IAM
-- users, users of Identity Center, and roles' sessions that carry a person's name.
--
-- Addresses tell of a place only where a person's machine called: what a service did for
-- somebody, and what came through a private endpoint, is left out, as is what is in no
-- city. Each pair of addresses is told once a day.
--
-- False positives: VPNs and proxies, a key that is shared by machines in two places, and
--   addresses that a database of places has wrong.
-- Parameters:
--   $speed     integer   = 1000          km/h; an airliner makes 900
--   $distance  integer   = 500           at least so many km apart
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2d
-- Severity: high
-- ATT&CK: T1078.004
-- Needs: cloudtrail, geoip
-- References: https://attack.mitre.org/techniques/T1078/004/
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' DAY AND eventTime < $until
      AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
      AND (userIdentity.type IN ('Root', 'IAMUser', 'IdentityCenterUser') OR userIdentity.sessionContext.sourceIdentity IS NOT NULL
           OR userIdentity.arn LIKE 'arn:%:assumed-role/AWSReservedSSO%' OR userIdentity.arn LIKE 'arn:%:assumed-role/%@%')
), moves AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           lag(eventTime) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS before,
           lag(sourceIPAddress) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS origin
    FROM calls
    WHERE city(sourceIPAddress) IS NOT NULL AND actor IS NOT NULL
), far AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, before, origin,
           distance_km(origin, sourceIPAddress) AS km,
           date_diff('second', before, eventTime) AS seconds, date_diff('minute', before, eventTime) AS minutes
    FROM moves
    WHERE origin <> sourceIPAddress AND before > eventTime - INTERVAL '1' DAY
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, origin, km, minutes,
           row_number() OVER (PARTITION BY actor, least(origin, sourceIPAddress), greatest(origin, sourceIPAddress), date_trunc('day', eventTime)
                              ORDER BY eventTime, eventID) AS place
    FROM far
    WHERE km >= $distance AND km * 3600 > CAST($speed AS double) * seconds
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       origin AS object,
       actor || ' called from ' || city(origin) || ' and ' || CAST(minutes AS varchar) || ' minutes later from '
         || city(sourceIPAddress) || ', ' || CAST(CAST(round(km) AS bigint) AS varchar) || ' km away'
         || coalesce('; the second call failed: ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE place = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
