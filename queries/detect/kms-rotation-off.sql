-- Who ended the rotation of a KMS key?
--
-- A key that is rotated limits what one leaked key can read, and many rules ask for it.
-- Ending it is a small weakening, which some do by mistake.
--
-- False positives: keys about to be deleted; keys whose material is imported and is
--   rotated by hand.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           severity, done,
           json_extract_scalar(requestParameters, '$.keyId') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableKeyRotation', 'low', 'ended the rotation of the key')
    ) AS deeds(name, severity, done) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'kms.amazonaws.%'
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       severity AS severity,
       'T1562.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || ' ' || done || coalesce(' ' || nullif(object, ''), '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
