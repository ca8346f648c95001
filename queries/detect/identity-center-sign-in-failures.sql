-- Whose sign-in to Identity Center failed again and again?
--
-- Passwords or codes that are tried for one user of Identity Center's own directory:
-- $failures that were wrong within an hour. Where people come from a provider of
-- identities, its own log tells.
--
-- False positives: people who forgot a password.
-- Parameters:
--   $failures  integer   = 10            so many within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1110.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html
WITH failures AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, coalesce(userIdentity.onBehalfOf.userId, json_extract_scalar(additionalEventData, '$.UserName'), userIdentity.principalId, userIdentity.userName) AS person
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'CredentialVerification'
      AND json_extract_scalar(serviceEventDetails, '$.CredentialVerification') = 'Failure'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, person,
           count(*) OVER (PARTITION BY person ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS failures
    FROM failures
    WHERE person IS NOT NULL
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, person, failures, lag(failures) OVER (PARTITION BY person ORDER BY eventTime, eventID) AS before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1110.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       person AS object,
       'The sign-in of ' || person || ' to Identity Center failed ' || CAST(failures AS varchar)
         || ' times within an hour, the last from ' || coalesce(sourceIPAddress, 'an unknown address') || '.' AS why,
       eventID
FROM bursts
WHERE failures >= $failures AND coalesce(before, 0) < $failures
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
