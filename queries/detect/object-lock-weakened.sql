-- Who weakened Object Lock, or got round it?
--
-- Object Lock keeps objects from being deleted or overwritten until a date. Told are
-- deletions and changes of retention that bypass governance mode, legal holds taken
-- off, and the rule of a bucket changed or removed.
--
-- All but the last are data events. A refused bypass is told too, as less severe.
--
-- False positives: records whose legal hold ended; tests of the lock.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1490, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.bucketName')
             || coalesce('/' || json_extract_scalar(requestParameters, '$.key'), '') AS object,
           CASE WHEN regexp_like(requestParameters, '"x-amz-bypass-governance-retention"\s*:\s*\[?\s*"?true') THEN 'bypass'
                WHEN eventName = 'PutObjectLegalHold' AND regexp_like(requestParameters, '"Status"\s*:\s*"OFF"') THEN 'hold'
                WHEN eventName IN ('PutBucketObjectLockConfiguration', 'PutObjectLockConfiguration')
                     AND NOT regexp_like(requestParameters, '"Mode"\s*:\s*"COMPLIANCE"') THEN 'rule' END AS deed
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND eventName IN ('DeleteObject', 'DeleteObjects', 'PutObjectRetention', 'PutObjectLegalHold', 'PutBucketObjectLockConfiguration', 'PutObjectLockConfiguration')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN deed = 'bypass' THEN 'high' ELSE 'medium' END AS severity,
       'T1490' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN '' ELSE ' tried and failed:' END
         || CASE deed WHEN 'bypass' THEN ' bypassed the governance of Object Lock on '
                      WHEN 'hold' THEN ' took the legal hold off '
                      ELSE ' changed the rule of Object Lock of ' END
         || coalesce(object, 'a bucket of no name') || ' with ' || eventName || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE deed IS NOT NULL
ORDER BY time, eventID
