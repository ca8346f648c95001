-- Who called by way of Tor?
--
-- Calls and sign-ins from an exit of Tor, which hides where somebody is. It is told when
-- an actor had not come by that exit in the day before, of what worked (high) and of
-- what failed (medium) each. Strangers to an account, such as those who try a bucket of
-- its, are left out.
--
-- False positives: people who like to use Tor; exits that became other machines since.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: high
-- ATT&CK: T1090.003, T1078.004
-- Needs: cloudtrail, tor
-- References: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, coalesce(errorCode, CASE WHEN json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Failure' THEN 'Failure' END) AS failure
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND is_tor(sourceIPAddress) AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
      AND coalesce(userIdentity.type, 'Unknown') <> 'AWSAccount'
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, failure,
           lag(eventTime) OVER (PARTITION BY actor, sourceIPAddress, CASE WHEN failure IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN failure IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1090.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       sourceIPAddress AS object,
       coalesce(actor, 'Somebody') || CASE WHEN failure IS NULL THEN ' called ' ELSE ' failed to call ' END || coalesce(eventName, 'something')
         || ' by way of Tor, from '
         || coalesce(sourceIPAddress, 'an exit') || coalesce(': ' || failure, '') || '.' AS why,
       eventID
FROM seen
WHERE (before IS NULL OR before < eventTime - INTERVAL '1' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
