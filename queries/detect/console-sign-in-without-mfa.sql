-- Who signed in to the console without MFA?
--
-- Sign-ins of root and of IAM users for which the console asked for a password and
-- nothing else. Who comes through a provider of identities is not judged: there the
-- provider asks for the second factor, and the event says No all the same. Sign-ins that
-- failed are not told of.
--
-- False positives: none that matter: an account's policy can ask for MFA.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
SELECT eventTime AS time,
       CASE WHEN userIdentity.type = 'Root' THEN 'high' ELSE 'medium' END AS severity,
       'T1078.004' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userIdentity.userName, CASE WHEN userIdentity.type = 'Root' THEN 'root' END, userIdentity.arn) AS object,
       CASE WHEN userIdentity.type = 'Root' THEN 'Root' ELSE coalesce(userIdentity.userName, 'An IAM user') END
         || ' of account ' || coalesce(userIdentity.accountId, recipientAccountId, 'unknown')
         || ' signed in to the console without MFA.' AS why,
       eventID
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
  AND eventName = 'ConsoleLogin' AND eventSource LIKE 'signin.amazonaws.%'
  AND userIdentity.type IN ('Root', 'IAMUser')
  AND errorCode IS NULL
  AND json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success'
  AND json_extract_scalar(additionalEventData, '$.MFAUsed') = 'No'
ORDER BY time, eventID
