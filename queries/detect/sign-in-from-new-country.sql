-- Who signed in to the console from a country for the first time?
--
-- A console sign-in from a country that the person had not signed in from in the 30 days
-- before. They have to be known for $days days, else all that is in the first logs would
-- be new. Without MFA it is medium, else low.
--
-- False positives: people who travel, and VPNs. Federated sign-ins say that there was no
--   MFA, and are low.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1078.004
-- Needs: cloudtrail, geoip
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
WITH signins AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, country(sourceIPAddress) AS place,
           CASE WHEN userIdentity.type IN ('IAMUser', 'Root') AND json_extract_scalar(additionalEventData, '$.MFAUsed') = 'No' THEN 1 ELSE 0 END AS without
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'ConsoleLogin'
      AND json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success' AND vpcEndpointId IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, place, without,
           min(eventTime) OVER (PARTITION BY actor) AS known,
           lag(eventTime) OVER (PARTITION BY actor, place ORDER BY eventTime, eventID) AS before
    FROM signins
    WHERE place IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN without = 1 THEN 'medium' ELSE 'low' END AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       place AS object,
       actor || ' signed in from ' || place || ' for the first time in 30 days' || CASE WHEN without = 1 THEN ', without MFA' ELSE '' END
         || '.' AS why,
       eventID
FROM seen
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
