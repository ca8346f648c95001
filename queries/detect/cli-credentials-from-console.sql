-- Who took credentials for the command line by a console sign-in?
--
-- `aws login` gives a program on the machine credentials of the console's session, for
-- up to twelve hours. Told are those of root (high), those taken on another device by a
-- code, which somebody can be talked into (medium), and the first in 30 days of a person
-- from an address (low).
--
-- False positives: people who have begun to work with aws login.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: high
-- ATT&CK: T1528, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html
WITH tokens AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.type AS type,
           CASE WHEN json_extract_scalar(requestParameters, '$.client_id') LIKE '%cross-device%' THEN 1 ELSE 0 END AS device,
           CASE WHEN errorCode IS NOT NULL OR json_extract_scalar(additionalEventData, '$.success') = 'false' THEN 1 ELSE 0 END AS failed
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'CreateOAuth2Token'
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, type, device, failed,
           lag(eventTime) OVER (PARTITION BY actor, sourceIPAddress, device ORDER BY eventTime, eventID) AS before
    FROM tokens
    WHERE failed = 0
)
SELECT eventTime AS time,
       CASE WHEN type = 'Root' THEN 'high' WHEN device = 1 THEN 'medium' ELSE 'low' END AS severity,
       'T1528' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(actor, sourceIPAddress) AS object,
       coalesce(actor, 'Somebody') || ' took credentials for the command line by a console sign-in at '
         || coalesce(sourceIPAddress, 'an unknown address')
         || CASE WHEN device = 1 THEN ', with a code on another device' ELSE '' END || '.' AS why,
       eventID
FROM seen
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
