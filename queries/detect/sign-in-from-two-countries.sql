-- Who signed in to the console from two countries within a day?
--
-- Two console sign-ins of one person in a row from different countries, within a day of
-- each other: with a password that two people have. It asks for less than impossible
-- travel and for sign-ins only. Each two countries are told once a day.
--
-- False positives: VPNs, and people who travel.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2d
-- Severity: medium
-- ATT&CK: T1078.004
-- Needs: cloudtrail, geoip
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
WITH signins AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, country(sourceIPAddress) AS place
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' DAY AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'ConsoleLogin'
      AND json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success' AND vpcEndpointId IS NULL
), moves AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, place,
           lag(place) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS origin,
           lag(eventTime) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS before
    FROM signins
    WHERE place IS NOT NULL AND actor IS NOT NULL
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, place, origin, before,
           row_number() OVER (PARTITION BY actor, least(origin, place), greatest(origin, place), date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS nth
    FROM moves
    WHERE origin <> place AND before > eventTime - INTERVAL '1' DAY
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       place AS object,
       actor || ' signed in from ' || place || ', ' || CAST(date_diff('minute', before, eventTime) AS varchar) || ' minutes after a sign-in from '
         || origin || '.' AS why,
       eventID
FROM told
WHERE nth = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
