-- Who prepared to send mail with SES?
--
-- To ask to leave the sandbox, to switch sending on and to verify an address or a domain:
-- what comes before spam or phishing in the account's name. Leaving the sandbox and
-- switching on are medium, identities and what failed low.
--
-- False positives: the team that sends mail, when it sets up.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1496.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutAccountDetails.html,
--   https://docs.aws.amazon.com/ses/latest/APIReference/API_VerifyEmailIdentity.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.emailIdentity'), json_extract_scalar(requestParameters, '$.emailAddress'), json_extract_scalar(requestParameters, '$.domain'), json_extract_scalar(requestParameters, '$.websiteURL')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.enabled'), json_extract_scalar(requestParameters, '$.sendingEnabled'), 'true') AS enabled
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND split_part(eventSource, '.', 1) IN ('ses', 'email')
      AND eventName IN ('PutAccountDetails', 'PutAccountSendingAttributes', 'UpdateAccountSendingEnabled', 'VerifyEmailIdentity', 'VerifyEmailAddress', 'VerifyDomainIdentity', 'VerifyDomainDkim', 'CreateEmailIdentity')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName IN ('PutAccountDetails', 'PutAccountSendingAttributes', 'UpdateAccountSendingEnabled') THEN 'medium' ELSE 'low' END AS severity,
       'T1496.004' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END
         || ' ses:' || eventName || coalesce(' for ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE enabled = 'true'
ORDER BY time, eventID
