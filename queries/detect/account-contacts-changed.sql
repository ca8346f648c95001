-- Who changed whom AWS writes to about an account?
--
-- AWS tells the security, billing and operations contacts and root's address of abuse,
-- leaked keys and bills. Whoever takes an account over changes them, so that the owner
-- hears nothing; who owns root's address can reset its password.
--
-- False positives: people who leave; the set-up of accounts.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact.html,
--   https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-root-user-email.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.alternateContactType'),
                    json_extract_scalar(requestParameters, '$.primaryEmail'),
                    json_extract_scalar(requestParameters, '$.accountName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('PutAlternateContact', 'medium', 'change', 'changed', 'the contact for'),
        ('DeleteAlternateContact', 'medium', 'delete', 'deleted', 'the contact for'),
        ('PutContactInformation', 'medium', 'change', 'changed', 'the account''s address'),
        ('StartPrimaryEmailUpdate', 'high', 'begin', 'began', 'to change root''s address to'),
        ('AcceptPrimaryEmailUpdate', 'high', 'change', 'changed', 'root''s address to'),
        ('PutAccountName', 'low', 'rename', 'renamed', 'the account')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'account.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1098' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
