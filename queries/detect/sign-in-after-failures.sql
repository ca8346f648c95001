-- Who signed in to the console after many failures?
--
-- A console sign-in of root or an IAM user right after a failure, with $failures
-- failures or more in the hour before: a guess that was right. With MFA it is medium,
-- for the code was right as well; without it high.
--
-- False positives: people who remember their password in the end.
-- Parameters:
--   $failures  integer   = 5             so many in the hour before
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: high
-- ATT&CK: T1110.001, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
WITH signins AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, coalesce(CASE WHEN userIdentity.type = 'Root' THEN 'root' END, userIdentity.userName) AS name,
           coalesce(json_extract_scalar(additionalEventData, '$.MFAUsed'), 'No') AS mfa,
           CASE WHEN json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Failure' THEN 1 END AS failed
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND eventName = 'ConsoleLogin'
      AND coalesce(userIdentity.userName, '') <> 'HIDDEN_DUE_TO_SECURITY_REASONS'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name, mfa, failed,
           count(failed) OVER (PARTITION BY recipientAccountId, name ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS failures,
           lag(coalesce(failed, 0)) OVER (PARTITION BY recipientAccountId, name ORDER BY eventTime, eventID) AS before
    FROM signins
    WHERE name IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN mfa = 'Yes' THEN 'medium' ELSE 'high' END AS severity,
       'T1110.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       name AS object,
       name || ' of account ' || coalesce(recipientAccountId, 'unknown') || ' signed in ' || CASE WHEN mfa = 'Yes' THEN 'with' ELSE 'without' END
         || ' MFA after '
         || CAST(failures AS varchar) || ' failures within an hour, from ' || coalesce(sourceIPAddress, 'an unknown address') || '.' AS why,
       eventID
FROM counted
WHERE failed IS NULL AND before = 1 AND failures >= $failures
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
