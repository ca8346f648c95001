-- Which address was refused in many accounts within an hour?
--
-- One address that is refused in $accounts accounts within an hour, by whichever actors:
-- somebody who goes from account to account. Data events, private endpoints, and what
-- services do for somebody, are left out.
--
-- False positives: scanners of one's own, and the address of an office behind which
--   many people work.
-- Parameters:
--   $accounts  integer   = 4             that many accounts within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1078.004, T1580
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-accounts.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           recipientAccountId AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%' AND vpcEndpointId IS NULL AND coalesce(eventCategory, 'Management') = 'Management'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY sourceIPAddress, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND sourceIPAddress IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY sourceIPAddress ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY sourceIPAddress ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1078.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       sourceIPAddress AS object,
       coalesce(actor, 'Somebody') || ' was refused ' || coalesce(eventName, 'something') || ' in account ' || thing || ' from ' || sourceIPAddress || ', which was refused in ' || CAST(things AS varchar) || ' accounts within an hour' || '.' AS why,
       eventID
FROM bursts
WHERE things >= $accounts AND coalesce(things_before, 0) < $accounts
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
