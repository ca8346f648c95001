-- Whose session was used from two networks within an hour?
--
-- A session's credentials (of a role, or of GetSessionToken) that were used from the
-- networks of two owners, such as a company's and a hoster's, within an hour: they were
-- copied, from a disk, a browser or an instance. Networks are told by the database of AS
-- numbers; AWS's own are left out. Each two are told once a day.
--
-- False positives: people who change from a fixed to a mobile network, VPNs, and
--   machines with several ways out.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2d
-- Severity: medium
-- ATT&CK: T1550.001
-- Needs: cloudtrail, geoip, ip-ranges
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS key
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' DAY AND eventTime < $until
      AND userIdentity.accessKeyId LIKE 'ASIA%' AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
      AND sourceIPAddress NOT LIKE '%.amazonaws.%' AND sourceIPAddress <> 'AWS Internal'
), steps AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key,
           lag(sourceIPAddress) OVER (PARTITION BY key ORDER BY eventTime, eventID) AS origin,
           lag(eventTime) OVER (PARTITION BY key ORDER BY eventTime, eventID) AS before
    FROM calls
), moves AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, before, as_org(origin) AS was, as_org(sourceIPAddress) AS network
    FROM steps
    WHERE origin <> sourceIPAddress AND before >= eventTime - INTERVAL '1' HOUR
      AND aws_service(origin) IS NULL AND aws_service(sourceIPAddress) IS NULL
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, before, was, network,
           row_number() OVER (PARTITION BY key, least(was, network), greatest(was, network), date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS nth
    FROM moves
    WHERE was <> network
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1550.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       'A session of ' || coalesce(actor, 'somebody') || ' was used from the network of ' || was || ' and '
         || CAST(date_diff('minute', before, eventTime) AS varchar)
         || ' minutes later from that of ' || network || coalesce('; the second call failed: ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE nth = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
