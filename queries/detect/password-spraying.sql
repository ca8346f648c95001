-- Which address tried many users' passwords?
--
-- One address whose console sign-ins failed for $users users or more within an hour,
-- over all accounts: a few likely passwords tried for everybody, which no count of one
-- user's failures shows. AWS hides names that are not there: each such failure counts as
-- one user.
--
-- With one sign-in that worked from the address in the hour before it is high.
--
-- False positives: offices behind one address on the day after a change of passwords.
-- Parameters:
--   $users  integer   = 5             so many users within an hour
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: high
-- ATT&CK: T1110.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
WITH signins AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, CASE WHEN json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success' THEN 1 END AS worked,
           CASE WHEN userIdentity.userName = 'HIDDEN_DUE_TO_SECURITY_REASONS' THEN eventID ELSE coalesce(recipientAccountId, '') || ' '
             || coalesce(coalesce(CASE WHEN userIdentity.type = 'Root' THEN 'root' END, userIdentity.userName), '') END AS name
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'ConsoleLogin'
), firsts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, worked, lag(eventTime) OVER (PARTITION BY sourceIPAddress, name, worked ORDER BY eventTime, eventID) AS before
    FROM signins
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, worked,
           count(CASE WHEN worked IS NULL THEN 1 END) OVER (PARTITION BY sourceIPAddress ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS users,
           count(worked) OVER (PARTITION BY sourceIPAddress ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS successes
    FROM firsts
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, users, successes, lag(users) OVER (PARTITION BY sourceIPAddress ORDER BY eventTime, eventID) AS users_before
    FROM counted
    WHERE worked IS NULL
)
SELECT eventTime AS time,
       CASE WHEN successes > 0 THEN 'high' ELSE 'medium' END AS severity,
       'T1110.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       sourceIPAddress AS object,
       'Console sign-ins from ' || coalesce(sourceIPAddress, 'an unknown address') || ' failed for ' || CAST(users AS varchar)
         || ' users within an hour'
         || CASE WHEN successes > 0 THEN ', and ' || CAST(successes AS varchar) || ' worked' ELSE '' END || '.' AS why,
       eventID
FROM bursts
WHERE users >= $users AND coalesce(users_before, 0) < $users
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
