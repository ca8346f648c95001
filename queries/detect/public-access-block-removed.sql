-- Who lifted a block on public access?
--
-- Blocks on public access keep a wrong ACL, policy or share from opening buckets,
-- snapshots, images, functions and clusters to the world. Told is one that is removed
-- or gets a part that is false: of an account it holds for all that is in it, and is
-- high.
--
-- What failed is told as less severe.
--
-- False positives: buckets of web sites; tools that set the block anew with some of its
--   parts.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.007, T1530
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
--   https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.bucketName'),
                    json_extract_scalar(requestParameters, '$.accountId'),
                    json_extract_scalar(requestParameters, '$.resourceArn')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('s3', 'DeleteAccountPublicAccessBlock', 'high', 'remove', 'removed', 'the block on public access of all buckets of the account'),
        ('s3', 'PutAccountPublicAccessBlock', 'high', 'weaken', 'weakened', 'the block on public access of all buckets of the account'),
        ('s3', 'DeleteBucketPublicAccessBlock', 'medium', 'remove', 'removed', 'the block on public access of the bucket'),
        ('s3', 'PutBucketPublicAccessBlock', 'medium', 'weaken', 'weakened', 'the block on public access of the bucket'),
        ('s3', 'DeletePublicAccessBlock', 'medium', 'remove', 'removed', 'the block on public access of the bucket'),
        ('s3', 'PutPublicAccessBlock', 'medium', 'weaken', 'weakened', 'the block on public access of the bucket'),
        ('ec2', 'DisableSnapshotBlockPublicAccess', 'high', 'remove', 'removed', 'the block on public snapshots'),
        ('ec2', 'DisableImageBlockPublicAccess', 'high', 'remove', 'removed', 'the block on public images'),
        ('elasticmapreduce', 'PutBlockPublicAccessConfiguration', 'medium', 'weaken', 'weakened', 'the block on public access of clusters'),
        ('lambda', 'PutPublicAccessBlockConfig', 'medium', 'weaken', 'weakened', 'the block on public access of the function')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'PutAccountPublicAccessBlock' OR regexp_like(requestParameters, ':\s*"?false'))
      AND (eventName <> 'PutBucketPublicAccessBlock' OR regexp_like(requestParameters, ':\s*"?false'))
      AND (eventName <> 'PutPublicAccessBlock' OR regexp_like(requestParameters, ':\s*"?false'))
      AND (eventName <> 'PutBlockPublicAccessConfiguration' OR regexp_like(requestParameters, ':\s*"?false'))
      AND (eventName <> 'PutPublicAccessBlockConfig' OR regexp_like(requestParameters, ':\s*"?false'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.007' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
