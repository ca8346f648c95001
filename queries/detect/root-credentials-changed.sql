-- Who changed root's password or address, or asked to?
--
-- The sign-in page's events of root: a password that was forgotten, a new one, another
-- e-mail address. Who has root's mailbox has root; a request that one did not make means
-- that somebody tries. What is done is high, what is asked for medium.
--
-- False positives: root's credentials that are being changed as planned.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-password.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, errorMessage, eventID,
           json_extract_scalar(responseElements, '$.PasswordRecoveryCompleted') AS madePasswordRecoveryCompleted,
           json_extract_scalar(responseElements, '$.PasswordUpdated') AS madePasswordUpdated,
           json_extract_scalar(responseElements, '$.EmailUpdated') AS madeEmailUpdated
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'signin.amazonaws.%' AND coalesce(userIdentity.type, 'Root') = 'Root'
      AND eventName IN ('PasswordRecoveryRequested', 'PasswordRecoveryCompleted', 'PasswordUpdated', 'PasswordReset', 'EmailUpdated', 'EmailUpdateRequested')
)
SELECT eventTime AS time,
       CASE WHEN coalesce(errorCode, errorMessage) IS NULL AND coalesce(madePasswordRecoveryCompleted, madePasswordUpdated, madeEmailUpdated, 'Success') <> 'Failure'
             AND eventName IN ('PasswordRecoveryCompleted', 'PasswordUpdated', 'EmailUpdated', 'PasswordReset') THEN 'high'
            ELSE 'medium' END AS severity,
       'T1098' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userIdentity.accountId, recipientAccountId) AS object,
       'Root of account ' || coalesce(userIdentity.accountId, recipientAccountId, 'unknown')
         || CASE eventName WHEN 'PasswordRecoveryRequested' THEN ': a new password was asked for on the sign-in page'
                 WHEN 'PasswordRecoveryCompleted' THEN ': the password was set anew by way of the mailbox'
                 WHEN 'EmailUpdated' THEN ': the e-mail address was changed'
                 WHEN 'EmailUpdateRequested' THEN ': another e-mail address was asked for'
                 ELSE ': the password was changed' END
         || coalesce(', and that failed: ' || coalesce(errorCode, errorMessage), '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
