-- What was done as root?
--
-- Every call and sign-in of an account's root user, in the order of time, also in
-- sessions that an organisation's management account took with AssumeRoot.
--
-- Parameters:
--   $account  text      = '%'           of accounts like this
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 1000          so many rows at most
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
SELECT eventTime, recipientAccountId AS account, sourceIPAddress, eventSource, eventName, errorCode,
       userIdentity.sessionContext.assumedRoot AS assumedRoot,
       coalesce(json_extract_scalar(additionalEventData, '$.MFAUsed'), userIdentity.sessionContext.attributes.mfaAuthenticated) AS mfa,
       userIdentity.accessKeyId AS accessKeyId, userIdentity.invokedBy AS invokedBy, userAgent, eventID, requestParameters
FROM cloudtrail
WHERE userIdentity.type = 'Root'
  AND coalesce(recipientAccountId, '') LIKE $account
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
