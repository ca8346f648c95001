-- Which credential was used from two countries within an hour?
--
-- One access key, or one session's, that was used from two countries within an hour: a
-- copy of it is somewhere else. It asks of machines as well as of people, and of no
-- distance. Each two countries are told once a day.
--
-- False positives: one key on machines in two countries, machines behind several ways
--   out, and VPNs.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2d
-- Severity: medium
-- ATT&CK: T1078.004, T1550.001
-- Needs: cloudtrail, geoip
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS key
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' DAY AND eventTime < $until
      AND userIdentity.accessKeyId <> '' AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
), steps AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key,
           lag(sourceIPAddress) OVER (PARTITION BY key ORDER BY eventTime, eventID) AS origin,
           lag(eventTime) OVER (PARTITION BY key ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE sourceIPAddress NOT LIKE '%.amazonaws.%' AND sourceIPAddress <> 'AWS Internal'
), moves AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, before, country(origin) AS was, country(sourceIPAddress) AS place
    FROM steps
    WHERE origin <> sourceIPAddress AND before >= eventTime - INTERVAL '1' HOUR
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, key, before, was, place,
           row_number() OVER (PARTITION BY key, least(was, place), greatest(was, place), date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS nth
    FROM moves
    WHERE was <> place
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       'The access key ' || key || ' of ' || coalesce(actor, 'somebody') || ' was used from ' || was || ' and '
         || CAST(date_diff('minute', before, eventTime) AS varchar) || ' minutes later from ' || place || coalesce('; the second call failed: '
         || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE nth = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
