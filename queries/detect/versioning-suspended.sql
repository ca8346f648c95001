-- Who suspended versioning of a bucket, or its MFA delete?
--
-- With versioning an overwritten or deleted object can be had back, and with MFA delete
-- only root with a second factor can end that. Who wants data gone, or a ransom for it,
-- suspends them first.
--
-- False positives: buckets of scratch data; buckets about to be emptied.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1490, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html,
--   https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.bucketName') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('PutBucketVersioning', 'medium', 'suspend', 'suspended', 'versioning or MFA delete of the bucket')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND (json_extract_scalar(requestParameters, '$.VersioningConfiguration.Status') = 'Suspended' OR json_extract_scalar(requestParameters, '$.VersioningConfiguration.MfaDelete') = 'Disabled')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1490' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
