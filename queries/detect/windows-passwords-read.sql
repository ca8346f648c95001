-- Who asked for the passwords of Windows machines?
--
-- GetPasswordData returns the administrator's password that a machine was made with,
-- locked with its key pair. The first machine in an hour is low; $machines within an hour
-- are medium, also where the calls fail: that is somebody who tries all.
--
-- False positives: people who sign in to a new machine for the first time.
-- Parameters:
--   $machines  integer   = 5             that many machines within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1555, T1552.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetPasswordData.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.instanceId'), 'a machine of no name') AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'GetPasswordData'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before,
           lag(eventTime) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS last_time
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN things >= $machines THEN 'medium' ELSE 'low' END AS severity,
       'T1555' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' asked for the password of ' || thing || CASE WHEN things > 1 THEN ', that of ' || CAST(things AS varchar) || ' machines within an hour' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE (things >= $machines AND coalesce(things_before, 0) < $machines OR last_time IS NULL OR last_time < eventTime - INTERVAL '1' HOUR)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
