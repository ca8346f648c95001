-- Which bucket's new objects are encrypted with another account's key?
--
-- A default encryption with a key of another account makes all that is written from
-- then on unreadable as soon as that account takes its key away: a preparation of
-- ransom. What failed is told as less severe.
--
-- False positives: organisations whose keys are all in one account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1486
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS object,
           regexp_extract(requestParameters, '"KMSMasterKeyID"\s*:\s*"(arn:[^"]*)"', 1) AS key
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%' AND eventName IN ('PutBucketEncryption', 'CreateBucket')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'low' END AS severity,
       'T1486' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let' ELSE ' tried and failed to let' END
         || ' the bucket ' || coalesce(object, 'of no name') || ' encrypt with a key of account ' || split_part(key, ':', 5)
         || ', ' || key || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE regexp_like(split_part(key, ':', 5), '^[0-9]{12}$') AND split_part(key, ':', 5) <> recipientAccountId
ORDER BY time, eventID
