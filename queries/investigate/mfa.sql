-- Who uses MFA, and who does not?
--
-- Users and roots with their sign-ins to the console and their calls with temporary
-- credentials, each with and without MFA. A call with a long-lived key (AKIA…) cannot
-- have MFA, and is counted by itself. Roles are not judged: what they were taken with is
-- not in their calls.
--
-- Parameters:
--   $account  text      = '%'           of accounts like this
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT recipientAccountId AS account, actor(userIdentity) AS actor,
       count(CASE WHEN eventName = 'ConsoleLogin' AND json_extract_scalar(additionalEventData, '$.MFAUsed') = 'Yes' THEN 1 END) AS sign_ins_with_mfa,
       count(CASE WHEN eventName = 'ConsoleLogin' AND json_extract_scalar(additionalEventData, '$.MFAUsed') = 'No'
                   AND json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success' THEN 1 END) AS sign_ins_without,
       count(CASE WHEN userIdentity.sessionContext.attributes.mfaAuthenticated = 'true' THEN 1 END) AS calls_with_mfa,
       count(CASE WHEN userIdentity.sessionContext.attributes.mfaAuthenticated = 'false' THEN 1 END) AS calls_without,
       count(CASE WHEN userIdentity.accessKeyId LIKE 'AKIA%' THEN 1 END) AS calls_with_key,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userIdentity.type IN ('IAMUser', 'Root') AND userIdentity.invokedBy IS NULL
  AND coalesce(recipientAccountId, '') LIKE $account
  AND eventTime >= $since AND eventTime < $until
GROUP BY recipientAccountId, actor(userIdentity)
ORDER BY sign_ins_without DESC, calls_without DESC, account, actor
