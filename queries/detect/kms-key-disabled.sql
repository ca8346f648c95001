-- Who disabled a KMS key, or scheduled its deletion?
--
-- What a key encrypted cannot be read while it is disabled or waits for its deletion,
-- and never again once it is deleted: data, backups and logs are lost to everybody.
-- Deletion of imported key material is at once; that of a key can be cancelled for 7 to
-- 30 days.
--
-- What failed is told as less severe.
--
-- False positives: keys of services that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1485, T1490, T1486
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html,
--   https://docs.aws.amazon.com/kms/latest/developerguide/importing-keys-delete-key-material.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.aliasName'),
                    json_extract_scalar(requestParameters, '$.keyId'),
                    json_extract_scalar(requestParameters, '$.customKeyStoreId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableKey', 'high', 'disable', 'disabled', 'the key'),
        ('ScheduleKeyDeletion', 'high', 'schedule', 'scheduled', 'the deletion of the key'),
        ('DeleteImportedKeyMaterial', 'high', 'delete', 'deleted', 'the imported material of the key'),
        ('DisconnectCustomKeyStore', 'high', 'disconnect', 'disconnected', 'the key store'),
        ('DeleteCustomKeyStore', 'high', 'delete', 'deleted', 'the key store'),
        ('DeleteAlias', 'low', 'delete', 'deleted', 'the alias'),
        ('UpdateAlias', 'low', 'point', 'pointed', 'to another key the alias')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'kms.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
       'T1485' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
