-- Whose console sign-in failed again and again within an hour?
--
-- Passwords, or codes of MFA, that are tried for one user: $failures failures of root or
-- an IAM user within an hour, from whatever address. Names that are not there are hidden
-- by AWS and not judged here.
--
-- False positives: people who forgot a password, and scripts that sign in with an old
--   one.
-- Parameters:
--   $failures  integer   = 10            so many within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: high
-- ATT&CK: T1110.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
WITH failures AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, coalesce(CASE WHEN userIdentity.type = 'Root' THEN 'root' END, userIdentity.userName) AS name
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName IN ('ConsoleLogin', 'CheckMfa')
      AND (json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Failure' OR json_extract_scalar(responseElements, '$.CheckMfa') = 'Failure')
      AND coalesce(userIdentity.userName, '') <> 'HIDDEN_DUE_TO_SECURITY_REASONS'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name,
           count(*) OVER (PARTITION BY recipientAccountId, name ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS failures
    FROM failures
    WHERE name IS NOT NULL
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name, failures,
           lag(failures) OVER (PARTITION BY recipientAccountId, name ORDER BY eventTime, eventID) AS before
    FROM counted
)
SELECT eventTime AS time,
       CASE WHEN name = 'root' THEN 'high' ELSE 'medium' END AS severity,
       'T1110.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       name AS object,
       'The sign-in of ' || name || ' to account ' || coalesce(recipientAccountId, 'unknown') || ' failed ' || CAST(failures AS varchar)
         || ' times within an hour, the last from ' || coalesce(sourceIPAddress, 'an unknown address') || '.' AS why,
       eventID
FROM bursts
WHERE failures >= $failures AND coalesce(before, 0) < $failures
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
