-- Who set the console password of somebody else?
--
-- A console password given to a user who had none, or a new one in place of the old, by
-- another than the user. A user that was only for programs can then sign in, and a
-- person is locked out.
--
-- Without passwordResetRequired the one who set the password goes on knowing it: that is
-- medium, with it low.
--
-- False positives: help desks that reset passwords, and new people.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateLoginProfile.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.passwordResetRequired') AS passwordResetRequired,
           json_extract_scalar(requestParameters, '$.userName') AS userName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('CreateLoginProfile', 'UpdateLoginProfile')
      AND coalesce(json_extract_scalar(requestParameters, '$.userName') <> userIdentity.userName, json_extract_scalar(requestParameters, '$.userName') IS NOT NULL)
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND coalesce(passwordResetRequired, 'false') <> 'true' THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       userName AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName = 'CreateLoginProfile' THEN CASE WHEN errorCode IS NULL THEN ' gave ' ELSE ' tried and failed to give ' END
         || 'a console password to'
                    ELSE CASE WHEN errorCode IS NULL THEN ' changed ' ELSE ' tried and failed to change ' END || 'the console password of' END
         || ' the user ' || coalesce(userName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
