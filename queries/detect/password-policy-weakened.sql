-- Who weakened the password policy?
--
-- The account's password policy deleted, or set to passwords shorter than $length, or
-- without one of the four kinds of letters. UpdateAccountPasswordPolicy sets what it
-- does not name to AWS's defaults, of which the shortest password is six letters.
--
-- False positives: policies that follow newer advice: long passwords, without kinds of
--   letters.
-- Parameters:
--   $length  integer   = 12            passwords should have so many letters
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1556
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.minimumPasswordLength') AS minimumPasswordLength
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND (eventName = 'DeleteAccountPasswordPolicy'
           OR eventName = 'UpdateAccountPasswordPolicy'
              AND (TRY_CAST(coalesce(json_extract_scalar(requestParameters, '$.minimumPasswordLength'), '6') AS bigint) < $length
                   OR json_extract_scalar(requestParameters, '$.requireSymbols') = 'false' OR json_extract_scalar(requestParameters, '$.requireNumbers') = 'false'
                   OR json_extract_scalar(requestParameters, '$.requireUppercaseCharacters') = 'false' OR json_extract_scalar(requestParameters, '$.requireLowercaseCharacters') = 'false'))
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1556' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(recipientAccountId, userIdentity.accountId) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName = 'DeleteAccountPasswordPolicy' THEN CASE WHEN errorCode IS NULL THEN ' deleted ' ELSE ' tried and failed to delete ' END ELSE CASE WHEN errorCode IS NULL THEN ' weakened ' ELSE ' tried and failed to weaken ' END END
         || 'the password policy of the account'
         || CASE WHEN eventName = 'UpdateAccountPasswordPolicy'
                 THEN ': passwords of ' || coalesce(minimumPasswordLength, '6') || ' letters are enough' ELSE '' END || coalesce(': '
                 || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
